package wire

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type plainMap struct {
	Text    string   `cbor:"text"`
	Bytes   []byte   `cbor:"bytes,omitempty"`
	Flag    bool     `cbor:"flag,omitempty"`
	Small   uint8    `cbor:"small,omitempty"`
	Large   uint64   `cbor:"large,omitempty"`
	Signed  int64    `cbor:"-1,keyasint,omitempty"`
	Short   int8     `cbor:"2,keyasint,omitempty"`
	Raw     Raw      `cbor:"raw,omitzero"`
	Inside  Embedded `cbor:"inside,omitzero"`
	Day     FullDate `cbor:"day,omitzero"`
	Moment  TDate    `cbor:"moment,omitzero"`
	private int
}

type plainTuple struct {
	_       struct{} `cbor:",toarray"`
	Content []byte
	Any     Raw
	Number  int32
	Text    string
}

// bothWays reads a message as plain structures are read and as the library reads
// everything, and wants the same of both.
func bothWays[T any](t interface {
	Helper()
	Errorf(string, ...any)
}, data []byte,
) {
	t.Helper()
	var ours, theirs T
	if !membersOf(reflect.TypeFor[T]()).plain {
		t.Errorf("%T is not plain", ours)
		return
	}
	if Precheck(data, ItemLimits) != nil || checkShape(data, &ours) != nil {
		return
	}
	v := reflect.ValueOf(&ours).Elem()
	err, libraryErr := readPlain(data, v, membersOf(v.Type())), decoding().Unmarshal(data, &theirs)
	if (err == nil) != (libraryErr == nil) {
		t.Errorf("read as plain: %v, by the library: %v", err, libraryErr)
		return
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(theirs, ours, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("the library reads other than we do (-library +plain):\n%s", diff)
	}
}

func TestReadPlain_AsTheLibrary(t *testing.T) {
	item := rapid.Custom(func(t *rapid.T) any {
		return rapid.OneOf(
			rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.Int64(), func(n int64) any { return n }), rapid.Map(rapid.Uint64(), func(n uint64) any { return n }),
			rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }),
			rapid.Map(rapid.SliceOfN(rapid.Int(), 0, 3), func(n []int) any { return n }),
			rapid.Map(rapid.MapOfN(rapid.String(), rapid.Int(), 0, 3), func(m map[string]int) any { return m }),
			rapid.Just[any](Embed([]byte{0xf6})), rapid.Just[any](FullDate("1971-09-01")), rapid.Just[any](Raw("\xc0\x742026-01-02T03:04:05Z")),
		).Draw(t, "item")
	})
	rapid.Check(t, func(t *rapid.T) {
		message := map[any]any{"text": rapid.String().Draw(t, "text")}
		for _, name := range []any{"bytes", "flag", "small", "large", -1, 2, "raw", "inside", "day", "moment", "unknown", 7} {
			if rapid.Bool().Draw(t, "present") {
				message[name] = item.Draw(t, "value")
			}
		}
		data, err := Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		bothWays[plainMap](t, data)
		if data, err = Marshal([]any{item.Draw(t, "0"), item.Draw(t, "1"), item.Draw(t, "2"), item.Draw(t, "3")}); err != nil {
			t.Fatal(err)
		}
		bothWays[plainTuple](t, data)
	})
}

// All members at once, which chance seldom brings about.
func TestReadPlain_EveryMember(t *testing.T) {
	data, err := Marshal(map[any]any{
		"text": "見本", "bytes": []byte{}, "flag": true, "small": 255, "large": uint64(1<<64 - 1), -1: -1 << 62, 2: -128, "unknown": []int{1},
		"raw": nil, "inside": Embed([]byte{0xa0}), "day": FullDate("1971-09-01"), "moment": Raw("\xc0\x742026-01-02T03:04:05Z"),
	})
	if err != nil {
		t.Fatal(err)
	}
	bothWays[plainMap](t, data)
	var m plainMap
	if err := Unmarshal(data, &m, ItemLimits); err != nil {
		t.Fatal(err)
	}
	if m.Text != "見本" || m.Bytes == nil || !m.Flag || m.Small != 255 || m.Large != 1<<64-1 || m.Signed != -1<<62 || m.Short != -128 ||
		string(m.Raw) != "\xf6" || m.Inside == nil || m.Day != "1971-09-01" || m.private != 0 {
		t.Errorf("got %+v", m)
	}
	data, err = Marshal([]any{[]byte{1, 2}, []any{nil}, -7, ""})
	if err != nil {
		t.Fatal(err)
	}
	bothWays[plainTuple](t, data)
	var tuple plainTuple
	if err := Unmarshal(data, &tuple, ItemLimits); err != nil || tuple.Number != -7 || string(tuple.Any) != "\x81\xf6" || len(tuple.Content) != 2 {
		t.Errorf("got %+v, %v", tuple, err)
	}
}

func FuzzReadPlain(f *testing.F) {
	f.Add([]byte("\xa1\x64text\x60"))
	f.Add([]byte("\xa3\x64text\x61a\x20\x38\xff\x02\x38\x7f"))
	f.Add([]byte("\x84\x41\x01\x81\xf6\x26\x60"))
	f.Fuzz(func(t *testing.T, data []byte) {
		bothWays[plainMap](t, data)
		bothWays[plainTuple](t, data)
	})
}
