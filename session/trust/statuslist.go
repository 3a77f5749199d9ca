package trust

import (
	"bytes"
	"compress/zlib"
	"crypto/x509"
	"encoding/hex"
	"io"
	"math"
	"slices"
	"time"

	"kazashi/session/cose"
	"kazashi/session/fault"
	"kazashi/session/wire"
)

// A StatusList is a list of revoked documents that an issuer publishes under a
// URI: a Token Status List or an identifier list, as CWT (ISO/IEC 18013-5, second
// edition). That its signature is right has been checked; whose it has to be
// depends on the document, see [Store.Revocation].
type StatusList struct {
	URI               string
	IssuedAt, Expires time.Time
	// RefreshBy is when a fresher one should be fetched, by the list's ttl; zero
	// without one. The list counts until it expires.
	RefreshBy time.Time

	bits        int    // of one status; 0 for an identifier list
	statuses    []byte // inflated
	identifiers map[string]bool
	chain       []*x509.Certificate // signer first
	anchor      *x509.Certificate   // that its chain leads to, see settled; nil for none that is known
}

type receivedCWT struct {
	Subject     string          `cbor:"2,keyasint"`
	Expires     wire.Raw        `cbor:"4,keyasint"`
	IssuedAt    wire.Raw        `cbor:"6,keyasint"`
	TTL         wire.Raw        `cbor:"65534,keyasint,omitzero"`
	Statuses    *receivedList   `cbor:"65533,keyasint,omitzero"`
	Identifiers *receivedIDList `cbor:"65530,keyasint,omitzero"`
}

type receivedList struct {
	Bits int    `cbor:"bits"`
	List []byte `cbor:"lst"`
}

type receivedIDList struct {
	Identifiers wire.Raw `cbor:"identifiers"`
}

// The types of the lists, in both spellings that are in use.
var (
	statusTypes     = []string{"application/statuslist+cwt", "statuslist+cwt"}
	identifierTypes = []string{"application/identifierlist+cwt", "identifierlist+cwt"}
)

const (
	// maxInflated bounds an inflated status list: 134 million documents of one bit.
	maxInflated = 16 << 20
	maxURI      = 2048
)

// ParseStatusList reads a list, CBOR or its hexadecimal digits, tagged 18 or
// untagged, and checks its signature by the certificate that it brings along. It
// says nothing of whether that certificate is to be trusted, nor whether the list
// is still fresh, see [StatusList.Stale].
//
// Errors are KZ-513 for what is no such list, KZ-505 for its certificates, KZ-516
// for its signature and KZ-532 for a list from the future.
func ParseStatusList(data []byte, at time.Time) (*StatusList, error) {
	message, err := cose.ParsePublished(fromHex(data), wire.StatusLimits)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "status list")
	}
	if message.Payload == nil {
		return nil, fault.New(fault.TrustFileInvalid, "status list without its payload")
	}
	chain, err := signerChain(message, statusSigner.who)
	if err != nil {
		return nil, err
	}
	if err := message.Verify(chain[0].PublicKey); err != nil {
		return nil, fault.Wrap(fault.TrustSignature, err, "status list")
	}
	l, err := readClaims(message.Payload, message.Type())
	if err != nil {
		return nil, err
	}
	if l.IssuedAt.After(at) {
		return nil, fault.New(fault.TrustFromFuture, "status list is of %s", l.IssuedAt.Format(time.RFC3339))
	}
	l.chain = chain
	return l, nil
}

// fromHex returns what stands in data as hexadecimal digits: one issuer's server
// hands its lists out like that.
func fromHex(data []byte) []byte {
	text := bytes.TrimSpace(data)
	decoded := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(decoded, text); err != nil || len(decoded) == 0 {
		return data
	}
	return decoded
}

func readClaims(payload []byte, typ string) (*StatusList, error) {
	var r receivedCWT
	if err := wire.Unmarshal(payload, &r, wire.StatusLimits); err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "status list")
	}
	l := &StatusList{URI: r.Subject}
	expires, err := numericDate(r.Expires)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "status list: exp")
	}
	issued, err := numericDate(r.IssuedAt)
	if err != nil {
		return nil, fault.Wrap(fault.TrustFileInvalid, err, "status list: iat")
	}
	l.IssuedAt, l.Expires = time.Unix(issued, 0).UTC(), time.Unix(expires, 0).UTC()
	if r.TTL != nil {
		ttl, err := numericDate(r.TTL)
		if err != nil || ttl <= 0 {
			return nil, fault.New(fault.TrustFileInvalid, "status list: ttl is no positive number")
		}
		l.RefreshBy = time.Unix(min(issued+ttl, latest), 0).UTC()
	}
	if l.URI == "" || len(l.URI) > maxURI {
		return nil, fault.New(fault.TrustFileInvalid, "status list does not name its uri")
	}
	switch {
	case r.Statuses != nil && r.Identifiers == nil && slices.Contains(statusTypes, typ):
		err = l.readStatuses(r.Statuses)
	case r.Identifiers != nil && r.Statuses == nil && slices.Contains(identifierTypes, typ):
		err = l.readIdentifiers(r.Identifiers.Identifiers)
	default:
		err = fault.New(fault.TrustFileInvalid, "status list: typ %q does not go with its claims", typ)
	}
	return l, err
}

// latest bounds dates: the end of the year 9999.
const latest = 253402300799

