package doctor

import (
	"os"
	"path/filepath"
	"testing"
)

// The class of a user decides alone, as the kernel has it: an owner without a bit is
// not helped by what others have.
func TestReachesIsTheKernelsRule(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "permission") // below directories that everybody may search
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	uid, gid := owner(info)
	if uid == 0 {
		uid = 4711 // root may do all; the owner has to be somebody else
		if err := os.Chown(file, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	self, member, stranger := &Who{UID: uid, GIDs: []int{gid}}, &Who{UID: 4712, GIDs: []int{gid}}, &Who{UID: 4713}
	for _, tt := range []struct {
		mode, dir           os.FileMode
		self, group, others bool
	}{
		{0o600, 0o755, true, false, false},
		{0o640, 0o755, true, true, false},
		{0o044, 0o755, false, true, true},
		{0o604, 0o755, true, false, true},
		{0o444, 0o700, os.Getuid() == uid, false, false},
	} {
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, tt.dir); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[*Who]bool{self: tt.self, member: tt.group, stranger: tt.others, {UID: 0}: true} {
			if may, known := readable(file, who); known && may != want || !known && os.Getuid() == 0 {
				t.Errorf("mode %04o in %04o, user %d: %v, %v", tt.mode, tt.dir, who.UID, may, known)
			}
		}
	}
	if _, known := readable(filepath.Join(dir, "none"), stranger); known {
		t.Error("something is known of a file that is not there")
	}
}
