//go:build cgo

package cli

// withPCSC tells whether this build can talk to PC/SC; reader/pcsc needs cgo.
const withPCSC = true