// numericDate reads seconds, an integer or a floating-point number, not negative.
func numericDate(raw wire.Raw) (int64, error) {
	h := raw.Head()
	if f, ok := h.Float64(); ok && f >= 0 && f <= latest {
		return int64(math.Floor(f)), nil
	}
	if h.Major != wire.Unsigned || h.Arg > latest {
		return 0, fault.New(fault.TrustFileInvalid, "no number of seconds")
	}
	return int64(h.Arg), nil
}

// inflated returns how many bytes the compressed ones make, where more than
// maxInflated are not counted, and how many lie behind them.
func inflated(compressed []byte) (n int64, rest int, err error) {
	r := bytes.NewReader(compressed)
	z, err := zlib.NewReader(r)
	if err != nil {
		return 0, 0, err
	}
	n, err = io.Copy(io.Discard, io.LimitReader(z, maxInflated+1))
	return n, r.Len(), err
}

func (l *StatusList) readStatuses(r *receivedList) error {
	if !slices.Contains([]int{1, 2, 4, 8}, r.Bits) {
		return fault.New(fault.TrustFileInvalid, "status list: %d bits for a status", r.Bits)
	}
	// Counted before anything is kept: a few bytes may inflate to a thousand times as many.
	n, rest, err := inflated(r.List)
	switch {
	case err != nil:
		return fault.Wrap(fault.TrustFileInvalid, err, "status list")
	case n > maxInflated:
		return fault.New(fault.TrustFileInvalid, "status list: over %d bytes when inflated", maxInflated)
	case rest > 0:
		return fault.New(fault.TrustFileInvalid, "status list: bytes behind the compressed list")
	case n == 0:
		return fault.New(fault.TrustFileInvalid, "status list: empty")
	}
	z, err := zlib.NewReader(bytes.NewReader(r.List))
	if err != nil {
		return fault.Wrap(fault.TrustFileInvalid, err, "status list")
	}
	statuses := make([]byte, n)
	if _, err := io.ReadFull(z, statuses); err != nil {
		return fault.Wrap(fault.TrustFileInvalid, err, "status list")
	}
	l.bits, l.statuses = r.Bits, statuses
	return nil
}

func (l *StatusList) readIdentifiers(raw wire.Raw) error {
	h, rest, err := wire.ReadHead(raw)
	if err != nil || h.Major != wire.Map {
		return fault.New(fault.TrustFileInvalid, "identifier list: identifiers are no map")
	}
	l.identifiers = make(map[string]bool, h.Arg)
	for range h.Arg {
		key, content, err := wire.ReadHead(rest)
		if err != nil || key.Major != wire.Bytes {
			return fault.New(fault.TrustFileInvalid, "identifier list: an identifier that is no byte string")
		}
		l.identifiers[string(content[:key.Arg])] = true
		if rest, err = wire.Skip(content[key.Arg:]); err != nil {
			return fault.Wrap(fault.TrustFileInvalid, err, "identifier list")
		}
	}
	return nil
}

// The statuses of a Token Status List that every list means the same by.
const (
	statusValid     = 0
	statusInvalid   = 1
	statusSuspended = 2
)

// at returns the status under an index: Undetermined for one that lies outside of
// the list, or whose meaning the issuer keeps to itself. A document that is
// suspended counts as revoked.
func (l *StatusList) at(index uint64) State {
	perByte := uint64(8 / max(l.bits, 1))
	if l.bits == 0 || index/perByte >= uint64(len(l.statuses)) {
		return Undetermined
	}
	shift := index % perByte * uint64(l.bits)
	switch l.statuses[index/perByte] >> shift & byte(1<<l.bits-1) {
	case statusValid:
		return Valid
	case statusInvalid, statusSuspended:
		return Revoked
	}
	return Undetermined
}

// holds returns whether an identifier is listed, Undetermined for a list of
// another kind.
func (l *StatusList) holds(id []byte) State {
	switch {
	case l.identifiers == nil:
		return Undetermined
	case l.identifiers[string(id)]:
		return Revoked
	}
	return Valid
}

// Kind names the kind of list: "status list" or "identifier list".
func (l *StatusList) Kind() string {
	if l.bits == 0 {
		return "identifier list"
	}
	return "status list"
}

// Entries is how many statuses a status list has room for, or how many
// identifiers are listed.
func (l *StatusList) Entries() int {
	if l.bits == 0 {
		return len(l.identifiers)
	}
	return len(l.statuses) * (8 / l.bits)
}

// Signer is the common name of the certificate that signed the list.
func (l *StatusList) Signer() string { return l.chain[0].Subject.CommonName }

// Stale returns KZ-515 when the list has expired.
func (l *StatusList) Stale(at time.Time) error {
	if !at.Before(l.Expires) {
		return fault.New(fault.TrustStale, "%s of %s: expired %s", l.Kind(), l.URI, l.Expires.Format(time.RFC3339))
	}
	return nil
}

// Supersedes returns KZ-514 when l is older than old, of the same URI, and KZ-516
// when it is another authority's: the same key has to stand behind both.
func (l *StatusList) Supersedes(old *StatusList) error {
	switch {
	case l.authority() != old.authority():
		return fault.New(fault.TrustSignature, "%s is of another authority than the installed one", l.Kind())
	case l.IssuedAt.Before(old.IssuedAt):
		return fault.New(fault.TrustRollback, "%s is of %s, the installed one of %s", l.Kind(), l.IssuedAt.Format(time.RFC3339), old.IssuedAt.Format(time.RFC3339))
	}
	return nil
}
