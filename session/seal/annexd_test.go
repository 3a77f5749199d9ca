package seal

import (
	"bytes"
	"crypto/ecdh"
	"testing"

	"kazashi/reader/vectors"
	"kazashi/session/cose"
	"kazashi/session/wire"
)

func privateOf(t *testing.T, scalar []byte) *Private {
	t.Helper()
	key, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		t.Fatal(err)
	}
	p, err := FromECDH(key)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not the standard's:\n got %x\nwant %x", what, got, want)
	}
}

func TestAnnexD(t *testing.T) {
	value := vectors.AnnexD(t)
	reader, device := privateOf(t, value("eReaderKey_d")), privateOf(t, value("eDeviceKey_d"))
	transcript := wire.Embedded(value("sessionTranscriptBytes")).Content()

	toDevice, err := reader.Agree(device.Public())
	if err != nil {
		t.Fatal(err)
	}
	toReader, err := device.Agree(reader.Public())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Z of the reader", toDevice, value("SKReader_Zab"))
	same(t, "Z of the device", toReader, value("SKDevice_Zab"))
	for info, name := range map[string]string{infoReader: "SKReader_key", infoDevice: "SKDevice_key"} {
		key, err := derive(toDevice, transcript, info)
		if err != nil {
			t.Fatal(err)
		}
		same(t, info, key, value(name))
	}

	establishment, err := ParseSessionEstablishment(value("sessionEstablishment"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "eReaderKey", establishment.EReaderKey.Content(), reader.COSE())
	eReaderKey, err := ParsePublic(establishment.EReaderKey.Content())
	if err != nil {
		t.Fatal(err)
	}
	phone, err := NewDevice(device, eReaderKey, transcript)
	if err != nil {
		t.Fatal(err)
	}
	request, err := phone.Open(establishment.Data)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "device request", request, value("deviceRequest"))

	terminal, err := NewReader(reader, device.Public(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := terminal.Seal(request)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EncodeSessionEstablishment(reader.COSE(), sealed)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "session establishment", again, value("sessionEstablishment"))

	answer, err := ParseSessionData(value("sessionData"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := terminal.Open(answer.Data)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "device response", response, value("deviceResponse"))
	if sealed, err = phone.Seal(response); err != nil {
		t.Fatal(err)
	}
	if again, err = EncodeSessionData(SessionData{Data: sealed}); err != nil {
		t.Fatal(err)
	}
	same(t, "session data", again, value("sessionData"))
	same(t, "termination", EncodeStatus(StatusTermination), value("sessionTermination"))
}

func TestAnnexDDeviceMAC(t *testing.T) {
	value := vectors.AnnexD(t)
	transcript := wire.Embedded(value("sessionTranscriptBytes")).Content()
	key, err := privateOf(t, value("eReaderKey_d")).MACKey(privateOf(t, value("sDeviceKey_d")).Public(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	other, err := privateOf(t, value("sDeviceKey_d")).MACKey(privateOf(t, value("eReaderKey_d")).Public(), transcript)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "EMacKey of the other side", other, key)

	var auth struct {
		MAC wire.Raw `cbor:"deviceMac"`
	}
	if err := wire.Unmarshal(value("deviceAuth"), &auth, wire.HeaderLimits); err != nil {
		t.Fatal(err)
	}
	mac, err := cose.ParseMac0(auth.MAC)
	if err != nil {
		t.Fatal(err)
	}
	docType, err := wire.Marshal("org.iso.18013.5.1.mDL")
	if err != nil {
		t.Fatal(err)
	}
	authentication := append([]byte{0x84, 0x74}, "DeviceAuthentication"...)
	authentication = append(append(authentication, transcript...), docType...)
	authentication = append(authentication, wire.Embed([]byte{0xa0})...)
	if err := mac.VerifyDetached(key, wire.Embed(authentication)); err != nil {
		t.Errorf("device MAC under EMacKey: %v", err)
	}
}
