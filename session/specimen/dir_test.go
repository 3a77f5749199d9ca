package specimen

import (
	"crypto/ecdsa"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A phone and a daemon that start at the same moment have to end with the same
// authorities.
func TestObtainAtOnce(t *testing.T) {
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for name, dir := range map[string]string{"missing": filepath.Join(t.TempDir(), "deep", "pki"), "empty": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			const programs = 4
			var all [programs]*PKI
			var made [programs]bool
			var group sync.WaitGroup
			for i := range programs {
				group.Go(func() {
					var err error
					if all[i], made[i], err = Obtain(dir, at); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if t.Failed() {
				return
			}
			makers := 0
			for i, p := range all {
				if made[i] {
					makers++
				}
				if !p.IACA.Certificate.Equal(all[0].IACA.Certificate) || !p.Reader.Key.(*ecdsa.PrivateKey).Equal(all[0].Reader.Key) {
					t.Error("two programs have different authorities")
				}
			}
			if makers != 1 {
				t.Errorf("%d programs made the authorities, want 1", makers)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".specimen-*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestObtainLeavesOtherFilesAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Obtain(dir, time.Now()); err == nil {
		t.Error("authorities came of a directory that holds none")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
}
