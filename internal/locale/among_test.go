package locale

import (
	"strings"
	"testing"
)

func TestMatchAmong_offersWhatIsOffered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		offered, asked []string
		accept         string
		want           int
	}{
		{nil, []string{"pl"}, "fr", 2},
		{[]string{"fr", "pl"}, nil, "", 1},
		{[]string{"pl", "fr"}, nil, "en-GB", 2},
		{[]string{"pl", "fr"}, []string{"en", "fr-CA"}, "pl", 1},
		{[]string{"pl", "en"}, []string{"fr"}, "fr, en;q=0.5", 0},
		{[]string{"pl"}, nil, "\x00;;q", 2},
		{[]string{"fr"}, nil, strings.Repeat("pl,", 100), 1},
		{[]string{"xx"}, nil, "", 0},
	} {
		if got := texts.MatchAmong(c.offered, c.asked, c.accept); got != c.want {
			t.Errorf("of %q, asked %q, %.20q: got %d, want %d", c.offered, c.asked, c.accept, got, c.want)
		}
	}
}
