package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"kazashi/session/fault"
	"kazashi/session/intake"
	"kazashi/session/trust"
)

// stateFile is in the folder of lists. Its name begins with a dot, so nobody takes it
// for a list.
const stateFile = ".update.json"

const (
	maxState     = 1 << 20
	maxValidator = 1 << 10 // of one header
)

// validators are what a source tells a version of its list by (RFC 9110, 8.8).
type validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// validatorsOf takes them out of an answer. One that is longer than any server's is
// not kept: the next update asks without.
func validatorsOf(h http.Header) validators {
	v := validators{ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified")}
	if len(v.ETag) > maxValidator {
		v.ETag = ""
	}
	if len(v.LastModified) > maxValidator {
		v.LastModified = ""
	}
	return v
}

// A got list is what an earlier update got from one source.
type got struct {
	// URL is the digest of the source's: what admits to a source may stand in it.
	URL string `json:"url_sha256"`
	validators
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// state is what earlier updates got, by the name of the source. It saves transfers and
// decides nothing: what is missing or damaged is fetched again and verified as before.
type state struct {
	path string
	got  map[string]got
}

func loadState(dir string) *state {
	s := &state{path: filepath.Join(dir, stateFile), got: map[string]got{}}
	if data, err := intake.File(s.path, maxState); err == nil && json.Unmarshal(data, &s.got) != nil || s.got == nil {
		s.got = map[string]got{}
	}
	return s
}

// known returns the validators for a source, and the file that they speak of. They
// count only as long as that file holds what came with them.
func (s *state) known(source Source) (validators, string) {
	g, ok := s.got[source.Name]
	if !ok || g.URL != digest([]byte(source.URL)) {
		return validators{}, ""
	}
	held, err := intake.File(g.File, trust.MaxList)
	if err != nil || digest(held) != g.SHA256 {
		return validators{}, ""
	}
	return g.validators, g.File
}

// keep remembers what was installed from a source.
func (s *state) keep(source Source, r *reply, file string) error {
	s.got[source.Name] = got{URL: digest([]byte(source.URL)), validators: r.validators, File: file, SHA256: digest(r.body)}
	return s.write()
}

// write puts the state in the place of the old one, in one step. That it may be torn
// when power is lost, or two updates run at once, costs a transfer and no more.
func (s *state) write() error {
	data, err := json.Marshal(s.got)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "state of the update")
	}
	next := s.path + ".new"
	_ = os.Remove(next) // its mode would stay as it was
	err = os.WriteFile(next, data, 0o600)
	if err == nil {
		err = os.Rename(next, s.path)
	}
	return fault.Wrap(fault.TrustUnwritable, err, "state of the update")
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
