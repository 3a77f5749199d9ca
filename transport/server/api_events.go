package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/feed"
)

// batch is how many events are taken from the feed at once.
const batch = 64

// A stream is one reader of the events.
type stream struct {
	server *Server
	call   *call
	feed   *feed.Log
	seq    uint64 // the newest change that was told
}

func (s *Server) getEvents(c *call) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	q, err := query(c.r, "after", "epoch")
	if err != nil {
		return err
	}
	st := &stream{server: s, call: c, feed: s.Vault.Feed()}
	_, resumed := q["after"]
	if _, epoch := q["epoch"]; epoch != resumed {
		return fault.New(fault.MalformedRequest, "after and epoch go together")
	}
	if resumed {
		if st.seq, err = strconv.ParseUint(q["after"], 10, 64); err != nil {
			return fault.New(fault.MalformedRequest, "after is not a sequence number")
		}
	}
	release, ok := s.streams.take(s.holder(c.peer))
	if !ok {
		c.w.Header().Set("Retry-After", "1")
		return fault.New(fault.TooManyRequests, "more event streams than this user, or all together, may have")
	}
	defer release()
	c.linger()
	c.w.Header().Set("Content-Type", api.MediaEvents)
	c.w.WriteHeader(http.StatusOK)
	switch {
	case !resumed:
		err = st.snapshot()
	case !st.feed.Kept(q["epoch"], st.seq):
		err = st.restart(api.EventGap)
	default:
		err = http.NewResponseController(c.w).Flush()
	}
	for err == nil {
		err = st.next(c.r.Context())
	}
	return nil // how a stream ends is no fault of the request
}

// next writes the changes that are there, or waits for one. Its error ends the
// stream.
func (st *stream) next(ctx context.Context) error {
	quiet, cancel := context.WithTimeout(ctx, heartbeat)
	defer cancel()
	events, err := st.feed.Read(quiet, st.seq, batch)
	switch {
	case err == nil:
		return st.write(events...)
	case errors.Is(err, feed.ErrLost):
		return st.restart(api.EventOverflow)
	case ctx.Err() != nil || errors.Is(err, feed.ErrClosed):
		return err
	}
	return st.write(st.line(api.EventHeartbeat))
}

// restart says that events are missing, and tells everything anew.
func (st *stream) restart(why api.EventType) error {
	st.seq = st.feed.Last()
	if err := st.write(st.line(why)); err != nil {
		return err
	}
	return st.snapshot()
}

// snapshot tells how everything is. The number is taken before the look: a change
// between the two is told twice rather than never.
func (st *stream) snapshot() error {
	st.seq = st.feed.Last()
	e := st.line(api.EventSnapshot)
	e.Snapshot = &api.Snapshot{Status: st.server.status(), Health: st.server.Backend.Health()}
	return st.write(e)
}

// line is an event that is no change.
func (st *stream) line(kind api.EventType) api.Event {
	return api.Event{Type: kind, Seq: st.seq, Epoch: st.feed.Epoch(), At: time.Now().UTC()}
}

// write sends events in time, or not at all: a reader that does not read is let
// go, and holds nobody else up.
func (st *stream) write(events ...api.Event) error {
	st.call.within(writeTimeout)
	encoder := json.NewEncoder(st.call.w)
	encoder.SetEscapeHTML(false)
	for _, e := range events {
		if err := encoder.Encode(st.server.localEvent(e)); err != nil {
			return err
		}
		st.seq = e.Seq
	}
	return http.NewResponseController(st.call.w).Flush()
}

func (s *Server) localEvent(e api.Event) api.Event {
	if e.Presentation != nil {
		p := s.localSummary(*e.Presentation)
		e.Presentation = &p
	}
	if e.Health != nil {
		h := s.localHealth(*e.Health)
		e.Health = &h
	}
	if e.Snapshot != nil {
		snapshot := *e.Snapshot
		snapshot.Health = s.localHealth(snapshot.Health)
		e.Snapshot = &snapshot
	}
	return e
}
