package main

import "strconv"

func init() {
	register("strconv.quote", func(s string) any { return strconv.Quote(s) })
}
