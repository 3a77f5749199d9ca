//go:build goexperiment.runtimesecret && linux && (amd64 || arm64)

package secret_test

import (
	"runtime"
	"testing"
	"unsafe"

	"kazashi/session/secret"
)

var kept []byte

// What was allocated inside is overwritten once nobody can reach it. The test keeps an
// address that the collector does not take for a reference.
func TestAllocationsAreErased(t *testing.T) {
	const size, mark = 4096, 0xa5
	var at uintptr
	secret.Do(func() {
		held := make([]byte, size)
		for i := range held {
			held[i] = mark
		}
		kept = held // so that it lies on the heap
		at = uintptr(unsafe.Pointer(&held[0]))
	})
	kept = nil
	for range 3 {
		runtime.GC()
	}
	left := 0
	for _, b := range unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))), size) {
		if b == mark {
			left++
		}
	}
	if left > size/2 {
		t.Errorf("%d of %d bytes are still there", left, size)
	}
}
