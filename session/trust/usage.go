package trust

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// defaultUsages are those of which a document signer needs one, where nothing else is
// said of its docType.
var defaultUsages = []asn1.ObjectIdentifier{UsageMDLSigner, UsageMDocSigner}

// DefaultUsages returns the extended key usages of which a document signer needs one
// for a docType that Options.SignerUsages does not list.
func DefaultUsages() []asn1.ObjectIdentifier { return slices.Clone(defaultUsages) }

// taken are extended key usages of somebody else: who has one signs no documents.
var taken = []struct {
	arc  asn1.ObjectIdentifier
	whom string
}{
	{usageReader, "a reader"}, {usageMDocReader, "a reader"},
	{usageVICALSigner, "a vical signer"}, {usageListSigner, "a vical signer"},
	{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3}, "the internet's PKI"},
	{asn1.ObjectIdentifier{2, 5, 29, 37}, "anything"},
}

// ParseUsage reads the object identifier of an extended key usage of document
// signers, such as "1.0.18013.5.1.2". It refuses those that are known to be for
// somebody else: of readers, of the signers of VICALs, of servers and clients, and
// anyExtendedKeyUsage.
func ParseUsage(text string) (asn1.ObjectIdentifier, error) {
	var id asn1.ObjectIdentifier
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseInt(part, 10, 32)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != part {
			return nil, fmt.Errorf("%q is no object identifier", text)
		}
		id = append(id, int(n))
	}
	if _, err := asn1.Marshal(id); err != nil {
		return nil, fmt.Errorf("%q is no object identifier", text)
	}
	for _, t := range taken {
		if len(id) >= len(t.arc) && id[:len(t.arc)].Equal(t.arc) {
			return nil, fmt.Errorf("%s is the extended key usage of %s, not of document signers", text, t.whom)
		}
	}
	return id, nil
}
