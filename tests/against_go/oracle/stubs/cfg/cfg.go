// Package cfg stands in for the go command's, where the oracle does not need it.
package cfg

// Settings that go's package auth reads.
var (
	GOAUTH string
	BuildX bool
)
