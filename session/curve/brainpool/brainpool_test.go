package brainpool

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

var all = []*Curve{P256r1(), P320r1(), P384r1(), P512r1()}

var _ crypto.Signer = (*PrivateKey)(nil)

// A naive is a curve as school has it: affine, in math/big, with all its cases.
type naive struct{ p, a *big.Int }

func (c *Curve) naive() naive {
	return naive{new(big.Int).SetBytes(c.p.Nat().Bytes(c.p)), new(big.Int).SetBytes(c.a.Bytes(c.p))}
}

type affine struct{ x, y *big.Int } // nil for infinity

func (n naive) add(p, q affine) affine {
	if p.x == nil {
		return q
	}
	if q.x == nil {
		return p
	}
	slope, below := new(big.Int), new(big.Int)
	switch {
	case p.x.Cmp(q.x) != 0:
		slope.Sub(q.y, p.y)
		below.Sub(q.x, p.x)
	case p.y.Cmp(q.y) != 0:
		return affine{}
	default:
		slope.Mul(p.x, p.x).Mul(slope, big.NewInt(3)).Add(slope, n.a)
		below.Lsh(p.y, 1)
	}
	slope.Mul(slope, below.ModInverse(below.Mod(below, n.p), n.p)).Mod(slope, n.p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.x).Sub(x, q.x).Mod(x, n.p)
	y := new(big.Int).Sub(p.x, x)
	y.Mul(y, slope).Sub(y, p.y).Mod(y, n.p)
	return affine{x, y}
}

func (n naive) times(k *big.Int, p affine) affine {
	var sum affine
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = n.add(sum, sum)
		if k.Bit(i) == 1 {
			sum = n.add(sum, p)
		}
	}
	return sum
}

func (c *Curve) generator() affine {
	x, y, _ := c.affine(c.base[1])
	return affine{new(big.Int).SetBytes(x), new(big.Int).SetBytes(y)}
}

func same(t rapid.TB, c *Curve, got point, want affine) {
	t.Helper()
	x, y, ok := c.affine(got)
	if !ok || want.x == nil {
		if ok || want.x != nil {
			t.Fatalf("%s: infinity on one side only", c)
		}
		return
	}
	if new(big.Int).SetBytes(x).Cmp(want.x) != 0 || new(big.Int).SetBytes(y).Cmp(want.y) != 0 {
		t.Fatalf("%s: got (%x, %x), want (%x, %x)", c, x, y, want.x, want.y)
	}
}

// scalars draws small ones and ones next to the order, where sums meet infinity
// and doubling, as often as arbitrary ones.
func scalars(c *Curve) *rapid.Generator[*big.Int] {
	n := new(big.Int).SetBytes(c.n.Nat().Bytes(c.n))
	return rapid.Custom(func(t *rapid.T) *big.Int {
		k := big.NewInt(int64(rapid.IntRange(0, 40).Draw(t, "small")))
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 1:
			k.Sub(n, k)
		case 2:
			k.SetBytes(rapid.SliceOfN(rapid.Byte(), c.size, c.size).Draw(t, "any"))
		}
		return k.Mod(k, n)
	})
}

func TestArithmeticAgainstSchool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(all).Draw(t, "curve")
		school, g := c.naive(), c.generator()
		k, l := scalars(c).Draw(t, "k"), scalars(c).Draw(t, "l")
		bytesOf := func(k *big.Int) []byte { return k.FillBytes(make([]byte, c.size)) }
		kG := c.combine(term{bytesOf(k), c.base})
		wantK, wantL := school.times(k, g), school.times(l, g)
		same(t, c, kG, wantK)
		both := c.combine(term{bytesOf(k), c.base}, term{bytesOf(l), c.base})
		same(t, c, both, school.add(wantK, wantL))
		same(t, c, c.combine(term{bytesOf(l), c.multiples(kG)}), school.times(l, wantK))
	})
}

func TestParameters(t *testing.T) {
	for _, c := range all {
		p, order := c.naive().p, c.n.Nat().Bytes(c.n)
		if !p.ProbablyPrime(20) || p.Bit(1) != 1 || p.BitLen() != 8*c.size {
			t.Errorf("%s: the prime is none, or not 3 modulo 4, or short", c)
		}
		if n := new(big.Int).SetBytes(order); !n.ProbablyPrime(20) || n.BitLen() != 8*c.size {
			t.Errorf("%s: the order is not prime, or short", c)
		}
		x, y, _ := c.affine(c.base[1])
		if _, err := c.NewPublicKey(x, y); err != nil {
			t.Errorf("%s: the generator: %v", c, err)
		}
		if _, _, ok := c.affine(c.combine(term{order, c.base})); ok {
			t.Errorf("%s: the order times the generator is not infinity", c)
		}
	}
}

