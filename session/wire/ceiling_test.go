package wire_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"kazashi/session/cose"
	"kazashi/session/engagement"
	"kazashi/session/mdoc"
	"kazashi/session/seal"
	"kazashi/session/trust"
	"kazashi/session/wire"
)

// Encoders of items that no sane encoder would write.

func head(major wire.Major, n int) []byte {
	m := byte(major) << 5
	switch {
	case n < 24:
		return []byte{m | byte(n)}
	case n < 1<<8:
		return []byte{m | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{m | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{m | 26}, uint32(n))
}

func text(s string) []byte { return append(head(wire.Text, len(s)), s...) }
func bstr(b []byte) []byte { return append(head(wire.Bytes, len(b)), b...) }
func array(items ...[]byte) []byte {
	return append(head(wire.Array, len(items)), slices.Concat(items...)...)
}

// object is a map of keys and values in turn.
func object(members ...[]byte) []byte {
	return append(head(wire.Map, len(members)/2), slices.Concat(members...)...)
}

// times is an array of one item over and over.
func times(n int, item []byte) []byte { return append(head(wire.Array, n), slices.Repeat(item, n)...) }

// names is a map of as many keys as fit into both limits, text of two or three
// characters, to one value.
func names(n, budget int, value []byte) []byte {
	n = max(0, min(n, budget/(4+len(value))))
	out := head(wire.Map, n)
	for i := range n {
		out = append(append(out, text(fmt.Sprintf("%03x", i))...), value...)
	}
	return out
}

// unsorted is a map of numbers whose keys are in no order, so that finding one that
// stands twice takes work.
func unsorted(n, budget int) []byte {
	n = max(2, min(n, budget/4))
	out := head(wire.Map, n)
	for i := range n {
		out = append(append(out, head(wire.Unsigned, n-1-i)...), 0x00)
	}
	return out
}

// fill is arrays of arrays of a leaf, as many and as deep as fit.
func fill(l wire.Limits, budget int, leaf []byte) []byte {
	budget -= 16
	item := times(max(1, min(l.Items, budget/len(leaf))), leaf)
	for depth := 6; depth < l.Depth && 2*len(item) < budget; depth++ {
		item = times(min(l.Items, budget/len(item)), item)
	}
	return item
}

// stuffings fill a member that is skipped, or kept as it is, in every way that a
// decoder might take for work.
func stuffings(l wire.Limits, budget int) map[string][]byte {
	return map[string][]byte{
		"one byte string":   bstr(make([]byte, budget-8)),
		"empty maps":        fill(l, budget, []byte{0xa0}),
		"maps of one pair":  fill(l, budget, []byte{0xa1, 0x00, 0x00}),
		"embedded cbor":     fill(l, budget, []byte{0xd8, 0x18, 0x41, 0x00}),
		"maps of most keys": fill(l, budget, names(l.Pairs, min(budget/2, 8<<10), []byte{0x00})),
		"unsorted maps":     fill(l, budget, unsorted(l.Pairs, min(budget/2, 8<<10))),
		"nesting":           fill(l, budget, append(slices.Repeat([]byte{0x81}, max(1, l.Depth-6)), 0x00)),
	}
}

// A kind of message, with what its decoding may allocate at most: a bound on what one
// phone can make a terminal spend, whatever it sends.
type messageKind struct {
	name   string
	limits wire.Limits
	decode func([]byte) error
	// envelope puts a stuffed member into a message of the kind.
	envelope func(stuffing []byte) []byte
	// dense are messages that spend most in the members that the kind reads.
	dense   map[string][]byte
	ceiling uint64 // bytes
}

func kinds(t *testing.T) []messageKind {
	key, err := seal.Generate(seal.P256)
	if err != nil {
		t.Fatal(err)
	}
	security := array([]byte{0x01}, wire.Embed(key.COSE()))
	date := append([]byte{0xc0}, text("2026-12-01T00:00:00Z")...)
	validity := object(text("signed"), date, text("validFrom"), date, text("validUntil"), date)
	protected := bstr([]byte{0xa1, 0x01, 0x26})
	item := wire.Embed(object(text("digestID"), []byte{0}, text("random"), bstr(make([]byte, 16)), text("elementIdentifier"), text("a"), text("elementValue"), []byte{0}))
	document := func(namespaces []byte, more ...[]byte) []byte {
		return object(append([][]byte{
			text("docType"), text("d"),
			text("issuerSigned"), object(text("nameSpaces"), namespaces, text("issuerAuth"), []byte{0x80}),
			text("deviceSigned"), object(text("nameSpaces"), wire.Embed([]byte{0xa0}), text("deviceAuth"), []byte{0xa0}),
		}, more...)...)
	}
	response := func(more ...[]byte) []byte {
		return object(append([][]byte{text("version"), text("1.0"), text("status"), {0}}, more...)...)
	}
	mso := func(digests, info []byte) []byte {
		return wire.Embed(object(text("version"), text("1.0"), text("digestAlgorithm"), text("SHA-256"), text("valueDigests"), digests,
			text("deviceKeyInfo"), info, text("docType"), text("d"), text("validityInfo"), validity))
	}
	digests := head(wire.Map, 4096)
	for i := range 4096 {
		digests = append(append(digests, head(wire.Unsigned, i)...), 0x40)
	}
	request := func(items []byte, more ...[]byte) []byte {
		return object(append([][]byte{text("version"), text("1.0"), text("docRequests"), items}, more...)...)
	}
	asked := func(namespaces []byte) []byte {
		return object(text("itemsRequest"), wire.Embed(object(text("docType"), text("d"), text("nameSpaces"), namespaces)))
	}
	within := func(l wire.Limits) int { return l.Bytes - 512 }
	r, m, q := wire.ResponseLimits, wire.MSOLimits, wire.RequestLimits
	mapsOfNames := times(r.Items-30, names(r.Pairs, 1000, []byte{0}))
	return []messageKind{
		{
			name: "engagement", limits: wire.EngagementLimits, ceiling: 128 << 10,
			decode: func(b []byte) error { _, err := engagement.ParseDevice(b); return err },
			envelope: func(s []byte) []byte {
				return object([]byte{0}, text("1.0"), []byte{1}, security, []byte{7}, s)
			},
			dense: map[string][]byte{
				"methods": object([]byte{0}, text("1.1"), []byte{1}, security,
					[]byte{2}, times(32, array([]byte{2}, []byte{1}, object([]byte{0}, []byte{0xf5}, []byte{10}, bstr(make([]byte, 16))))),
					[]byte{5}, []byte{0x80}, []byte{6}, names(30, 200, []byte{0xf5})),
			},
		},
		{
			name: "session data", limits: wire.SessionLimits, ceiling: 2 << 20, // its data is copied once
			decode:   func(b []byte) error { _, err := seal.ParseSessionData(b); return err },
			envelope: func(s []byte) []byte { return object(text("status"), []byte{20}, text("x"), s) },
			dense:    map[string][]byte{"data": object(text("data"), bstr(make([]byte, within(wire.SessionLimits))))},
		},
		{
			name: "session establishment", limits: wire.SessionLimits, ceiling: 32 << 10,
			decode: func(b []byte) error { _, err := seal.ParseSessionEstablishment(b); return err },
			envelope: func(s []byte) []byte {
				return object(text("eReaderKey"), wire.Embed(key.COSE()), text("data"), []byte{0x40}, text("x"), s)
			},
		},
		{
			name: "request", limits: q, ceiling: 12 << 20,
			decode:   func(b []byte) error { _, err := mdoc.ParseDeviceRequest(b); return err },
			envelope: func(s []byte) []byte { return request(array(asked(object())), text("x"), s) },
			dense: map[string][]byte{
				"documents":  request(times(64, asked(object()))),
				"elements":   request(times(60, asked(object(text("a"), names(256, 1700, []byte{0xf4}), text("b"), names(256, 1700, []byte{0xf4}))))),
				"namespaces": request(times(60, asked(names(256, 3500, []byte{0xa0})))),
				"both":       request(times(60, asked(names(64, 3500, names(9, 1700, []byte{0xf4}))))),
			},
		},
		{
			name: "response", limits: r, ceiling: 24 << 20,
			decode:   func(b []byte) error { _, err := mdoc.ParseDeviceResponse(b); return err },
			envelope: func(s []byte) []byte { return response(text("x"), s) },
			dense: map[string][]byte{
				"documents":       response(text("documents"), times(r.Items, document(object()))),
				"document errors": response(text("documentErrors"), mapsOfNames),
				"element errors":  response(text("documents"), times(500, document(object(), text("errors"), object(text("n"), names(256, 1700, []byte{0}))))),
				"namespaces":      response(text("documents"), times(500, document(names(256, 1700, []byte{0x80})))),
				"items":           response(text("documents"), array(document(names(12, 1<<20, times(r.Items, item))))),
			},
		},
		{
			name: "value as JSON", limits: wire.ItemLimits, ceiling: 24 << 20,
			decode:   func(b []byte) error { _, err := mdoc.AppendValueJSON(nil, "x", b); return err },
			envelope: func(s []byte) []byte { return array(s) },
		},
		{
			name: "MSO", limits: m, ceiling: 16 << 20,
			decode: func(b []byte) error { _, err := mdoc.ParseMSO(b); return err },
			envelope: func(s []byte) []byte {
				return mso(object(), object(text("deviceKey"), []byte{0xa0}, text("keyInfo"), s))
			},
			dense: map[string][]byte{
				"digests":    mso(names(32, within(m)*8, digests), object(text("deviceKey"), []byte{0xa0})),
				"namespaces": mso(names(4096, within(m), []byte{0xa0}), object(text("deviceKey"), []byte{0xa0})),
				"authorised": mso(object(), object(text("deviceKey"), []byte{0xa0}, text("keyAuthorizations"),
					object(text("dataElements"), names(400, within(m)*8, times(1024, []byte{0x60}))))),
			},
		},
		{
			name: "COSE_Sign1", limits: wire.HeaderLimits, ceiling: 64 << 10,
			decode: func(b []byte) error { _, err := cose.ParseSign1(b); return err },
			envelope: func(s []byte) []byte {
				return array(protected, object([]byte{4}, s), []byte{0xf6}, bstr(make([]byte, 64)))
			},
			dense: map[string][]byte{
				"payload": array(protected, object(), bstr(make([]byte, within(wire.HeaderLimits))), bstr(make([]byte, 64))),
				"chain":   array(protected, object([]byte{0x18, 33}, times(4, bstr(make([]byte, 8<<10)))), []byte{0xf6}, bstr(make([]byte, 64))),
			},
		},
		{
			name: "key", limits: wire.KeyLimits, ceiling: 16 << 10,
			decode:   func(b []byte) error { _, err := cose.ParseKey(b); return err },
			envelope: func(s []byte) []byte { return object([]byte{1}, []byte{2}, []byte{2}, s) },
		},
		{
			name: "VICAL of a stranger", limits: wire.VICALLimits, ceiling: 64 << 10,
			decode: func(b []byte) error { _, err := trust.ParseVICAL(b, nil, time.Unix(0, 0)); return err },
			envelope: func(s []byte) []byte {
				return array(protected, object([]byte{0x18, 33}, bstr([]byte{0x30})), bstr(object(text("version"), text("1.0"), text("x"), s)), bstr(make([]byte, 64)))
			},
		},
	}
}

func allocated(decode func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	decode()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever a message of the largest size holds, decoding it stays below the ceiling
// of its kind.
func TestF26_AllocationCeilings(t *testing.T) {
	for _, k := range kinds(t) {
		t.Run(k.name, func(t *testing.T) {
			messages := maps.Clone(k.dense)
			if messages == nil {
				messages = map[string][]byte{}
			}
			var most uint64
			var worst string
			for name, s := range stuffings(k.limits, k.limits.Bytes-len(k.envelope(nil))-64) {
				messages["stuffed with "+name] = k.envelope(s)
			}
			for name, b := range messages {
				if len(b) > k.limits.Bytes {
					t.Errorf("%s: %d bytes are more than the kind allows", name, len(b))
				}
				var err error
				used := allocated(func() { err = k.decode(b) })
				if used > k.ceiling {
					t.Errorf("%s: %d bytes allocated for %d, more than %d: %v", name, used, len(b), k.ceiling, err)
				}
				if used >= most {
					most, worst = used, name
				}
			}
			t.Logf("at most %d bytes, %q", most, worst)
			// One byte too much is refused before anything is made of it.
			long := k.envelope(bstr(make([]byte, k.limits.Bytes)))
			if used := allocated(func() {
				if k.decode(long) == nil {
					t.Errorf("%d bytes were accepted", len(long))
				}
			}); used > 16<<10 {
				t.Errorf("refusing %d bytes allocated %d", len(long), used)
			}
		})
	}
}
