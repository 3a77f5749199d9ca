package server

import (
	"net/http"

	"kazashi/session/fault"
)

// StatusOf returns the HTTP status of a request that is refused with a code. False
// means that no request is, or that the caller is told of an internal fault only.
func StatusOf(code fault.Code) (status int, told bool) {
	if code == fault.Internal {
		return http.StatusInternalServerError, true
	}
	status, told = statuses[code]
	return status, told
}
