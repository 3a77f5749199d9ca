package api

import "time"

// Trust is what verification rests on.
type Trust struct {
	Specimen bool          `json:"specimen"`
	LoadedAt time.Time     `json:"loaded_at"`
	Anchors  []TrustAnchor `json:"anchors"`
}

// A TrustAnchor is one IACA certificate (ISO/IEC 18013-5, Annex B.1.2).
type TrustAnchor struct {
	Country     string    `json:"country"`
	CommonName  string    `json:"common_name"`
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the certificate, lower-case hex
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	// DocTypes are those the anchor may stand behind; empty is any.
	DocTypes []string `json:"doc_types"`
	Specimen bool     `json:"specimen"`
}

// A TrustSummary is trust in three numbers.
type TrustSummary struct {
	Anchors  int        `json:"anchors"`
	Specimen int        `json:"specimen"`           // how many of them are specimens
	NextEnd  *time.Time `json:"next_end,omitempty"` // when the first anchor expires
}
