// Command oracle answers questions about Go's own packages: one JSON request a line on stdin,
// one JSON answer a line on stdout. The tests compare modtrace's rules with these answers.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// A question names a registered function and carries its arguments.
type question struct {
	Fn   string          `json:"fn"`
	Args json.RawMessage `json:"args"`
}

var functions = map[string]func(args json.RawMessage) any{}

// register makes a function known; every file of this program registers its own in init.
func register[T any](name string, f func(T) any) {
	functions[name] = func(args json.RawMessage) any {
		var in T
		if err := json.Unmarshal(args, &in); err != nil {
			return map[string]string{"oracle_error": err.Error()}
		}
		return f(in)
	}
}

// errText is err's text, or null.
func errText(err error) any {
	if err == nil {
		return nil
	}
	return err.Error()
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	dec := json.NewDecoder(in)
	for {
		var q question
		if err := dec.Decode(&q); err != nil {
			return
		}
		f := functions[q.Fn]
		if f == nil {
			enc.Encode(map[string]string{"oracle_error": fmt.Sprintf("no function %q", q.Fn)})
		} else {
			enc.Encode(f(q.Args))
		}
		out.Flush()
	}
}
