package ui

import (
	"slices"
	"testing"
)

// FuzzMatch: whatever languages are asked for, the page has one of ours.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"", "de", "de-AT,de;q=0.9,en;q=0.1", "x-klingon", "*", "en;q=2", "zh-Hant-TW", "a-b-c-d", ";", "de;q=", "i-default"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, asked, accepted string) {
		if l := Match(nil, []string{asked}, accepted); !slices.Contains(Locales(), l.Lang()) {
			t.Errorf("%q, %q: %q", asked, accepted, l.Lang())
		}
	})
}
