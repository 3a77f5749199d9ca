package daemon

import (
	"go.uber.org/zap"

	"kazashi/session/fault"
	"kazashi/session/verify"
)

// warned logs that a phone sent what must never come, the individual number: dropped
// by now, but the operator has to tell the maker of the wallet.
func warned(log *zap.Logger, warnings []verify.Warning) {
	for _, w := range warnings {
		if w.Code == fault.ForbiddenElementReceived {
			log.Warn("phone sent what must not come", zap.String("code", string(w.Code)), zap.String("fault", w.Code.Slug()),
				zap.String("doc_type", w.DocType), zap.Int("count", w.Count))
		}
	}
}
