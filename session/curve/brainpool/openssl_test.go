package brainpool

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAgainstOpenSSL has both sides make keys, agree with each other and check each
// other's signatures.
func TestAgainstOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl on this machine to compare with")
	}
	for c, v := range map[*Curve]struct {
		id   asn1.ObjectIdentifier
		hash string
	}{
		P256r1(): {asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 7}, "sha256"},
		P320r1(): {asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 9}, "sha384"},
		P384r1(): {asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 11}, "sha384"},
		P512r1(): {asn1.ObjectIdentifier{1, 3, 36, 3, 3, 2, 8, 1, 1, 13}, "sha512"},
	} {
		t.Run(c.String(), func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string) string { return filepath.Join(dir, name) }
			run := func(arguments ...string) []byte {
				t.Helper()
				out, err := exec.CommandContext(t.Context(), "openssl", arguments...).Output()
				if err != nil {
					t.Skipf("openssl %s: %v: it does not have this curve", arguments[0], err)
				}
				return out
			}
			write := func(name string, content []byte) {
				t.Helper()
				if err := os.WriteFile(file(name), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run("ecparam", "-name", c.String(), "-genkey", "-noout", "-out", file("theirs"))
			theirs := spki(t, run("pkey", "-in", file("theirs"), "-pubout", "-outform", "DER"))
			public, err := c.ParsePublicKey(theirs)
			if err != nil {
				t.Fatal(err)
			}

			ours := generate(t, c)
			parameters, _ := asn1.Marshal(v.id)
			der, err := asn1.Marshal(subjectPublicKeyInfo{
				Algorithm: pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, Parameters: asn1.RawValue{FullBytes: parameters}},
				Key:       asn1.BitString{Bytes: ours.PublicKey().Bytes(), BitLength: 8 * len(ours.PublicKey().Bytes())},
			})
			if err != nil {
				t.Fatal(err)
			}
			write("ours", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
			secret, err := ours.ECDH(public)
			if err != nil {
				t.Fatal(err)
			}
			if theirs := run("pkeyutl", "-derive", "-inkey", file("theirs"), "-peerkey", file("ours")); string(theirs) != string(secret) {
				t.Errorf("shared secrets %x and %x", secret, theirs)
			}

			message := []byte("what both of them sign")
			write("message", message)
			digest := run("dgst", "-"+v.hash, "-binary", file("message"))
			if signature := run("dgst", "-"+v.hash, "-sign", file("theirs"), file("message")); !public.VerifyASN1(digest, signature) {
				t.Error("a signature of OpenSSL does not verify")
			}
			signature, err := ours.Sign(nil, digest, nil)
			if err != nil {
				t.Fatal(err)
			}
			write("signature", signature)
			verify := exec.CommandContext(t.Context(), "openssl", "dgst", "-"+v.hash, "-verify", file("ours"), "-signature", file("signature"), file("message"))
			if out, err := verify.CombinedOutput(); err != nil {
				t.Errorf("OpenSSL does not take our signature: %s", out)
			}
		})
	}
}

type subjectPublicKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString
}

func spki(t *testing.T, der []byte) []byte {
	t.Helper()
	var info subjectPublicKeyInfo
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		t.Fatal(err)
	}
	return info.Key.Bytes
}
