package wire

// Limits bound one kind of message.
type Limits struct {
	Bytes int // of the whole message
	Depth int // of arrays, maps and tags inside each other, at most 16
	Items int // of one array, at most 65536
	Pairs int // of one map, at most 65536
	// BigNumbers lets tags 2 and 3 stand in the message, unread: only as Raw.
	BigNumbers bool
}

// What the library below is told; no Limits may be wider.
const (
	maxDepth = 16
	maxCount = 1 << 16
)

// The kinds of messages. Each holds several times what phones of today send.
var (
	// EngagementLimits are for DeviceEngagement, as NFC or a QR code carries it.
	EngagementLimits = Limits{Bytes: 4 << 10, Depth: 8, Items: 32, Pairs: 32}
	// KeyLimits are for one COSE_Key, whose key_ops are an array of a few.
	KeyLimits = Limits{Bytes: 1 << 10, Depth: 4, Items: 16, Pairs: 16}
	// SessionLimits are for SessionEstablishment and SessionData: a header around
	// an encrypted message.
	SessionLimits = Limits{Bytes: 1<<20 + 4<<10, Depth: 4, Items: 16, Pairs: 16}
	// TranscriptLimits are for SessionTranscript in both of its forms.
	TranscriptLimits = Limits{Bytes: 64 << 10, Depth: 8, Items: 16, Pairs: 16}
	// RequestLimits are for DeviceRequest, which a holder reads.
	RequestLimits = Limits{Bytes: 256 << 10, Depth: 16, Items: 64, Pairs: 256}
	// ResponseLimits are for the decrypted DeviceResponse.
	ResponseLimits = Limits{Bytes: 1 << 20, Depth: 16, Items: 1024, Pairs: 256}
	// ItemLimits are for one IssuerSignedItem with its element value.
	ItemLimits = Limits{Bytes: 1 << 20, Depth: 16, Items: 1024, Pairs: 256}
	// MSOLimits are for MobileSecurityObject, which may list hundreds of digests.
	MSOLimits = Limits{Bytes: 512 << 10, Depth: 10, Items: 1024, Pairs: 4096}
	// HeaderLimits are for COSE messages and their headers: certificates inside,
	// and in a COSE_Sign1 an MSO as its payload.
	HeaderLimits = Limits{Bytes: 768 << 10, Depth: 8, Items: 32, Pairs: 32}
	// VICALLimits are for a VICAL (Annex C) and each of its entries. It lists every
	// IACA of a continent, and their serial numbers are big numbers.
	VICALLimits = Limits{Bytes: 8 << 20, Depth: 12, Items: 4096, Pairs: 256, BigNumbers: true}
	// StatusLimits are for a status or identifier list, a CWT: one compressed byte
	// string, or a map of identifiers.
	StatusLimits = Limits{Bytes: 8 << 20, Depth: 8, Items: 64, Pairs: 1 << 16}
)

// clamped returns l with no bound wider than what the package stands for.
func (l Limits) clamped() Limits {
	l.Depth = min(l.Depth, maxDepth)
	l.Items = min(l.Items, maxCount)
	l.Pairs = min(l.Pairs, maxCount)
	return l
}
