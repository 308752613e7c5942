package provider

import (
	"strings"
	"testing"
)

func TestSessionState_isTheHashOfClientOriginAndBrowser(t *testing.T) {
	t.Parallel()
	got := SessionState("c 1", "https://rp.example:443/cb?x=1", "state")
	_, salt, ok := strings.Cut(got, ".")
	if !ok || len(salt) < 16 || strings.ContainsAny(got, " ") {
		t.Fatalf("got %q", got)
	}
	if want := sessionState("c 1", "https://rp.example", "state", salt); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, other := range map[string]string{
		"client": sessionState("c 2", "https://rp.example", "state", salt), "origin": sessionState("c 1", "https://rp.example:8443", "state", salt),
		"browser": sessionState("c 1", "https://rp.example", "", salt), "salt": sessionState("c 1", "https://rp.example", "state", salt+"x"),
	} {
		if other == got {
			t.Errorf("another %s gives the same state", name)
		}
	}
	if SessionState("c 1", "https://rp.example/cb", "state") == got {
		t.Error("two answers have the same salt")
	}
}

func TestSessionState_isEmptyWhereNoPageCouldAsk(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"com.example.app:/cb", "", "://"} {
		if got := SessionState("c", uri, "s"); got != "" {
			t.Errorf("%q: got %q", uri, got)
		}
	}
}
