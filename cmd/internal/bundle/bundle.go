// Package bundle makes the archive of `kazashi bugreport`: what those need who mend a
// terminal elsewhere, and nothing of those who use it.
//
// What goes in is collected from the daemon and from the machine, each part without what
// need not leave ([Collect], [FromDaemon]); then [Scan] looks over everything for what the
// collecting should never have let through. One finding, and nothing is written at all.
package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"regexp"
	"time"

	"kazashi/session/fault"
)

// Format is the version of the archive's layout, of which the manifest tells.
const Format = 1

// manifestName is the first file of an archive.
const manifestName = "manifest.json"

// maxFile bounds a file of an archive, in bytes. Of a longer one the end is kept.
const maxFile = 8 << 20

// A File goes into the archive.
type File struct {
	Name string // a path with slashes, relative
	Data []byte
	// Redaction says in English what was left out, "none" where nothing was.
	Redaction string
}

// A Missing is something that could not be had.
type Missing struct {
	What   string     `json:"what"`
	Code   fault.Code `json:"code,omitempty"`
	Detail string     `json:"detail"`        // what was seen, in English
	How    string     `json:"how,omitempty"` // the command that would have it
}

// A Content is everything that goes into an archive.
type Content struct {
	// Marker names the report: 12 letters and digits of base32.
	Marker string
	// Logged tells that the marker stands in the daemon's log.
	Logged   bool
	At       time.Time
	Versions Versions
	Files    []File
	Missing  []Missing
}

// Versions are the programs by their versions; "" for what is not known.
type Versions struct {
	Command  string            `json:"kazashi"`
	Daemon   string            `json:"kazashid,omitempty"`
	Commit   string            `json:"commit,omitempty"` // of the command
	Go       string            `json:"go"`
	Platform string            `json:"platform"`
	Kernel   string            `json:"kernel,omitempty"`
	Packages map[string]string `json:"packages,omitempty"` // of the reader service, its drivers and kazashi
}

// A Manifest is the archive's manifest.json.
type Manifest struct {
	Format int    `json:"format"`
	Marker string `json:"marker"`
	// MarkerLogged tells that the daemon logged the marker; without the daemon nobody did.
	MarkerLogged bool      `json:"marker_logged"`
	MadeAt       time.Time `json:"made_at"`
	// Complete is false when something is in Missing.
	Complete bool      `json:"complete"`
	Versions Versions  `json:"versions"`
	Files    []Entry   `json:"files"` // all but the manifest
	Missing  []Missing `json:"missing"`
}

// An Entry is a file of the archive in its manifest.
type Entry struct {
	Name      string `json:"name"`
	Size      int    `json:"size"`   // in bytes
	SHA256    string `json:"sha256"` // in hex
	Redaction string `json:"redaction"`
}

// NewMarker returns a marker for a report that the daemon has no part in.
func NewMarker() string { return rand.Text()[:12] }

// add puts a file in; of one that is too long its end.
func (c *Content) add(name, redaction string, data []byte) {
	if len(data) > maxFile {
		data = data[len(data)-maxFile:]
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			data = data[i+1:]
		}
		redaction += "; only the end, it was too long"
	}
	c.Files = append(c.Files, File{name, data, redaction})
}

// AddJSON puts v in as a JSON document with a member in each line.
func (c *Content) AddJSON(name, redaction string, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fault.Wrap(fault.Internal, err, "%s", name)
	}
	c.add(name, redaction, b.Bytes())
	return nil
}

// Manifest returns what the archive says of itself.
func (c *Content) Manifest() Manifest {
	m := Manifest{
		Format: Format, Marker: c.Marker, MarkerLogged: c.Logged, MadeAt: c.At.UTC(), Complete: len(c.Missing) == 0,
		Versions: c.Versions, Files: []Entry{}, Missing: append([]Missing{}, c.Missing...),
	}
	for _, f := range c.Files {
		sum := sha256.Sum256(f.Data)
		m.Files = append(m.Files, Entry{f.Name, len(f.Data), hex.EncodeToString(sum[:]), f.Redaction})
	}
	return m
}

// all returns every file of the archive, the manifest first.
func (c *Content) all() ([]File, error) {
	whole := *c
	whole.Files = nil
	if err := whole.AddJSON(manifestName, "", c.Manifest()); err != nil {
		return nil, err
	}
	return append(whole.Files, c.Files...), nil
}

// Scan looks over everything that would go into the archive, the manifest too.
func (c *Content) Scan() ([]Finding, error) {
	files, err := c.all()
	var found []Finding
	for _, f := range files {
		found = append(found, Scan(f.Name, f.Data)...)
	}
	return found, err
}

// Write writes the archive, tar in gzip. All that a tar tells of files but name, size and
// time is the same in each.
func (c *Content) Write(w io.Writer) error {
	files, err := c.all()
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(w)
	archive := tar.NewWriter(zipped)
	for _, f := range files {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: "kazashi-bugreport-" + c.Marker + "/" + f.Name, Size: int64(len(f.Data)), Mode: 0o600,
			ModTime: c.At.Truncate(time.Second), Format: tar.FormatPAX,
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.Data); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zipped.Close()
}

// FileName returns the name of an archive that nobody named: its time and its marker, and
// nothing of the machine.
func (c *Content) FileName() string {
	return "kazashi-bugreport-" + c.At.UTC().Format("20060102T150405Z") + "-" + c.Marker + ".tar.gz"
}

// homes are directories of users, whose names may be those of people.
var homes = regexp.MustCompile(`/home/[^/\s"':,;)]+`)

// withoutUsers takes the names of users out of paths, and the name of the user who looks.
func withoutUsers(data []byte, user string) []byte {
	data = homes.ReplaceAll(data, []byte("/home/USER"))
	if len(user) < 3 || user == "root" || user == "kazashi" {
		return data
	}
	name := regexp.MustCompile(`(^|[^A-Za-z0-9_-])` + regexp.QuoteMeta(user) + `($|[^A-Za-z0-9_-])`)
	return name.ReplaceAll(data, []byte("${1}USER${2}"))
}
