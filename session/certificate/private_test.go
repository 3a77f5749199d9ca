package certificate

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"
	"golang.org/x/crypto/cryptobyte"

	"kazashi/session/curve/brainpool"
	"kazashi/session/curve/x448"
)

// privateKeys returns a fresh one of each kind, by name.
func privateKeys(t testing.TB) map[string]crypto.PrivateKey {
	t.Helper()
	keys := map[string]crypto.PrivateKey{}
	add := func(name string, key crypto.PrivateKey, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	nist, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	add("P-256", nist, err)
	for _, c := range []*brainpool.Curve{brainpool.P256r1(), brainpool.P320r1(), brainpool.P384r1(), brainpool.P512r1()} {
		key, err := c.GenerateKey()
		add(c.String(), key, err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	add("Ed25519", edwards, err)
	_, long, err := ed448.GenerateKey(rand.Reader)
	add("Ed448", long, err)
	montgomery, err := ecdh.X25519().GenerateKey(rand.Reader)
	add("X25519", montgomery, err)
	goldilocks, err := x448.GenerateKey()
	add("X448", goldilocks, err)
	return keys
}

func TestPKCS8_RoundTrip(t *testing.T) {
	for name, key := range privateKeys(t) {
		der, err := MarshalPKCS8(key)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, err := ParsePKCS8(der)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !back.(interface{ Equal(crypto.PrivateKey) bool }).Equal(key) {
			t.Errorf("%s: another key", name)
		}
		for n := range der {
			if key, err := ParsePKCS8(der[:n]); err == nil || key != nil {
				t.Fatalf("%s: %d bytes of %d are a key", name, n, len(der))
			}
		}
		if _, err := ParsePKCS8(append(der, 0)); err == nil {
			t.Errorf("%s: a byte behind it", name)
		}
	}
}

// Keys as another program writes them, in both forms.
func TestPrivateKeys_OfOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl on this machine to make keys")
	}
	openssl := func(arguments ...string) []byte {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "openssl", arguments...).Output()
		if err != nil {
			t.Skipf("openssl %s: %v", arguments[0], err)
		}
		return out
	}
	block := func(text []byte) *pem.Block {
		t.Helper()
		for b, rest := pem.Decode(text); b != nil; b, rest = pem.Decode(rest) {
			if b.Type != "EC PARAMETERS" {
				return b
			}
		}
		t.Fatal("no PEM")
		return nil
	}
	for _, name := range []string{"brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1"} {
		file := filepath.Join(t.TempDir(), "key.pem")
		openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:"+name, "-out", file)
		key, err := ParsePKCS8(block(openssl("pkey", "-in", file)).Bytes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sec1, err := ParseEC(block(openssl("ec", "-in", file)).Bytes)
		if err != nil {
			t.Errorf("%s, SEC 1: %v", name, err)
			continue
		}
		if !sec1.(*brainpool.PrivateKey).Equal(key) || key.(*brainpool.PrivateKey).PublicKey().Curve().String() != name {
			t.Errorf("%s: another key", name)
		}
		ours, err := marshalPublic(key.(*brainpool.PrivateKey).PublicKey())
		if theirs := block(openssl("pkey", "-in", file, "-pubout")).Bytes; err != nil || string(ours) != string(theirs) {
			t.Errorf("%s: public key %x, %v", name, ours, err)
		}
	}
	for name, size := range map[string]int{"ED448": 57, "X448": 56} {
		file := filepath.Join(t.TempDir(), "key.pem")
		openssl("genpkey", "-algorithm", name, "-out", file)
		key, err := ParsePKCS8(block(openssl("pkey", "-in", file)).Bytes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// The key is the last part of what OpenSSL writes of its public half.
		theirs := block(openssl("pkey", "-in", file, "-pubout")).Bytes
		var ours []byte
		switch k := key.(type) {
		case ed448.PrivateKey:
			ours = k.Public().(ed448.PublicKey)
		case *x448.PrivateKey:
			ours = k.PublicKey().Bytes()
		}
		if len(ours) != size || string(theirs[len(theirs)-size:]) != string(ours) {
			t.Errorf("%s: another key: %x", name, ours)
		}
	}
}

func TestPrivateKeys_Malformed(t *testing.T) {
	curve := brainpool.P256r1()
	key, err := curve.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	// ecKey writes SEC 1 with the curve's name in it.
	ecKey := func(version int64, scalar []byte, named bool) []byte {
		var b cryptobyte.Builder
		b.AddASN1(0x30, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(version)
			b.AddASN1OctetString(scalar)
			if named {
				b.AddASN1(0xa0, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidBrainpoolP256r1) })
			}
		})
		return b.BytesOrPanic()
	}
	if back, err := ParseEC(ecKey(1, key.Bytes(), true)); err != nil || !key.Equal(back) {
		t.Fatalf("sound: %v", err)
	}
	for name, der := range map[string][]byte{
		"another version": ecKey(2, key.Bytes(), true), "curve not named": ecKey(1, key.Bytes(), false),
		"zero": ecKey(1, make([]byte, 32), true), "short": ecKey(1, key.Bytes()[:31], true), "nothing": nil,
	} {
		if key, err := ParseEC(der); err == nil || key != nil {
			t.Errorf("%s: %v", name, key)
		}
	}
}
