package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"kazashi/transport/api"
)

// valueText shows the value of an element as the socket carries it: text and
// numbers as they are, a byte string by its kind and size.
func valueText(l language, raw json.RawMessage) string {
	if raw == nil {
		return phrase{"(表示できない)", "(cannot be shown)"}.in(l)
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var truth bool
	if json.Unmarshal(raw, &truth) == nil {
		if truth {
			return phrase{"はい", "yes"}.in(l)
		}
		return phrase{"いいえ", "no"}.in(l)
	}
	var binary api.Binary
	if json.Unmarshal(raw, &binary) == nil && len(binary.Base64) > 0 {
		return fmt.Sprintf(phrase{"%s、%d バイト", "%s, %d bytes"}.in(l), binary.MediaType, len(binary.Base64))
	}
	return string(bytes.TrimSpace(raw))
}
