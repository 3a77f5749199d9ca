package wire

import (
	"bytes"
	"reflect"
	"sync"
)

// Most structures of a message are flat: numbers, strings and items that are kept
// as they are. Once Precheck and the shape have passed them there is nothing left
// to find out, and reading them here takes a fraction of what the library's general
// way takes; an answer has some twenty of them. What is nested, has maps or
// pointers is the library's.

// readsItself reports whether a type has its own reading.
func readsItself(t reflect.Type) bool {
	if t.PkgPath() == "" && t.Kind() != reflect.Struct {
		return false // has no methods
	}
	if known, ok := selfReading.Load(t); ok {
		return known.(bool)
	}
	reads := reflect.PointerTo(t).Implements(decoderType)
	selfReading.Store(t, reads)
	return reads
}

var selfReading sync.Map // reflect.Type -> bool

// isPlain reports whether readPlain can read a member.
func isPlain(f reflect.StructField) bool {
	if f.Anonymous {
		return false
	}
	if readsItself(f.Type) {
		return true
	}
	switch f.Type.Kind() {
	case reflect.String, reflect.Bool,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint,
		reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return true
	case reflect.Slice:
		return f.Type.Elem().Kind() == reflect.Uint8 && !readsItself(f.Type.Elem())
	}
	return false
}

// readPlain reads data, which has the shape of v, into v, whose members are all
// plain.
func readPlain(data []byte, v reflect.Value, m *members) error {
	h, next, err := head(data, 0)
	if err != nil {
		return err
	}
	for i := range h.Arg {
		field := int(i)
		if !m.array {
			k, behind, err := readKey(data, next)
			if err != nil {
				return err
			}
			next = behind
			if field = m.index(k); field < 0 {
				next = skip(data, next)
				continue
			}
		}
		if next, err = readMember(data, next, v.Field(m.fields[field].position)); err != nil {
			return err
		}
	}
	return nil
}

// readMember reads the item at off and returns the position behind it.
func readMember(data []byte, off int, v reflect.Value) (int, error) {
	if readsItself(v.Type()) {
		end := skip(data, off)
		return end, v.Addr().Interface().(decoder).UnmarshalCBOR(data[off:end:end])
	}
	h, next, err := head(data, off)
	if err != nil {
		return off, err
	}
	switch v.Kind() {
	case reflect.String:
		end := next + int(h.Arg)
		v.SetString(string(data[next:end]))
		return end, nil
	case reflect.Slice:
		end := next + int(h.Arg)
		v.SetBytes(bytes.Clone(data[next:end]))
		return end, nil
	case reflect.Bool:
		value, _ := h.Bool()
		v.SetBool(value)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(h.Arg)
	default:
		n := int64(h.Arg) // the shape has held it to the type
		if h.Major == Negative {
			n = -1 - n
		}
		v.SetInt(n)
	}
	return next, nil
}
