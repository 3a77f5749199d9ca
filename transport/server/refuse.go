package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// refuse answers on a connection that is one too many, beside the taking of others.
// It waits for the caller to send something and, when the answer is out, to close:
// a caller whose request meets a closed connection reads no answer.
func (l *listener) refuse(c net.Conn) {
	s := l.server
	done, ok := s.refusing.take(holder{issuer: true})
	if !ok {
		_ = c.Close()
		return
	}
	_ = c.SetDeadline(time.Now().Add(refuseTimeout))
	l.refusals.Go(func() {
		defer done()
		defer func() { _ = c.Close() }()
		relax := context.AfterFunc(s.base, func() { _ = c.SetDeadline(time.Now()) })
		defer relax()
		var sent [4 << 10]byte
		_, _ = c.Read(sent[:])
		_ = c.SetWriteDeadline(time.Now().Add(refuseTimeout))
		if !s.sendRefusal(c) {
			return
		}
		for got := 0; got < 2*api.MaxBody; {
			n, err := c.Read(sent[:])
			if err != nil {
				return
			}
			got += n
		}
	})
}

func (s *Server) sendRefusal(c net.Conn) bool {
	p := s.problemOf(fault.New(fault.TooManyConnections, "more connections than this user, or all together, may have"))
	body, err := json.Marshal(p)
	if err != nil {
		return false
	}
	_, err = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\n%s: %s\r\n%s: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nRetry-After: 1\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s",
		p.Status, http.StatusText(p.Status), api.HeaderVersion, s.Version, api.HeaderAPI, api.Version, api.MediaProblem, len(body), body)
	return err == nil
}
