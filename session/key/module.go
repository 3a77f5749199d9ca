//go:build cgo

package key

import (
	"errors"
	"sync"

	"github.com/miekg/pkcs11"

	"kazashi/session/fault"
)

// modules are the libraries that were loaded, by path. PKCS #11 has one state for the
// whole process, so each is initialised once and stays.
var (
	modulesMu sync.Mutex
	modules   = map[string]*pkcs11.Ctx{}
)

func loadModule(path string) (*pkcs11.Ctx, error) {
	modulesMu.Lock()
	defer modulesMu.Unlock()
	if module, ok := modules[path]; ok {
		return module, nil
	}
	module := pkcs11.New(path)
	if module == nil {
		return nil, fault.New(fault.ReaderKeyUnreadable, "%s cannot be loaded as a PKCS#11 library", path)
	}
	if err := module.Initialize(); err != nil && !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		module.Destroy()
		return nil, fault.Wrap(fault.ReaderKeyUnreadable, err, "initialising %s", path)
	}
	modules[path] = module
	return module, nil
}
