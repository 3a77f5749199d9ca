package brainpool

import (
	"crypto/subtle"

	"filippo.io/bigmod"
)

// A point is in projective coordinates: (x/z, y/z), and infinity where z is zero.
type point struct{ x, y, z *bigmod.Nat }

func (c *Curve) zero() *bigmod.Nat { return bigmod.NewNat().ExpandFor(c.p) }

func (c *Curve) one() *bigmod.Nat { return bigmod.NewNat().SetUint(1).ExpandFor(c.p) }

func (c *Curve) infinity() point { return point{c.zero(), c.one(), c.zero()} }

// set makes x hold the value of y. Both have the size of the same modulus.
func set(x, y *bigmod.Nat) *bigmod.Nat {
	copy(x.Bits(), y.Bits())
	return x
}

// rightHand returns x³ + ax + b.
func (c *Curve) rightHand(x *bigmod.Nat) *bigmod.Nat {
	return set(c.zero(), x).Mul(x, c.p).Add(c.a, c.p).Mul(x, c.p).Add(c.b, c.p)
}

func (c *Curve) contains(x, y *bigmod.Nat) bool {
	square := set(c.zero(), y).Mul(y, c.p)
	return square.Equal(c.rightHand(x)) == 1
}

// affine returns the coordinates of a point, and false for infinity.
func (c *Curve) affine(p point) (x, y []byte, ok bool) {
	if p.z.IsZero() == 1 {
		return nil, nil, false
	}
	inverse := c.zero().Exp(p.z, c.invertP, c.p)
	x = set(c.zero(), p.x).Mul(inverse, c.p).Bytes(c.p)
	y = set(c.zero(), p.y).Mul(inverse, c.p).Bytes(c.p)
	return x, y, true
}

// An adder adds points. It keeps the memory of the numbers on the way.
type adder struct {
	c                          *Curve
	t0, t1, t2, t3, t4, t5, t6 *bigmod.Nat
	sum                        point
}

func (c *Curve) newAdder() *adder {
	return &adder{
		c: c, t0: c.zero(), t1: c.zero(), t2: c.zero(), t3: c.zero(), t4: c.zero(), t5: c.zero(), t6: c.zero(),
		sum: c.infinity(),
	}
}

func (s *adder) mul(dst, a, b *bigmod.Nat) {
	if dst == b {
		a, b = b, a
	}
	set(dst, a).Mul(b, s.c.p)
}

func (s *adder) add(dst, a, b *bigmod.Nat) {
	if dst == b {
		a, b = b, a
	}
	set(dst, a).Add(b, s.c.p)
}

// sub subtracts b from a; dst is not b.
func (s *adder) sub(dst, a, b *bigmod.Nat) { set(dst, a).Sub(b, s.c.p) }

// addTo adds q to p. They may be the same point, each other's negatives, or
// infinity: algorithm 1 of Renes, Costello and Batina is complete on curves whose
// order is odd.
func (s *adder) addTo(p *point, q point) {
	a, b3 := s.c.a, s.c.b3
	t0, t1, t2, t3, t4, t5, t6 := s.t0, s.t1, s.t2, s.t3, s.t4, s.t5, s.t6
	x, y, z := s.sum.x, s.sum.y, s.sum.z

	s.mul(t0, p.x, q.x)
	s.mul(t1, p.y, q.y)
	s.mul(t2, p.z, q.z)

	s.add(t3, p.x, p.y) // t3 = x₁y₂ + x₂y₁
	s.add(t4, q.x, q.y)
	s.mul(t3, t3, t4)
	s.add(t4, t0, t1)
	s.sub(t3, t3, t4)
	s.add(t4, p.x, p.z) // t4 = x₁z₂ + x₂z₁
	s.add(t5, q.x, q.z)
	s.mul(t4, t4, t5)
	s.add(t5, t0, t2)
	s.sub(t4, t4, t5)
	s.add(t5, p.y, p.z) // t5 = y₁z₂ + y₂z₁
	s.add(x, q.y, q.z)
	s.mul(t5, t5, x)
	s.add(x, t1, t2)
	s.sub(t5, t5, x)

	s.mul(z, a, t4)
	s.mul(x, b3, t2)
	s.add(z, z, x)
	s.sub(x, t1, z)
	s.add(z, t1, z)
	s.mul(y, x, z)
	s.add(t1, t0, t0)
	s.add(t1, t1, t0)
	s.mul(t2, a, t2)
	s.mul(t4, b3, t4)
	s.add(t1, t1, t2)
	s.sub(t6, t0, t2)
	s.mul(t6, a, t6)
	s.add(t4, t4, t6)
	s.mul(t0, t1, t4)
	s.add(y, y, t0)
	s.mul(t0, t5, t4)
	s.mul(x, t3, x)
	s.sub(x, x, t0)
	s.mul(t0, t3, t1)
	s.mul(z, t5, z)
	s.add(z, z, t0)

	*p, s.sum = s.sum, *p
}

// A table holds the multiples of a point from 0 to 15.
type table [16]point

func (c *Curve) multiples(p point) *table {
	s, t := c.newAdder(), new(table)
	t[0] = c.infinity()
	for i := 1; i < len(t); i++ {
		t[i] = point{set(c.zero(), t[i-1].x), set(c.zero(), t[i-1].y), set(c.zero(), t[i-1].z)}
		s.addTo(&t[i], p)
	}
	return t
}

// lookUp makes p the multiple with that number. It reads all of them.
func (t *table) lookUp(p point, number byte) {
	clear(p.x.Bits())
	clear(p.y.Bits())
	clear(p.z.Bits())
	for i := range t {
		mask := -uint(subtle.ConstantTimeByteEq(byte(i), number))
		for _, pair := range [3][2]*bigmod.Nat{{p.x, t[i].x}, {p.y, t[i].y}, {p.z, t[i].z}} {
			to := pair[0].Bits()
			for j, limb := range pair[1].Bits() {
				to[j] |= limb & mask
			}
		}
	}
}

// A term is a scalar, big-endian and of the curve's size, times a point.
type term struct {
	scalar []byte
	point  *table
}

// combine returns the sum of terms.
func (c *Curve) combine(terms ...term) point {
	s, sum, multiple := c.newAdder(), c.infinity(), c.infinity()
	for i := range 2 * c.size {
		if i > 0 {
			for range 4 {
				s.addTo(&sum, sum)
			}
		}
		for _, t := range terms {
			digit := t.scalar[i/2] >> 4
			if i%2 == 1 {
				digit = t.scalar[i/2] & 15
			}
			t.point.lookUp(multiple, digit)
			s.addTo(&sum, multiple)
		}
	}
	return sum
}
