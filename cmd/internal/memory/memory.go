// Package memory keeps what a process holds of persons out of files that others could
// read: core dumps, other processes' views and swap.
package memory

import "errors"

// ErrUnlocked means that the memory could be swapped out: the limit for locked memory
// (RLIMIT_MEMLOCK) is not unlimited.
var ErrUnlocked = errors.New("memory cannot be locked: the limit for locked memory is too low")

// Protect is called once, before anything personal is read. From then on
//
//   - no core is dumped, whatever limits say, and no process of the same user may look
//     into this one or trace it (PR_SET_DUMPABLE);
//   - no page that is in use is swapped out (mlockall), where the process may lock all
//     that it maps. Pages are locked when they are first used, so it takes no more
//     memory.
//
// Its error tells what could not be had; the rest counts all the same. With ErrUnlocked
// nothing was locked: a lower limit would stop the process later, in the middle of work.
func Protect() error { return protect() }
