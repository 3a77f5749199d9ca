package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/reader/pcsc"
	"kazashi/session/fault"
	"kazashi/transport/api"
)

// twins are two readers of one model, with the daemon down or answering.
func twins(t *testing.T, change func(*configs.Config), status *api.Status) *Facts {
	t.Helper()
	c := configs.Default()
	change(&c)
	f := &Facts{
		Config:  configFacts{C: &c},
		Service: serviceFacts{Supported: true, Seen: []reader.State{{Reader: "ACS 00 00"}, {Reader: "ACS 01 00"}, {Reader: "Sony 00 00", InUse: true}}},
		Daemon:  daemonFacts{Status: status},
	}
	if status == nil {
		f.Daemon.DialErr = fault.New(fault.SocketUnavailable, "connecting")
	}
	asked := 0
	w := &World{Describe: func(_ context.Context, name string) (pcsc.Description, error) {
		asked++
		switch name {
		case "ACS 00 00":
			return pcsc.Description{Serial: "17", Version: "1.04.0000", MaxAPDU: 65536}, nil
		case "ACS 01 00":
			return pcsc.Description{Serial: "18", MaxAPDU: 0}, nil
		}
		return pcsc.Description{}, errors.New("busy")
	}}
	if note := probeDescriptions(t.Context(), w, *f); note != nil {
		note(f)
	}
	if status != nil && asked > 0 {
		t.Error("a reader was asked while the daemon runs")
	}
	return f
}

func namesOf(readers []reader.State) []string {
	var names []string
	for _, r := range readers {
		names = append(names, r.Reader)
	}
	return names
}

func TestReadersAreChosenByNameAndSerial(t *testing.T) {
	serial := func(s string) func(*configs.Config) {
		return func(c *configs.Config) { c.Reader.Include, c.Reader.Serial = "ACS", s }
	}
	for name, tt := range map[string]struct {
		facts *Facts
		want  []string
		code  []fault.Code
	}{
		"by name alone":            {twins(t, serial(""), nil), []string{"ACS 00 00", "ACS 01 00"}, []fault.Code{fault.ReaderAmbiguous}},
		"by serial":                {twins(t, serial("18"), nil), []string{"ACS 01 00"}, nil},
		"no such serial":           {twins(t, serial("19"), nil), nil, []fault.Code{fault.ReaderNameMismatch}},
		"the daemon has chosen":    {twins(t, serial("17"), &api.Status{Readers: []api.Reader{{Name: "ACS 00 00"}}}), []string{"ACS 00 00"}, nil},
		"the daemon has none":      {twins(t, serial("17"), &api.Status{}), nil, []fault.Code{fault.ReaderNameMismatch}},
		"a reader that was silent": {twins(t, func(c *configs.Config) { c.Reader.Include, c.Reader.Serial = "Sony", "1" }, nil), []string{"Sony 00 00"}, nil},
	} {
		if got := namesOf(tt.facts.chosen()); !slices.Equal(got, tt.want) {
			t.Errorf("%s: chosen %v, want %v", name, got, tt.want)
		}
		if got := codesOf(judgeReader(tt.facts)); !slices.Equal(got, tt.code) {
			t.Errorf("%s: %v, want %v", name, got, tt.code)
		}
	}
}

// What a reader says of itself is told, and held against the configuration.
func TestAReaderThatIsAskedTellsItsAPDUSize(t *testing.T) {
	f := twins(t, func(c *configs.Config) { c.Reader.Include, c.Reader.ExtendedLength = "ACS 00", true }, nil)
	if v := judgeAPDU(f); len(v.Findings) > 0 || !strings.Contains(v.Note.En, "65536 bytes") {
		t.Errorf("%+v", v)
	}
	if v := judgeReader(f); v.Note.En != "ACS 00 00 v1.04.0000 #17" {
		t.Errorf("%q", v.Note.En)
	}
	f = twins(t, func(c *configs.Config) { c.Reader.Include, c.Reader.ExtendedLength = "ACS 01", true }, nil)
	if got := codesOf(judgeAPDU(f)); !slices.Equal(got, []fault.Code{fault.ReaderShortAPDU}) {
		t.Errorf("%v", got)
	}
}

// A reader that is held is nobody's fault while a presentation is under way, and the
// daemon is no stranger.
func TestWhoHoldsTheReader(t *testing.T) {
	sony := func(c *configs.Config) { c.Reader.Include = "Sony" }
	f := twins(t, sony, nil)
	f.Holders = holderFacts{Users: []process{{PID: 7, Name: "pcscd"}, {PID: 8, Name: "kazashid"}, {PID: 9, Name: "scdaemon"}}}
	v := judgeHolder(f)
	if got := codesOf(v); !slices.Equal(got, []fault.Code{fault.ReaderBusy}) || !strings.HasSuffix(v.Findings[0].Seen.En, ": scdaemon (pid 9)") {
		t.Errorf("%+v", v)
	}
	f.Holders = holderFacts{Hidden: 3}
	if v := judgeHolder(f); v.How != sudo {
		t.Errorf("unprivileged: %+v", v)
	}
	f = twins(t, sony, &api.Status{Active: []api.Summary{{}}})
	if v := judgeHolder(f); len(v.Findings) > 0 {
		t.Errorf("while a presentation is under way: %+v", v)
	}
}

// Nothing that lies there is a warning, but what nobody asked for.
func TestWhatLiesOnTheReader(t *testing.T) {
	f := twins(t, func(c *configs.Config) { c.Reader.Include = "ACS" }, &api.Status{Active: []api.Summary{{}}})
	f.Service.Seen[0].Present = true
	if v := judgeField(f); len(v.Findings) > 0 {
		t.Errorf("of a presentation: %+v", v)
	}
	f.Daemon.Status.Active = nil
	f.Service.Seen[1].Present, f.Service.Seen[1].Mute = true, true
	if got := codesOf(judgeField(f)); !slices.Equal(got, []fault.Code{fault.FieldOccupied, fault.CardUnresponsive}) {
		t.Errorf("%v", got)
	}
}

// Between two readers somebody has to choose; the warning has the command for each.
func TestTwoReadersAreAWarning(t *testing.T) {
	v := judgeReader(twins(t, func(c *configs.Config) { c.Reader.Include = "ACS" }, nil))
	want := []string{"kazashi tap --reader 'ACS 00 00'", "kazashi tap --reader 'ACS 01 00'"}
	if len(v.Findings) != 1 || !v.Findings[0].Warning || !slices.Equal(v.Findings[0].Run, want) {
		t.Errorf("%+v", v)
	}
}
