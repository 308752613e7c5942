package logout_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/tenant"
)

// unsigned is a token with its signature taken away and alg none.
func unsigned(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
}

// foreign is the token signed by somebody else, under the key id of the server's.
func foreign(t *testing.T, token string) string {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwt.Generate(jwt.RS256)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.NewSigner(jwt.RS256, parsed.Signatures[0].Header.KeyID, key)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := signer.Sign("", parsed.UnsafePayloadWithoutVerification())
	if err != nil {
		t.Fatal(err)
	}
	return forged
}

// The modules of the conformance suite's RP-initiated logout plan, RED-14. What is
// not to be followed makes us ask, and is not followed even when the user says yes.
func TestRPInitiatedLogout_modulesOfTheSuite(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, secret := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.Client(func() provider.Metadata { // RED-14: another client's address
		m := testworld.Web("https://other.example/cb")
		m.PostLogoutRedirectURIs = []string{"https://other.example/bye"}
		return m
	}())
	s.User("alice@example.com")
	state := strings.Repeat("s", 128)
	const bye = "https://rp.example/bye"
	for name, c := range map[string]struct {
		request func(hint string) url.Values
		left    string // "" for a page of ours
	}{
		"rp-initiated-logout": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}, "state": {state}}
		}, bye + "?state=" + state},
		"no-state": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}}
		}, bye},
		"bad-post-logout-redirect-uri": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://rp.example/foo"}, "state": {state}}
		}, ""},
		"query-added-to-post-logout-redirect-uri": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye + "?foo=bar"}, "state": {state}}
		}, ""},
		"modified-id-token-hint": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {unsigned(t, hint)}, "post_logout_redirect_uri": {bye}, "state": {state}}
		}, ""},
		"bad-id-token-hint": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {foreign(t, hint)}, "post_logout_redirect_uri": {bye}, "state": {state}}
		}, ""},
		"bad-id-token-hint with client_id": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {foreign(t, hint)}, "client_id": {client.ClientID}, "post_logout_redirect_uri": {bye}}
		}, ""},
		"no-id-token-hint": {func(string) url.Values {
			return url.Values{"post_logout_redirect_uri": {bye}, "state": {state}}
		}, ""},
		"no-params":  {func(string) url.Values { return nil }, ""},
		"only-state": {func(string) url.Values { return url.Values{"state": {state}} }, ""},
		"no-post-logout-redirect-uri": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "state": {state}}
		}, ""},
		"RED-14 of another client": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://other.example/bye"}}
		}, ""},
		"client_id that is not the hint's": {func(hint string) url.Values {
			return url.Values{"id_token_hint": {hint}, "client_id": {"other"}, "post_logout_redirect_uri": {bye}}
		}, ""},
	} {
		b := s.Browser()
		hint := s.IDToken(b, client, secret)
		request := c.request(hint)
		p := b.Open(s.Issuer() + "/oauth2/logout?" + request.Encode())
		if p.Left == nil && p.Doc.Find("#logout-yes").Length() == 1 {
			p = p.Submit("logout-yes", nil)
		} else if c.left == "" && request.Has("post_logout_redirect_uri") {
			t.Errorf("%s: done without a question", name)
		}
		switch {
		case c.left == "" && (p.Left != nil || p.Doc.Find("#logged-out").Length() != 1):
			t.Errorf("%s: left to %v, want the page that says so", name, p.Left)
		case c.left != "" && (p.Left == nil || p.Left.String() != c.left):
			t.Errorf("%s: left to %v, want %s", name, p.Left, c.left)
		}
		if p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"none"}})); p.Left == nil || p.Left.Query().Get("error") != "login_required" {
			t.Errorf("%s: still signed in", name)
		}
	}
}

func TestLogout_aHintOfAnotherTenantIsNone(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, secret := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	hint := s.IDToken(s.Browser(), client, secret)
	acme := s.NewTenant("acme", "", tenant.Settings{})
	twin, _ := s.ClientIn(acme, testworld.Web("https://rp.example/cb"), func(c *provider.Client) { c.ClientID = client.ClientID })
	q := url.Values{"id_token_hint": {hint}, "client_id": {twin.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}}
	if p := s.Browser().Open(acme.Issuer + "/oauth2/logout?" + q.Encode()); p.Left != nil {
		t.Errorf("left to %v", p.Left)
	}
	if p := s.Browser().Open(s.Issuer() + "/logged-out?end=" + url.QueryEscape("AAAA"+hint)); p.Left != nil || p.Doc.Find("iframe, a#continue").Length() != 0 {
		t.Error("a forged ending shows frames or leads somewhere")
	}
}

// RP-Initiated Logout 1.0 §2: ui_locales, on every page of signing out.
func TestLogout_speaksTheLanguageAsked(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	b := s.Browser()
	b.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	for _, lang := range []string{"de", "fr"} {
		p := b.Open(s.Issuer() + "/oauth2/logout?" + url.Values{"ui_locales": {"xx " + lang}, "client_id": {client.ClientID}}.Encode())
		if got := p.Doc.Find("html").AttrOr("lang", ""); got != lang || p.Doc.Find("#logout-yes").Length() != 1 {
			t.Errorf("asked for %s, the page speaks %s", lang, got)
		}
	}
}

func TestLogout_unregisteredURIIsNeverFollowed(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, secret := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	hint := s.IDToken(s.Browser(), client, secret)
	for name, query := range map[string]url.Values{
		"unregistered":     {"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"query added":      {"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://rp.example/bye?x=1"}},
		"no hint":          {"post_logout_redirect_uri": {"https://rp.example/bye"}},
		"only a client_id": {"client_id": {client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}},
		"forged hint":      {"id_token_hint": {hint[:len(hint)-4] + "AAAA"}, "client_id": {client.ClientID}, "post_logout_redirect_uri": {"https://rp.example/bye"}},
	} {
		fresh := s.Browser()
		if p := fresh.Open(s.Issuer() + "/oauth2/logout?" + query.Encode()); p.Left != nil {
			t.Errorf("%s: left to %v", name, p.Left)
		} else if strings.Contains(p.Doc.Text(), "evil.example") || p.Doc.Find("#explain").Length() > 0 {
			t.Errorf("%s: a server in production repeats what was sent", name)
		}
	}
}
