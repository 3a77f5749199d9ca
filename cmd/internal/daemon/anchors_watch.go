package daemon

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"kazashi/session/fault"
	"kazashi/session/trust"
)

// listsEvery is how often the folder of VICALs, CRLs and status lists is looked at.
const listsEvery = time.Minute

// watchLists takes in new lists as they are installed, until ctx ends. Pinned
// certificates wait for a reload, which somebody asks for.
func (d *daemon) watchLists(ctx context.Context, p *part) {
	tick := time.NewTicker(listsEvery)
	defer tick.Stop()
	for {
		p.waits()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.works()
		d.refreshLists()
	}
}

// refreshLists reads the lists anew when their folder has changed. A reload at the
// same time wins: it has read them too.
func (d *daemon) refreshLists() {
	now, c := d.anchors.Load(), d.rules.Load().trust
	folder := lookOf(c.Dir)
	if folder == now.folder && !now.early() {
		return
	}
	next := now.refreshed(c, folder)
	if !d.anchors.CompareAndSwap(now, next) {
		return
	}
	d.nudgeHealth()
	findings := next.set.Findings(time.Now())
	if folder == now.folder && sameFindings(now.set.Findings(now.loaded), findings) {
		return // a list still waits for its day: that was said when it was found
	}
	d.log.Info("lists refreshed", zap.Int("anchors", next.summary().Anchors),
		zap.Int("vicals", len(next.set.VICALs)), zap.Int("crls", len(next.set.CRLs)), zap.Int("status_lists", len(next.set.Lists)))
	for _, f := range findings {
		// These texts name files, certificates and addresses of lists, and no person.
		d.log.Warn("trust file", zap.String("file", f.File), zap.String("code", string(fault.CodeOf(f.Err))),
			zap.Bool("kept", f.Kept), zap.Error(f.Err))
	}
}

// early reports whether a list was refused, or an entry of one skipped, because it is
// from the future or a certificate of it is not valid yet: when the clock is set
// right, it counts.
func (a *anchors) early() bool {
	lists := a.set.Findings(a.loaded)[len(a.set.Pinned()):]
	return slices.ContainsFunc(lists, func(f trust.Finding) bool {
		code := fault.CodeOf(f.Err)
		return code == fault.TrustFromFuture || code == fault.CertificateNotYetValid
	})
}

// sameFindings reports whether the same is wrong with the same files.
func sameFindings(a, b []trust.Finding) bool {
	return slices.EqualFunc(a, b, func(x, y trust.Finding) bool {
		return x.File == y.File && x.Kept == y.Kept && x.Err.Error() == y.Err.Error()
	})
}

// lookOf returns what a folder and its own look like: another text means that a
// file was written, replaced or removed.
func lookOf(dir string) string {
	var look strings.Builder
	folders, _ := os.ReadDir(dir)
	for _, folder := range folders {
		path := filepath.Join(dir, folder.Name())
		files, err := os.ReadDir(path)
		if err != nil {
			continue
		}
		for _, file := range files {
			if info, err := file.Info(); err == nil {
				fmt.Fprintf(&look, "%s/%s %d %d %v\n", folder.Name(), file.Name(), info.Size(), info.ModTime().UnixNano(), info.Mode())
			}
		}
	}
	return look.String()
}
