package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// onward reads where a caller wants to go on, and gives a context that ends when it
// has waited long enough: at once without wait.
func onward(c *call) (api.Position, context.Context, context.CancelFunc, error) {
	var after api.Position
	fail := func(err error) (api.Position, context.Context, context.CancelFunc, error) {
		return after, nil, nil, err
	}
	if err := noBody(c.r); err != nil {
		return fail(err)
	}
	q, err := query(c.r, "after", "epoch", "wait")
	if err != nil {
		return fail(err)
	}
	text, resumed := q["after"]
	if _, epoch := q["epoch"]; epoch != resumed {
		return fail(fault.New(fault.MalformedRequest, "after and epoch go together"))
	}
	if resumed {
		if after.Seq, err = strconv.ParseUint(text, 10, 64); err != nil {
			return fail(fault.New(fault.MalformedRequest, "after is not a sequence number"))
		}
		after.Epoch = q["epoch"]
	}
	wait, err := parseWait(q)
	if err != nil {
		return fail(err)
	}
	c.linger()
	c.within(wait + writeTimeout)
	ctx, cancel := context.WithTimeout(c.r.Context(), wait)
	return after, ctx, cancel, nil
}

func (s *Server) getTrace(c *call) error {
	after, ctx, cancel, err := onward(c)
	if err != nil {
		return err
	}
	defer cancel()
	return reply(c.w, http.StatusOK, api.MediaJSON, listed(s.Backend.Trace(ctx, after)))
}

func (s *Server) putTrace(c *call) error {
	if _, err := query(c.r); err != nil {
		return err
	}
	var request api.TraceRequest
	if err := decode(c.w, c.r, &request, []string{"on"}, []string{"duration_ms"}); err != nil {
		return err
	}
	switch {
	case request.DurationMS < 0 || request.DurationMS > api.MaxTraceMS:
		return fault.New(fault.MalformedRequest, "duration_ms is not between 1 and %d", api.MaxTraceMS)
	case !request.On && request.DurationMS > 0:
		return fault.New(fault.MalformedRequest, "duration_ms means nothing when tracing goes off")
	case !request.On:
		s.Backend.SetTrace(0)
	case request.DurationMS == 0:
		s.Backend.SetTrace(api.DefaultTraceMS * time.Millisecond)
	default:
		s.Backend.SetTrace(time.Duration(request.DurationMS) * time.Millisecond)
	}
	past, cancel := context.WithCancel(c.r.Context())
	cancel() // as it is, without a wait
	return reply(c.w, http.StatusOK, api.MediaJSON, listed(s.Backend.Trace(past, api.Position{})))
}

// listed gives a trace without entries an empty list.
func listed(t api.Trace) api.Trace {
	t.Entries = append([]api.TraceEntry{}, t.Entries...)
	return t
}

func (s *Server) getLog(c *call) error {
	after, ctx, cancel, err := onward(c)
	if err != nil {
		return err
	}
	defer cancel()
	log := s.Backend.Log(ctx, after)
	log.Entries = append([]api.LogEntry{}, log.Entries...)
	return reply(c.w, http.StatusOK, api.MediaJSON, log)
}

func (s *Server) postBugreport(c *call) error {
	if err := noBody(c.r); err != nil {
		return err
	}
	if _, err := query(c.r); err != nil {
		return err
	}
	report, err := s.Backend.Bugreport()
	if err != nil {
		return err
	}
	report.Status = s.status()
	report.Health = s.localHealth(report.Health)
	report.Trust = listedTrust(report.Trust)
	report.Log.Entries = append([]api.LogEntry{}, report.Log.Entries...)
	if report.Trace != nil {
		trace := listed(*report.Trace)
		report.Trace = &trace
	}
	return reply(c.w, http.StatusOK, api.MediaJSON, report)
}
