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

// checkShape holds data, which Precheck has passed, against the type that v
// points to. The library below would read null as an empty string, drop a tag
// around a value, and leave a member that is missing at zero: none of that may
// happen to a member on which a check rests.
func checkShape(data []byte, v any) error {
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer {
		return fmt.Errorf("%w: reading into %T", ErrShape, v)
	}
	_, err := shape(data, 0, t.Elem(), "")
	return err
}

// shape checks the item at off against t and returns the position behind it. path
// names members of the standard for the error text.
func shape(data []byte, off int, t reflect.Type, path string) (int, error) {
	if t.Kind() == reflect.Pointer {
		return shape(data, off, t.Elem(), path)
	}
	h, next, err := head(data, off)
	if err != nil {
		return off, err
	}
	if reflect.PointerTo(t).Implements(decoderType) {
		if h.Null() && t != rawType {
			return off, mismatch(path, t.Name(), h)
		}
		return skip(data, off), nil
	}
	switch t.Kind() {
	case reflect.String:
		return expect(h, Text, next+int(h.Arg), path)
	case reflect.Bool:
		if _, ok := h.Bool(); !ok {
			return off, mismatch(path, "boolean", h)
		}
		return next, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return integer(h, next, math.MaxUint64>>(64-t.Bits()), false, path)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return integer(h, next, math.MaxInt64>>(64-t.Bits()), true, path)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return expect(h, Bytes, next+int(h.Arg), path)
		}
		return shapeArray(data, h, next, t.Elem(), path)
	case reflect.Map:
		return shapeMap(data, h, next, t, path)
	case reflect.Struct:
		if s := membersOf(t); s.array {
			return shapeTuple(data, h, next, s, path)
		}
		return shapeStruct(data, h, next, membersOf(t), path)
	}
	return off, fmt.Errorf("%w: %s: no reading into %v", ErrShape, path, t)
}

func shapeArray(data []byte, h Head, next int, element reflect.Type, path string) (int, error) {
	if _, err := expect(h, Array, next, path); err != nil {
		return next, err
	}
	var err error
	for i := range h.Arg {
		if next, err = shape(data, next, element, path+"["+strconv.FormatUint(i, 10)+"]"); err != nil {
			return next, err
		}
	}
	return next, nil
}

func shapeMap(data []byte, h Head, next int, t reflect.Type, path string) (int, error) {
	if _, err := expect(h, Map, next, path); err != nil {
		return next, err
	}
	var err error
	for range h.Arg {
		if next, err = shape(data, next, t.Key(), path+" key"); err != nil {
			return next, err
		}
		if next, err = shape(data, next, t.Elem(), path+"{}"); err != nil {
			return next, err
		}
	}
	return next, nil
}

func shapeTuple(data []byte, h Head, next int, s *members, path string) (int, error) {
	if _, err := expect(h, Array, next, path); err != nil {
		return next, err
	}
	if h.Arg != uint64(len(s.fields)) {
		return next, fmt.Errorf("%w: %s: array of %d, not of %d", ErrShape, place(path), h.Arg, len(s.fields))
	}
	var err error
	for _, f := range s.fields {
		if next, err = shape(data, next, f.typ, join(path, f.name)); err != nil {
			return next, err
		}
	}
	return next, nil
}

func shapeStruct(data []byte, h Head, next int, s *members, path string) (int, error) {
	if _, err := expect(h, Map, next, path); err != nil {
		return next, err
	}
	found := uint64(0)
	for range h.Arg {
		k, behind, err := readKey(data, next)
		if err != nil {
			return next, err
		}
		i := s.index(k)
		if i < 0 {
			next = skip(data, behind)
			continue
		}
		found |= 1 << i
		if next, err = shape(data, behind, s.fields[i].typ, join(path, s.fields[i].name)); err != nil {
			return next, err
		}
	}
	for i, f := range s.fields {
		if !f.optional && found&(1<<i) == 0 {
			return next, fmt.Errorf("%w: %s is missing", ErrShape, join(path, f.name))
		}
	}
	return next, nil
}

func integer(h Head, next int, most uint64, signed bool, path string) (int, error) {
	if h.Major != Unsigned && (h.Major != Negative || !signed) {
		return next, mismatch(path, "integer", h)
	}
	if h.Arg > most {
		return next, fmt.Errorf("%w: %s: integer out of range", ErrShape, place(path))
	}
	return next, nil
}

func expect(h Head, want Major, end int, path string) (int, error) {
	if h.Major != want {
		return end, mismatch(path, want.String(), h)
	}
	return end, nil
}

func mismatch(path, want string, h Head) error {
	return fmt.Errorf("%w: %s: %v where a %s belongs", ErrShape, place(path), h.Major, want)
}

func place(path string) string {
	if path == "" {
		return "message"
	}
	return path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
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
		if s.fields[i].key.compare(k) == 0 {
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
