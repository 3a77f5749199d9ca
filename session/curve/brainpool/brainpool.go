// Package brainpool has the elliptic curves of RFC 5639 that ISO/IEC 18013-5
// names, brainpoolP256r1, P320r1, P384r1 and P512r1, for ECDH and ECDSA.
//
// The standard library has none of them, and the Go packages that do lack
// P320r1 and calculate with math/big, whose time depends on the numbers. Here one
// code serves all four: the complete addition formulas of Renes, Costello and
// Batina (2016, algorithm 1), which hold for every pair of points and so need no
// branch, over the modular arithmetic of crypto/rsa (filippo.io/bigmod). Scalar
// multiplication, signing and ECDH take the same steps and touch the same memory
// whatever the key is; what is left is what the compiler and the processor make
// of it, which nobody has measured here. A phone that tries to learn a terminal's
// ephemeral key by its timing has one use of that key to do so.
//
// One operation takes one to two milliseconds on P256r1 and about six on P512r1,
// some twenty and a hundred times as long as on the P-256 of the standard library,
// and little beside the air time of a tap.
package brainpool

import (
	"encoding/hex"
	"errors"
	"slices"
	"sync"

	"filippo.io/bigmod"
)

// What can be wrong with a key.
var (
	// ErrPoint means that coordinates have the wrong length, are not below the
	// prime, or are those of no point of the curve.
	ErrPoint = errors.New("no point of the curve")
	// ErrScalar means that a private key has the wrong length, is zero, or is not
	// below the order.
	ErrScalar = errors.New("no scalar of the curve")
	// ErrCurve means that two keys lie on different curves.
	ErrCurve = errors.New("keys on different curves")
)

// A Curve is one of the four curves. There is one value of each, so that they can
// be compared with ==.
type Curve struct {
	name string
	size int
	p, n *bigmod.Modulus
	// The coefficients of y² = x³ + ax + b, and 3b.
	a, b, b3 *bigmod.Nat
	base     *table // multiples of the generator
	// Exponents: p-2 and n-2 invert, (p+1)/4 takes roots, as p is 3 modulo 4.
	invertP, invertN, rootP []byte
}

// P256r1 returns brainpoolP256r1, RFC 5639, clause 3.4.
func P256r1() *Curve { return p256r1() }

// P320r1 returns brainpoolP320r1, RFC 5639, clause 3.5.
func P320r1() *Curve { return p320r1() }

// P384r1 returns brainpoolP384r1, RFC 5639, clause 3.6.
func P384r1() *Curve { return p384r1() }

// P512r1 returns brainpoolP512r1, RFC 5639, clause 3.7.
func P512r1() *Curve { return p512r1() }

// String returns the curve's name as the RFC writes it.
func (c *Curve) String() string { return c.name }

// Size returns the length in bytes of a coordinate, a scalar and a shared secret:
// 32, 40, 48 or 64.
func (c *Curve) Size() int { return c.size }

var p256r1 = sync.OnceValue(func() *Curve {
	return newCurve("brainpoolP256r1",
		"A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377",
		"7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9",
		"26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6",
		"8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262",
		"547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997",
		"A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7")
})

var p320r1 = sync.OnceValue(func() *Curve {
	return newCurve("brainpoolP320r1",
		"D35E472036BC4FB7E13C785ED201E065F98FCFA6F6F40DEF4F92B9EC7893EC28FCD412B1F1B32E27",
		"3EE30B568FBAB0F883CCEBD46D3F3BB8A2A73513F5EB79DA66190EB085FFA9F492F375A97D860EB4",
		"520883949DFDBC42D3AD198640688A6FE13F41349554B49ACC31DCCD884539816F5EB4AC8FB1F1A6",
		"43BD7E9AFB53D8B85289BCC48EE5BFE6F20137D10A087EB6E7871E2A10A599C710AF8D0D39E20611",
		"14FDD05545EC1CC8AB4093247F77275E0743FFED117182EAA9C77877AAAC6AC7D35245D1692E8EE1",
		"D35E472036BC4FB7E13C785ED201E065F98FCFA5B68F12A32D482EC7EE8658E98691555B44C59311")
})

