package api

// A Profile is what may be asked in a presentation.
type Profile struct {
	Name  string         `json:"name"`
	Title Text           `json:"title"`
	Asked []AskedElement `json:"asked"`
	// Evidence tells that claims hold [Evidence].
	Evidence bool `json:"evidence,omitempty"`
	// Usable is false when no trust anchor stands behind a docType of the profile:
	// it can be armed, but nobody could be verified.
	Usable bool `json:"usable"`
}

// Profiles is the list of profiles, by name.
type Profiles struct {
	Profiles []Profile `json:"profiles"`
}
