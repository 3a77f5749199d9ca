package api

import "time"

// Trust is what verification rests on.
type Trust struct {
	Specimen bool          `json:"specimen"`
	LoadedAt time.Time     `json:"loaded_at"`
	Anchors  []TrustAnchor `json:"anchors"`
	// Lists are the VICALs, CRLs and status lists in force.
	Lists []TrustList `json:"lists,omitempty"`
}

// A TrustList is a VICAL, a CRL, a status list or an identifier list.
type TrustList struct {
	Kind    string `json:"kind"` // "vical", "crl", "status list" or "identifier list"
	Of      string `json:"of"`   // provider, issuer or address
	Entries int    `json:"entries"`
	// IssuedAt and NextUpdate are the list's own; a VICAL need not say the latter.
	IssuedAt   time.Time  `json:"issued_at"`
	NextUpdate *time.Time `json:"next_update,omitempty"`
	Fresh      bool       `json:"fresh"` // its next update lies ahead
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
	// Source is the name of the file that it stands in, or the VICAL.
	Source string `json:"source,omitempty"`
}

// A TrustSummary is trust in three numbers.
type TrustSummary struct {
	Anchors  int        `json:"anchors"`
	Specimen int        `json:"specimen"`           // how many of them are specimens
	NextEnd  *time.Time `json:"next_end,omitempty"` // when the first anchor expires
}
