package cose

import (
	"crypto/elliptic"
	"errors"
	"testing"

	gocose "github.com/veraison/go-cose"
)

func TestF32_X5ChainForms(t *testing.T) {
	key := ecKey(t, elliptic.P256())
	one := []byte{0x30, 0x00}
	cases := []struct {
		name  string
		chain any
		want  error
		count int
	}{
		{"one", one, nil, 1},
		{"array of one", []any{one}, nil, 1},
		{"array of four", []any{one, one, one, one}, nil, 4},
		{"array of five", []any{one, one, one, one, one}, ErrChain, 0},
		{"empty array", []any{}, ErrChain, 0},
		{"empty bytes", []byte{}, ErrChain, 0},
		{"array with empty bytes", []any{one, []byte{}}, ErrChain, 0},
		{"array with null", []any{one, nil}, ErrChain, 0},
		{"array in an array", []any{[]any{one}}, ErrChain, 0},
		{"text", "0\x00", ErrChain, 0},
		{"number", 3, ErrChain, 0},
		{"null", nil, ErrChain, 0},
		{"map", map[int]int{}, ErrChain, 0},
		{"certificate of 64 KiB", make([]byte, 64<<10), ErrChain, 0},
		{"certificate of 8 KiB", make([]byte, 8<<10), nil, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, where := range []string{"unprotected", "protected"} {
				protected, unprotected := map[any]any{1: -7}, map[any]any{}
				if where == "protected" {
					protected[33] = c.chain
				} else {
					unprotected[33] = c.chain
				}
				s, err := ParseSign1(forge(t, key, gocose.AlgorithmES256, protected, unprotected, []byte("payload")))
				if err != nil {
					t.Fatal(err)
				}
				chain, err := s.X5Chain()
				if !errors.Is(err, c.want) || len(chain) != c.count {
					t.Errorf("%s: %d certificates, %v, want %d, %v", where, len(chain), err, c.count, c.want)
				}
			}
		})
	}
	t.Run("in both headers", func(t *testing.T) {
		s, err := ParseSign1(forge(t, key, gocose.AlgorithmES256, map[any]any{1: -7, 33: one}, map[any]any{33: one}, []byte("p")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.X5Chain(); !errors.Is(err, ErrChain) {
			t.Errorf("got %v", err)
		}
	})
}
