package daemon

import (
	"context"

	"go.uber.org/zap"

	"kazashi/reader/pcsc"
)

// A describer is a system whose readers say what they are.
type describer interface {
	Describe(ctx context.Context, reader string) (pcsc.Description, error)
}

// describe logs what a reader says of itself: its serial number is what the
// configuration can choose it by. It is asked before its first tap, which would have
// to wait otherwise.
func (d *daemon) describe(ctx context.Context, name string) {
	system, ok := d.system.(describer)
	if !ok {
		return
	}
	said, err := system.Describe(ctx, name)
	if err != nil {
		d.log.Debug("reader does not describe itself", zap.String("reader", name), zap.String("code", string(readerCode(err))))
		return
	}
	d.log.Info("reader described", zap.String("reader", name), zap.String("vendor", said.Vendor),
		zap.String("serial", said.Serial), zap.String("version", said.Version))
}
