package specimen

import (
	"crypto"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"kazashi/session/cose"
	"kazashi/session/mdoc"
	"kazashi/session/wire"
)

// randomSize is the length in bytes of the random of an item. The least is 16.
const randomSize = 32

// A Credential is an issued document as it lies on a phone.
type Credential struct {
	DocType    string
	IssuerAuth []byte // untagged COSE_Sign1
	Items      map[string][]mdoc.IssuerSignedItem
	// DeviceKey is what Curve.Generate returns.
	DeviceKey crypto.PrivateKey
}

// Issuing says how a document is issued. Only At is needed.
type Issuing struct {
	At time.Time // the issuer's clock
	// ValidFrom and ValidUntil are the document's dates; from At on for 300 days when zero.
	ValidFrom, ValidUntil time.Time
	// Curve is that of the device key.
	Curve Curve
	// Digest is SHA-256 when zero, or SHA-384 or SHA-512.
	Digest crypto.Hash
	// Status says how the document can be revoked; nil for one that cannot.
	Status *mdoc.Status
}

func (i Issuing) withDefaults() Issuing {
	if i.ValidFrom.IsZero() {
		i.ValidFrom = i.At
	}
	if i.ValidUntil.IsZero() {
		i.ValidUntil = i.At.AddDate(0, 0, 300)
	}
	if i.Digest == 0 {
		i.Digest = crypto.SHA256
	}
	return i
}

// Issue issues a document to a phone with a fresh device key.
func (p *PKI) Issue(d Document, i Issuing) (*Credential, error) {
	i = i.withDefaults()
	key, err := i.Curve.Generate()
	if err != nil {
		return nil, fmt.Errorf("generating the device key: %w", err)
	}
	deviceKey, err := cose.MarshalKey(public(key))
	if err != nil {
		return nil, fmt.Errorf("encoding the device key: %w", err)
	}
	items, digests, err := d.items(i.Digest)
	if err != nil {
		return nil, err
	}
	var status wire.Raw
	if i.Status != nil {
		if status, err = wire.Marshal(i.Status); err != nil {
			return nil, fmt.Errorf("encoding the status: %w", err)
		}
	}
	mso, err := (&mdoc.MobileSecurityObject{
		Version: "1.0", DigestAlgorithm: i.Digest.String(), ValueDigests: digests, DocType: d.DocType,
		DeviceKeyInfo: mdoc.DeviceKeyInfo{DeviceKey: deviceKey}, Status: status,
		ValidityInfo: mdoc.ValidityInfo{
			Signed: wire.TDate(i.At), ValidFrom: wire.TDate(i.ValidFrom), ValidUntil: wire.TDate(i.ValidUntil),
		},
	}).Bytes()
	if err != nil {
		return nil, err
	}
	auth, err := cose.SignAttached(p.DS.Key, mso, p.DS.Certificate.Raw)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return &Credential{DocType: d.DocType, IssuerAuth: auth, Items: items, DeviceKey: key}, nil
}

// items encodes the elements and takes their digests. The digest numbers are
// shuffled, so that their order tells nothing of the elements.
func (d Document) items(hash crypto.Hash) (map[string][]mdoc.IssuerSignedItem, map[string]map[uint32][]byte, error) {
	items := make(map[string][]mdoc.IssuerSignedItem)
	digests := make(map[string]map[uint32][]byte)
	for n, id := range mathrand.Perm(len(d.Elements)) {
		e := d.Elements[n]
		random := make([]byte, randomSize)
		if _, err := rand.Read(random); err != nil {
			return nil, nil, err
		}
		item, err := mdoc.NewIssuerSignedItem(uint32(id), random, e.Identifier, e.Value)
		if err != nil {
			return nil, nil, fmt.Errorf("encoding %s: %w", e.Identifier, err)
		}
		if digests[e.Namespace] == nil {
			digests[e.Namespace] = make(map[uint32][]byte)
		}
		digests[e.Namespace][uint32(id)] = mdoc.NewDigester(hash).Digest(item.Bytes)
		items[e.Namespace] = append(items[e.Namespace], item)
	}
	return items, digests, nil
}
