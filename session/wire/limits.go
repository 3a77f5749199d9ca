package wire

// Limits bound one kind of message.
type Limits struct {
	Bytes int // of the whole message
	Depth int // of arrays, maps and tags inside each other, at most 16
	Items int // of one array, at most 4096
	Pairs int // of one map, at most 4096
}

// What the library below is told; no Limits may be wider.
const (
	maxDepth = 16
	maxCount = 4096
)

// The kinds of messages. Each holds several times what phones of today send.
var (
	// EngagementLimits are for DeviceEngagement, as NFC or a QR code carries it.
	EngagementLimits = Limits{Bytes: 4 << 10, Depth: 8, Items: 32, Pairs: 32}
	// KeyLimits are for one COSE_Key.
	KeyLimits = Limits{Bytes: 1 << 10, Depth: 2, Items: 1, Pairs: 16}
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
)

// clamped returns l with no bound wider than what the package stands for.
func (l Limits) clamped() Limits {
	l.Depth = min(l.Depth, maxDepth)
	l.Items = min(l.Items, maxCount)
	l.Pairs = min(l.Pairs, maxCount)
	return l
}
