package provider_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/plintotest"
)

// junk has a provider asked for codes that it never gave, in rounds of the browser's own, n times. It returns the last answer.
func (w *world) junk(b *plintotest.Browser, n int) (last *plintotest.Page) {
	w.t.Helper()
	back := w.idp.Approve(w.leaves(b, "idp", nil), "alice")
	q := back.Query()
	q.Set("code", "junk")
	back.RawQuery = q.Encode()
	for range n {
		last = b.Open(back.String())
	}
	return last
}

// FED-60: whoever has a provider asked again and again keeps those out who are new in their network, and nobody else.
func TestProvider_aNetworkKeepsNobodyOutWhoSignedInBefore_FED_60(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Proxied: true})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	known := w.Browser().From("198.51.100.7")
	if p := w.through(known, "alice"); !signedIn(p) {
		t.Fatalf("on %s (%d): %s", p.URL, p.Status, text(p))
	}
	attacker := w.Browser().From("198.51.100.7")
	if p := w.junk(attacker, 30); code(p) != "federation_answer" {
		t.Fatalf("the 30th is %q (%d)", code(p), p.Status)
	}
	asked := w.idp.Asked("token")
	p := w.junk(attacker, 1)
	if code(p) != "federation_throttled" || p.Status != http.StatusTooManyRequests || w.idp.Asked("token") != asked {
		t.Errorf("the 31st is %q (%d), and asks the provider", code(p), p.Status)
	}
	if p.Header.Get("Retry-After") == "" || !strings.Contains(text(p), "Try again in ") {
		t.Errorf("Retry-After %q: %s", p.Header.Get("Retry-After"), text(p))
	}
	if p := w.through(w.Browser().From("198.51.100.7"), "alice"); code(p) != "federation_throttled" {
		t.Errorf("a new browser in the network gets %q (%d)", code(p), p.Status)
	}
	signedOut := func() {
		if _, err := w.Owner.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
			t.Fatal(err)
		}
	}
	signedOut()
	if p := w.through(known, "alice"); !signedIn(p) {
		t.Errorf("a browser of before gets %q (%d): %s", code(p), p.Status, text(p))
	}
	signedOut()
	if p := w.junk(known, 31); code(p) != "federation_throttled" {
		t.Errorf("it has no limit of its own: %q", code(p))
	}
	if p := w.through(w.Browser().From("203.0.113.7"), "alice"); !signedIn(p) {
		t.Errorf("elsewhere: %q (%d)", code(p), p.Status)
	}
}

// FED-61: what asks no provider, and outages, keep nobody out. The audit log is told of no more than a network's share.
func TestProvider_onlyBadAnswersCount_FED_61(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Proxied: true})
	w.User("alice@example.com")
	w.link("alice@example.com", "alice")
	b := w.Browser().From("198.51.100.7")
	state := w.leaves(b, "idp", nil).Query().Get("state")
	opens := func(n int, values url.Values) (last *plintotest.Page) {
		for range n {
			last = b.Open(w.Issuer() + "/federation/idp/callback?" + values.Encode())
		}
		return last
	}
	forged := state[:len(state)-6] + "AAAAAA"
	for want, values := range map[string]url.Values{
		"federation_state":       {"state": {forged}, "code": {"junk"}},
		"federation_denied":      {"state": {state}, "error": {"access_denied"}},
		"federation_unavailable": {"state": {state}, "error": {"server_error"}},
	} {
		if p := opens(110, values); code(p) != want {
			t.Errorf("%s: %q (%d)", want, code(p), p.Status)
		}
	}
	if p := w.through(b, "alice"); !signedIn(p) {
		t.Errorf("after it: %q (%d): %s", code(p), p.Status, text(p))
	}
	var told int
	if err := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'authentication.failed'`).Scan(&told); err != nil || told < 300 || told > 310 {
		t.Errorf("%d are told of (%v)", told, err)
	}
}
