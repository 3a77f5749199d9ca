package main

import (
	"testing"

	"github.com/spf13/pflag"
)

// A flag that the Japanese page leaves in English, or one that it still has, is
// somebody's oversight.
func TestEveryFlagHasAJapaneseText(t *testing.T) {
	p := pages()
	cmd := p.New()
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := p.Flags[f.Name]; !ok && !f.Hidden {
			t.Errorf("--%s has none", f.Name)
		}
	})
	for name := range p.Flags {
		if cmd.Flags().Lookup(name) == nil {
			t.Errorf("--%s is no flag", name)
		}
	}
}
