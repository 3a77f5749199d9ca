package specimen

import (
	"crypto/elliptic"
	"testing"
	"time"

	"kazashi/session/fault"
	"kazashi/session/mdoc"
	"kazashi/session/trust"
)

// A technician who tried the virtual phone may leave its authority among the real
// ones. Its key lies beside it, so it must count for nothing there.
func TestSpecimenAuthorityAmongRealAnchors(t *testing.T) {
	now := time.Now()
	pki, err := NewPKI(elliptic.P256(), now)
	if err != nil {
		t.Fatal(err)
	}
	anchors := []trust.Anchor{{Certificate: pki.IACA.Certificate}} // as a file gives it, without the mark
	chain := [][]byte{pki.DS.Certificate.Raw}
	_, err = trust.NewStore(anchors, trust.Options{}).Path(chain, mdoc.DocTypeDrivingLicence, now)
	if fault.CodeOf(err) != fault.SpecimenAnchor {
		t.Errorf("outside specimen mode: %v, want %s", err, fault.SpecimenAnchor)
	}
	path, err := trust.NewStore(anchors, trust.Options{AcceptSpecimen: true}).Path(chain, mdoc.DocTypeDrivingLicence, now)
	if err != nil || !path.Anchor.Specimen {
		t.Errorf("in specimen mode: %+v, %v, want a specimen path", path, err)
	}
}
