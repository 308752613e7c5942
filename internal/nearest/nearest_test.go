package nearest_test

import (
	"strings"
	"testing"

	"plinto/internal/nearest"
)

func TestTo_findsMisspellings(t *testing.T) {
	t.Parallel()
	names := []string{"redirect_uris", "client_name", "scope", "jwks"}
	for word, want := range map[string]string{
		"redirect_uri": "redirect_uris", "redirectUris": "redirect_uris", "redirect-uris": "redirect_uris", "clientname": "client_name", "jkws": "jwks", "scopes": "scope",
		"banana": "", "x": "", "": "", strings.Repeat("scope", 1<<16): "",
	} {
		if got := nearest.To(word, names); got != want {
			t.Errorf("%.20s: %q, want %q", word, got, want)
		}
	}
	if names[0] != "redirect_uris" {
		t.Error("the candidates were put in another order")
	}
}

func TestOneOf_wordsAChoice(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := nearest.OneOf(words); got != want {
			t.Errorf("%v: %q", words, got)
		}
	}
	if got := nearest.Hint("shard", []string{"shared", "schema"}); got != ": did you mean shared?" {
		t.Errorf("hint: %q", got)
	}
}
