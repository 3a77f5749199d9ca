package wire

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// decoder is what types with their own reading have: Raw, Embedded and the dates.
type decoder interface{ UnmarshalCBOR([]byte) error }

var (
	decoderType = reflect.TypeFor[decoder]()
	rawType     = reflect.TypeFor[Raw]()
)

// A shapeError says what does not fit, and where: path names members of the
// standard, array positions and, as {}, values of maps, whose keys are the peer's.
type shapeError struct{ path, what string }

func (e *shapeError) Error() string {
	if e.path == "" {
		return fmt.Sprintf("%v: %s", ErrShape, e.what)
	}
	return fmt.Sprintf("%v: %s: %s", ErrShape, strings.TrimPrefix(e.path, "."), e.what)
}

func (e *shapeError) Unwrap() error { return ErrShape }

// in puts a step in front of the path. Paths are made on the way back from an
// error, so that sound messages cost nothing.
func (e *shapeError) in(step string) *shapeError {
	return &shapeError{path: step + e.path, what: e.what}
}

func misfit(format string, args ...any) *shapeError {
	return &shapeError{what: fmt.Sprintf(format, args...)}
}

func mismatch(want string, h Head) *shapeError {
	return misfit("%v where a %s belongs", h.Major, want)
}

// checkShape holds data, which Precheck has passed, against the type that v
// points to. The library below would read null as an empty string, drop a tag
// around a value, and leave a member that is missing at zero: none of that may
// happen to a member on which a check rests.
func checkShape(data []byte, v any) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return misfit("no reading into %T", v)
	}
	if _, err := shape(data, 0, t.Elem()); err != nil {
		return err
	}
	return nil
}

// shape checks the item at off against t and returns the position behind it.
func shape(data []byte, off int, t reflect.Type) (int, *shapeError) {
	if t.Kind() == reflect.Pointer {
		return shape(data, off, t.Elem())
	}
	h, next, err := head(data, off)
	if err != nil {
		return off, misfit("%v", err)
	}
	if reflect.PointerTo(t).Implements(decoderType) {
		if h.Null() && t != rawType {
			return off, mismatch(t.Name(), h)
		}
		return skip(data, off), nil
	}
	switch t.Kind() {
	case reflect.String:
		return next + int(h.Arg), expect(h, Text)
	case reflect.Bool:
		if _, ok := h.Bool(); !ok {
			return off, mismatch("boolean", h)
		}
		return next, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return next, integer(h, math.MaxUint64>>(64-t.Bits()), false)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return next, integer(h, math.MaxInt64>>(64-t.Bits()), true)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return next + int(h.Arg), expect(h, Bytes)
		}
		return shapeArray(data, h, next, t.Elem())
	case reflect.Map:
		return shapeMap(data, h, next, t)
	case reflect.Struct:
		if m := membersOf(t); m.array {
			return shapeTuple(data, h, next, m)
		}
		return shapeStruct(data, h, next, membersOf(t))
	}
	return off, misfit("no reading into %v", t)
}

func shapeArray(data []byte, h Head, next int, element reflect.Type) (int, *shapeError) {
	if err := expect(h, Array); err != nil {
		return next, err
	}
	var err *shapeError
	for i := range h.Arg {
		if next, err = shape(data, next, element); err != nil {
			return next, err.in("[" + strconv.FormatUint(i, 10) + "]")
		}
	}
	return next, nil
}

func shapeMap(data []byte, h Head, next int, t reflect.Type) (int, *shapeError) {
	if err := expect(h, Map); err != nil {
		return next, err
	}
	var err *shapeError
	for range h.Arg {
		if next, err = shape(data, next, t.Key()); err != nil {
			return next, err.in("{key}")
		}
		if next, err = shape(data, next, t.Elem()); err != nil {
			return next, err.in("{}")
		}
	}
	return next, nil
}

func shapeTuple(data []byte, h Head, next int, m *members) (int, *shapeError) {
	if err := expect(h, Array); err != nil {
		return next, err
	}
	if h.Arg != uint64(len(m.fields)) {
		return next, misfit("array of %d, not of %d", h.Arg, len(m.fields))
	}
	var err *shapeError
	for _, f := range m.fields {
		if next, err = shape(data, next, f.typ); err != nil {
			return next, err.in("." + f.name)
		}
	}
	return next, nil
}

func shapeStruct(data []byte, h Head, next int, m *members) (int, *shapeError) {
	if err := expect(h, Map); err != nil {
		return next, err
	}
	found := uint64(0)
	for range h.Arg {
		k, behind, err := readKey(data, next)
		if err != nil {
			return next, misfit("%v", err)
		}
		i := m.index(k)
		if i < 0 {
			next = skip(data, behind)
			continue
		}
		found |= 1 << i
		var bad *shapeError
		if next, bad = shape(data, behind, m.fields[i].typ); bad != nil {
			return next, bad.in("." + m.fields[i].name)
		}
	}
	for i, f := range m.fields {
		if !f.optional && found&(1<<i) == 0 {
			return next, misfit("missing").in("." + f.name)
		}
	}
	return next, nil
}

func integer(h Head, most uint64, signed bool) *shapeError {
	if h.Major != Unsigned && (h.Major != Negative || !signed) {
		return mismatch("integer", h)
	}
	if h.Arg > most {
		return misfit("integer out of range")
	}
	return nil
}

func expect(h Head, want Major) *shapeError {
	if h.Major != want {
		return mismatch(want.String(), h)
	}
	return nil
}

// members is what the `cbor` tags of a struct say; at most 64 fields.
type members struct {
	array  bool
	fields []member
}

type member struct {
	name     string
	key      key
	typ      reflect.Type
	optional bool
}

func (s *members) index(k key) int {
	for i := range s.fields {
		if s.fields[i].key.equal(k) {
			return i
		}
	}
	return -1
}

var shapes sync.Map // reflect.Type -> *members

func membersOf(t reflect.Type) *members {
	if s, ok := shapes.Load(t); ok {
		return s.(*members)
	}
	s := &members{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		if f.Name == "_" {
			s.array = strings.Contains(options, "toarray")
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		m := member{name: name, typ: f.Type, optional: strings.Contains(options, "omit")}
		m.key = key{major: Text, arg: uint64(len(name)), content: []byte(name)}
		if strings.Contains(options, "keyasint") {
			label, err := strconv.ParseInt(name, 10, 64)
			if err != nil {
				panic(fmt.Sprintf("cbor label of %v.%s is no integer", t, f.Name))
			}
			m.key = key{major: Unsigned, arg: uint64(label)}
			if label < 0 {
				m.key = key{major: Negative, arg: uint64(-1 - label)}
			}
		}
		s.fields = append(s.fields, m)
	}
	shapes.Store(t, s)
	return s
}