var p384r1 = sync.OnceValue(func() *Curve {
	return newCurve("brainpoolP384r1",
		"8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53",
		"7BC382C63D8C150C3C72080ACE05AFA0C2BEA28E4FB22787139165EFBA91F90F8AA5814A503AD4EB04A8C7DD22CE2826",
		"04A8C7DD22CE28268B39B55416F0447C2FB77DE107DCD2A62E880EA53EEB62D57CB4390295DBC9943AB78696FA504C11",
		"1D1C64F068CF45FFA2A63A81B7C13F6B8847A3E77EF14FE3DB7FCAFE0CBD10E8E826E03436D646AAEF87B2E247D4AF1E",
		"8ABE1D7520F9C2A45CB1EB8E95CFD55262B70B29FEEC5864E19C054FF99129280E4646217791811142820341263C5315",
		"8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B31F166E6CAC0425A7CF3AB6AF6B7FC3103B883202E9046565")
})

var p512r1 = sync.OnceValue(func() *Curve {
	return newCurve("brainpoolP512r1",
		"AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA703308717D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3",
		"7830A3318B603B89E2327145AC234CC594CBDD8D3DF91610A83441CAEA9863BC2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CA",
		"3DF91610A83441CAEA9863BC2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CADC083E67984050B75EBAE5DD2809BD638016F723",
		"81AEE4BDD82ED9645A21322E9C4C6A9385ED9F70B5D916C1B43B62EEF4D0098EFF3B1F78E2D0D48D50D1687B93B97D5F7C6D5047406A5E688B352209BCB9F822",
		"7DDE385D566332ECC0EABFA9CF7822FDF209F70024A57B1AA000C55B881F8111B2DCDE494A5F485E5BCA4BD88A2763AED1CA2B2FA8F0540678CD1E0F3AD80892",
		"AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330870553E5C414CA92619418661197FAC10471DB1D381085DDADDB58796829CA90069")
})

// newCurve builds a curve of constants. That they are well-formed is for the tests.
func newCurve(name, p, a, b, x, y, n string) *Curve {
	constant := func(text string) []byte {
		raw, err := hex.DecodeString(text)
		if err != nil {
			panic("brainpool: constant is not hex")
		}
		return raw
	}
	modulus := func(raw []byte) *bigmod.Modulus {
		m, err := bigmod.NewModulus(raw)
		if err != nil {
			panic("brainpool: constant is no modulus")
		}
		return m
	}
	rawP, rawN := constant(p), constant(n)
	c := &Curve{
		name: name, size: len(rawP), p: modulus(rawP), n: modulus(rawN),
		invertP: lessTwo(rawP), invertN: lessTwo(rawN), rootP: quarter(rawP),
	}
	element := func(text string) *bigmod.Nat {
		e, err := bigmod.NewNat().SetBytes(constant(text), c.p)
		if err != nil {
			panic("brainpool: constant is not below its prime")
		}
		return e
	}
	c.a, c.b, c.b3 = element(a), element(b), element(b)
	c.b3.Add(c.b, c.p).Add(c.b, c.p)
	c.base = c.multiples(point{element(x), element(y), c.one()})
	return c
}

// lessTwo returns m-2 for an odd m that does not end in 01.
func lessTwo(m []byte) []byte {
	out := slices.Clone(m)
	out[len(out)-1] -= 2
	return out
}

// quarter returns (p+1)/4 for a p that is 3 modulo 4, which is p/4 rounded down
// and one more.
func quarter(p []byte) []byte {
	out := slices.Clone(p)
	for i := len(out) - 1; i > 0; i-- {
		out[i] = out[i]>>2 | out[i-1]<<6
	}
	out[0] >>= 2
	for i := len(out) - 1; ; i-- {
		if out[i]++; out[i] != 0 {
			return out
		}
	}
}
