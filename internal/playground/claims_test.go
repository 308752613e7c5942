package playground_test

import (
	"testing"
	"time"

	"plinto/internal/playground"
	"plinto/provider"
)

func TestExplain_saysWhatClaimsMean(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 13, 54, 10, 0, time.UTC)
	token := playground.Token{Claims: `{"iss": "https://id.example", "exp": 1796047390, "iat": 1796046845, "aud": ["a", "b"], "nbf": "no time", "acme": {"x": 1}}`}
	want := []playground.Line{
		{Claim: "iss", Value: "https://id.example"},
		{Claim: "exp", Value: "1796047390: in 9 minutes, 14:03:10 UTC"},
		{Claim: "iat", Value: "1796046845: 5 seconds ago, 13:54:05 UTC"},
		{Claim: "aud", Value: `["a","b"]`},
		{Claim: "nbf", Value: "no time"},
		{Claim: "acme", Value: `{"x":1}`},
	}
	got := token.Explain(now)
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, l := range got {
		if l.Claim != want[i].Claim || l.Value != want[i].Value || (l.Text == "") != (l.Claim == "acme") {
			t.Errorf("got %+v, want %+v", l, want[i])
		}
	}
	opaque := playground.Token{Claims: "plinto_at_x", Ends: now.Add(time.Minute)}
	if got := opaque.Explain(now); len(got) != 1 || got[0].Value != "in 60 seconds, 13:55:10 UTC" {
		t.Errorf("an opaque token: %+v", got)
	}
	for _, odd := range []string{"", "x", "[1]", `{"a"`, `{"a":}`} {
		if got := (&playground.Token{Claims: odd}).Explain(now); len(got) != 0 {
			t.Errorf("%q: %+v", odd, got)
		}
	}
}

// Whatever the server can say of a user is explained.
func TestExplain_knowsEveryClaimThatIsOffered(t *testing.T) {
	t.Parallel()
	for _, name := range append(provider.ClaimNames, "iss", "aud", "exp", "iat", "nonce", "azp", "at_hash", "c_hash", "client_id", "jti", "scope", "roles", "permissions") {
		token := playground.Token{Claims: `{"` + name + `": 1}`}
		if got := token.Explain(time.Now()); len(got) != 1 || got[0].Text == "" {
			t.Errorf("%s is not explained", name)
		}
	}
}

func TestMoment_saysWhenSeenFromNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		time.Second: "in 1 second, 23:59:01 UTC", 90 * time.Second: "in 90 seconds, 1 December 2026, 00:00:30 UTC", time.Hour: "in 1 hour, 1 December 2026, 00:59:00 UTC",
		-2 * time.Minute: "2 minutes ago, 23:57:00 UTC", -49 * time.Hour: "2 days ago, 28 November 2026, 22:59:00 UTC", 0: "0 seconds ago, 23:59:00 UTC",
	} {
		if got := playground.Moment(now.Add(after), now); got != want {
			t.Errorf("%s: %q, want %q", after, got, want)
		}
	}
}
