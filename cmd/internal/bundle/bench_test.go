package bundle

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
)

// A log of one megabyte, as much as the daemon keeps.
func BenchmarkScan(b *testing.B) {
	var log strings.Builder
	for log.Len() < 1<<20 {
		log.WriteString(logged(fmt.Sprintf("presentation %s of %s", rand.Text(), rand.Text())) + "\n")
	}
	data := []byte(log.String())
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if found := Scan("f", data); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
