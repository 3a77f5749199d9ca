//go:build !linux

package doctor

import (
	"context"
	"errors"
)

// synchronised is not known here.
func synchronised() (bool, error) { return false, errors.ErrUnsupported }

// peer is not known here.
func peer(context.Context, string) (pid, uid int, err error) { return 0, 0, errors.ErrUnsupported }

// space is not known here.
func space(string) (free uint64, readOnly bool, err error) { return 0, false, errors.ErrUnsupported }
