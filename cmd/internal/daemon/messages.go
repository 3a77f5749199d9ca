package daemon

import (
	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// messageOf returns what the catalogue tells people about a code, as the socket
// writes it.
func messageOf(code fault.Code) api.Message {
	e := message.Lookup(code)
	return api.Message{User: api.Text(e.User), Retry: api.Retry(e.Retry)}
}
