// Package intercept stands in for the go command's, where the oracle does not need it.
package intercept

import "net/http"

// Request is never called.
func Request(req *http.Request) { panic("the oracle asks nobody") }
