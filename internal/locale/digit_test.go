package locale

import "testing"

func TestDigit_readsThoseOfOtherScripts(t *testing.T) {
	t.Parallel()
	for text, want := range map[rune]byte{'0': 0, '9': 9, '٣': 3, '۴': 4, '५': 5, '６': 6} {
		if got, ok := Digit(text); !ok || got != want {
			t.Errorf("%c is %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, r := range "a- /:²①" {
		if got, ok := Digit(r); ok {
			t.Errorf("%c is %d", r, got)
		}
	}
}
