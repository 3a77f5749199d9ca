// Package secret runs what handles keys so that nothing of it stays behind, where the
// Go runtime can see to that.
//
// Built with GOEXPERIMENT=runtimesecret, on linux/amd64 and linux/arm64, it is
// runtime/secret: registers and stack are erased when the work is done, and what was
// allocated meanwhile as soon as the garbage collector finds it unused, key schedules
// inside the standard library included. Built without, it only calls.
package secret
