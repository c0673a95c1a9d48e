// Package base stands in for the go command's, where the oracle does not need it.
package base

// AcquireNet is never called.
func AcquireNet() (func(), error) { panic("the oracle asks nobody") }

// Fatalf is never called.
func Fatalf(format string, args ...any) { panic(format) }