func generate(t testing.TB, c *Curve) *PrivateKey {
	t.Helper()
	k, err := c.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestF21_HostilePoints(t *testing.T) {
	for _, c := range all {
		k := generate(t, c).PublicKey()
		x, y := k.X(), k.Y()
		p := c.naive().p
		off := bytes.Clone(y)
		off[0] ^= 1
		// x + p is the same number, in a form that is not the one; it fits only where x
		// is small.
		over := new(big.Int).Add(p, big.NewInt(1)).FillBytes(make([]byte, c.size))
		zero := make([]byte, c.size)
		for name, bad := range map[string][2][]byte{
			"off the curve":     {x, off},
			"zero":              {zero, zero},
			"x is the prime":    {p.FillBytes(make([]byte, c.size)), y},
			"x over the prime":  {over, y},
			"y over the prime":  {x, bytes.Repeat([]byte{0xff}, c.size)},
			"x short":           {x[1:], y},
			"y long":            {x, append([]byte{0}, y...)},
			"none":              {nil, nil},
			"swapped":           {y, x},
			"x of another size": {make([]byte, c.size+8), make([]byte, c.size+8)},
		} {
			if key, err := c.NewPublicKey(bad[0], bad[1]); !errors.Is(err, ErrPoint) || key != nil {
				t.Errorf("%s, %s: %v", c, name, err)
			}
		}
		point := k.Bytes()
		for name, bad := range map[string][]byte{
			"infinity": {0}, "empty": nil, "compressed": append([]byte{2}, x...), "hybrid": append([]byte{6}, point[1:]...),
			"cut": point[:len(point)-1], "longer": append(bytes.Clone(point), 0),
		} {
			if _, err := c.ParsePublicKey(bad); !errors.Is(err, ErrPoint) {
				t.Errorf("%s, %s: %v", c, name, err)
			}
		}
		if back, err := c.ParsePublicKey(point); err != nil || !back.Equal(k) {
			t.Errorf("%s: its own point: %v", c, err)
		}
	}
}

func TestCompressedPoints(t *testing.T) {
	for _, c := range all {
		seen := map[bool]bool{}
		for len(seen) < 2 {
			k := generate(t, c).PublicKey()
			y := k.Y()
			odd := y[c.size-1]&1 == 1
			seen[odd] = true
			if got, err := c.NewCompressedPublicKey(k.X(), odd); err != nil || !got.Equal(k) {
				t.Fatalf("%s: %v", c, err)
			}
			if other, err := c.NewCompressedPublicKey(k.X(), !odd); err != nil || other.Equal(k) {
				t.Fatalf("%s: the other root: %v", c, err)
			}
		}
		// Of the numbers in a row, about half are the x of a point.
		points := 0
		for i := range 32 {
			x := make([]byte, c.size)
			x[c.size-1] = byte(i)
			k, err := c.NewCompressedPublicKey(x, true)
			switch {
			case err == nil:
				points++
				if _, err := c.NewPublicKey(k.X(), k.Y()); err != nil {
					t.Errorf("%s: x = %d: %v", c, i, err)
				}
			case !errors.Is(err, ErrPoint):
				t.Errorf("%s: x = %d: %v", c, i, err)
			}
		}
		if points == 0 || points == 32 {
			t.Errorf("%s: %d of 32 are points", c, points)
		}
	}
}

func TestPrivateKeys(t *testing.T) {
	for _, c := range all {
		for name, bad := range map[string][]byte{
			"zero": make([]byte, c.size), "the order": c.n.Nat().Bytes(c.n), "over it": bytes.Repeat([]byte{0xff}, c.size),
			"short": make([]byte, c.size-1), "long": append(make([]byte, c.size), 1), "none": nil,
		} {
			if k, err := c.NewPrivateKey(bad); !errors.Is(err, ErrScalar) || k != nil {
				t.Errorf("%s, %s: %v", c, name, err)
			}
		}
		k := generate(t, c)
		again, err := c.NewPrivateKey(k.Bytes())
		if err != nil || !again.Equal(k) || !again.PublicKey().Equal(k.Public()) || k.Equal(generate(t, c)) || k.Equal(nil) {
			t.Errorf("%s: keys compare wrongly, %v", c, err)
		}
		for _, other := range all {
			if other != c {
				if _, err := k.ECDH(generate(t, other).PublicKey()); !errors.Is(err, ErrCurve) {
					t.Errorf("%s with %s: %v", c, other, err)
				}
			}
		}
		secret := k.scalar
		k.Wipe()
		if !bytes.Equal(secret, make([]byte, c.size)) {
			t.Error("the scalar is still there")
		}
		if _, err := k.ECDH(again.PublicKey()); !errors.Is(err, ErrScalar) {
			t.Errorf("a wiped key agrees: %v", err)
		}
		if _, err := k.Sign(nil, make([]byte, 32), crypto.SHA256); !errors.Is(err, ErrScalar) {
			t.Errorf("a wiped key signs: %v", err)
		}
	}
}

func TestF39_SignatureValues(t *testing.T) {
	digest := sha256.Sum256([]byte("message"))
	for _, c := range all {
		key := generate(t, c)
		public := key.PublicKey()
		signature, err := key.SignRaw(digest[:])
		if err != nil {
			t.Fatal(err)
		}
		n := new(big.Int).SetBytes(c.n.Nat().Bytes(c.n))
		r, s := new(big.Int).SetBytes(signature[:c.size]), new(big.Int).SetBytes(signature[c.size:])
		raw := func(r, s *big.Int) []byte {
			return append(r.FillBytes(make([]byte, c.size)), s.FillBytes(make([]byte, c.size))...)
		}
		zero := new(big.Int)
		for _, v := range []struct {
			name string
			raw  []byte
			ok   bool
		}{
			{"as made", raw(r, s), true},
			{"the other s", raw(r, new(big.Int).Sub(n, s)), true},
			{"r zero", raw(zero, s), false},
			{"s zero", raw(r, zero), false},
			{"both zero", raw(zero, zero), false},
			{"r the order", raw(n, s), false},
			{"s the order", raw(r, n), false},
			{"swapped", raw(s, r), false},
			{"a byte short", signature[1:], false},
			{"a byte long", append(bytes.Clone(signature), 0), false},
			{"none", nil, false},
		} {
			if public.Verify(digest[:], v.raw) != v.ok {
				t.Errorf("%s, %s: %t expected", c, v.name, v.ok)
			}
		}
		if generate(t, c).PublicKey().Verify(digest[:], signature) {
			t.Errorf("%s: another key verifies", c)
		}

		der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil || !public.VerifyASN1(digest[:], der) {
			t.Fatalf("%s: %v", c, err)
		}
		three, _ := asn1.Marshal([]*big.Int{r, s, r})
		negative, _ := asn1.Marshal(pair{new(big.Int).Neg(r), s})
		wide, _ := asn1.Marshal(pair{new(big.Int).Add(r, new(big.Int).Lsh(n, 1)), s})
		for name, bad := range map[string][]byte{
			"three numbers": three, "negative": negative, "over the order": wide, "empty": nil, "raw": signature, "cut": der[:len(der)-1],
		} {
			if public.VerifyASN1(digest[:], bad) {
				t.Errorf("%s, %s: it verifies", c, name)
			}
		}
		if _, err := key.Sign(nil, digest[:5], crypto.SHA256); !errors.Is(err, errHash) {
			t.Errorf("%s: a digest of 5 bytes: %v", c, err)
		}
	}
}

// BenchmarkECDH and BenchmarkVerify stand beside the P curves of the standard
// library, which are written in assembly.
func BenchmarkECDH(b *testing.B) {
	for _, c := range all {
		b.Run(c.String(), func(b *testing.B) {
			ours, theirs := generate(b, c), generate(b, c).PublicKey()
			for b.Loop() {
				if _, err := ours.ECDH(theirs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("floor P-256", func(b *testing.B) {
		ours, _ := ecdh.P256().GenerateKey(rand.Reader)
		theirs, _ := ecdh.P256().GenerateKey(rand.Reader)
		for b.Loop() {
			if _, err := ours.ECDH(theirs.PublicKey()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	digest := make([]byte, 64)
	for _, c := range all {
		b.Run(c.String(), func(b *testing.B) {
			key := generate(b, c)
			signature, err := key.SignRaw(digest)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !key.PublicKey().Verify(digest, signature) {
					b.Fatal("no signature")
				}
			}
		})
	}
	b.Run("floor P-256", func(b *testing.B) {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		signature, _ := ecdsa.SignASN1(rand.Reader, key, digest)
		for b.Loop() {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest, signature) {
				b.Fatal("no signature")
			}
		}
	})
}
