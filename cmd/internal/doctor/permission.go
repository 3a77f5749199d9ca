package doctor

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
)

// The permissions of one class of users, as the lowest three bits of a mode have them.
const (
	read   = 4
	write  = 2
	search = 1
)

// readable tells whether a user may read a file, by owners and modes of it and of
// the directories above. It is not known when something of it cannot be seen. Access
// control lists are not looked at.
func readable(path string, who *Who) (may, known bool) { return reaches(path, who, read) }

// reaches tells whether a user has the wanted permissions on a file or directory.
func reaches(path string, who *Who, want fs.FileMode) (may, known bool) {
	if who == nil || path == "" {
		return false, false
	}
	if who.UID == 0 {
		return true, true
	}
	for at := path; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return false, false
		}
		if !permits(info, who, want) {
			return false, true
		}
		if at == filepath.Dir(at) {
			return true, true
		}
		want = search
	}
}

// permits applies the rule of path_resolution(7): the first class that a user is in
// decides alone.
func permits(info fs.FileInfo, who *Who, want fs.FileMode) bool {
	mode := info.Mode().Perm()
	uid, gid := owner(info)
	switch {
	case uid == who.UID:
		mode >>= 6
	case slices.Contains(who.GIDs, gid):
		mode >>= 3
	}
	return mode&want == want
}

// nameOf returns the name of a user, or the number.
func nameOf(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

// groupName returns the name of a group, or the number.
func groupName(gid int) string {
	if g, err := user.LookupGroupId(strconv.Itoa(gid)); err == nil {
		return g.Name
	}
	return strconv.Itoa(gid)
}

// number reads a user's or group's number; -1 is none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
