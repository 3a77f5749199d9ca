package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/vault"
)

// statuses gives the HTTP status of every code that a request can end with; the
// others are 500.
var statuses = map[fault.Code]int{
	fault.MalformedRequest:     http.StatusBadRequest,
	fault.Forbidden:            http.StatusForbidden,
	fault.ForeignOrigin:        http.StatusForbidden,
	fault.RouteNotFound:        http.StatusNotFound,
	fault.PresentationNotFound: http.StatusNotFound,
	fault.MethodNotAllowed:     http.StatusMethodNotAllowed,
	fault.PresentationActive:   http.StatusConflict,
	fault.NotVerified:          http.StatusConflict,
	fault.AlreadyClaimed:       http.StatusConflict,
	fault.ClaimUnknown:         http.StatusConflict,
	fault.IdempotencyConflict:  http.StatusConflict,
	fault.ClaimGone:            http.StatusGone,
	fault.RequestTooLarge:      http.StatusRequestEntityTooLarge,
	fault.UnsupportedMediaType: http.StatusUnsupportedMediaType,
	fault.ProfileNotFound:      http.StatusUnprocessableEntity,
	fault.ReaderAmbiguous:      http.StatusUnprocessableEntity,
	fault.TooManyRequests:      http.StatusTooManyRequests,
	fault.ReaderNotFound:       http.StatusServiceUnavailable,
	fault.ReaderServiceDown:    http.StatusServiceUnavailable,
	fault.ReaderServiceDenied:  http.StatusServiceUnavailable,
	fault.ReaderUnsupported:    http.StatusServiceUnavailable,
	fault.ReaderServiceHung:    http.StatusServiceUnavailable,
	fault.ReaderBusy:           http.StatusServiceUnavailable,
	fault.SocketUnavailable:    http.StatusServiceUnavailable,
	fault.ShuttingDown:         http.StatusServiceUnavailable,
	fault.TooManyConnections:   http.StatusServiceUnavailable,
}

// problemOf turns an error into what the caller is told of it. An error without a
// code, and everything that comes from inside, is told as internal and no more.
func (s *Server) problemOf(err error) api.Problem {
	code := fault.CodeOf(err)
	status, told := statuses[code]
	var coded *fault.Error
	detail := ""
	if told && errors.As(err, &coded) {
		detail = coded.Detail
	}
	if !told {
		status, code = http.StatusInternalServerError, fault.Internal
	}
	message := s.Messages(code)
	p := api.Problem{
		Type: api.ProblemType + code.Slug(), Title: code.Slug(), Status: status, Detail: detail,
		Code: code, UserMessage: message.User, Retry: message.Retry,
	}
	if active := new(vault.ActiveError); errors.As(err, &active) {
		current := s.localSummary(active.Current)
		p.Current = &current
	}
	if ended := new(vault.EndedError); errors.As(err, &ended) {
		current := s.localSummary(ended.Current)
		p.Current = &current
		if said, retry := s.say(current.Code); said != nil { // what helps is what helps against the end
			p.UserMessage, p.Retry = *said, retry
		}
	}
	return p
}

// problem answers with an error, unless an answer has begun.
func (s *Server) problem(c *call, err error) {
	p := s.problemOf(err)
	if c.r.Method == http.MethodPost && c.r.Pattern == ackPath && p.Retry == api.RetryTapAgain {
		p.Retry = api.RetryNever // no tap helps an ack: what was handed out was handed out
	}
	c.w.code = p.Code
	if c.w.status != 0 {
		return
	}
	_ = reply(c.w, p.Status, api.MediaProblem, p)
}

// reply answers with v as JSON. Nothing is sent when v cannot be encoded.
func reply(w http.ResponseWriter, status int, media string, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fault.Wrap(fault.Internal, err, "encoding answer")
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Length", fmt.Sprint(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a caller that is gone needs no answer
	return nil
}
