//go:build goexperiment.runtimesecret

package secret

import "runtime/secret"

// Erases reports whether Do erases anything in this build.
const Erases = true

// Do calls f and erases what it leaves behind, also when it panics. What f allocates
// and hands out is erased when it is no longer used; goroutines that it starts are not
// covered.
func Do(f func()) { secret.Do(f) }
