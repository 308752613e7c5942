package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/testworld"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

func TestCode_isRedeemedForTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out := w.signedIn(w.register("web", full()))
	if out.TokenType != "Bearer" || out.ExpiresIn != 900 || out.Scope != "openid offline_access" || out.RefreshToken == "" || out.IDToken == "" {
		t.Errorf("got %+v", out)
	}
}

// COD-01: RFC 6749 §4.1.2, RFC 9700 §4.5.
func TestCode_cannotBeSpentTwiceAndTheSecondTryRevokesWhatTheFirstGot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	code := w.code(p)
	out, err := w.redeem(p, code)
	must(t, err)
	_, err = w.redeem(p, code)
	wants(t, err, "invalid_grant")
	_, err = w.refresh(p, out.RefreshToken)
	wants(t, err, "invalid_grant")
	if _, err := w.tokens.InspectAccess(w.ctx, out.AccessToken); err == nil {
		t.Error("the access token is still active")
	}
}

// F13, COD-02: losing a race is invalid_grant, never a 500.
func TestCode_raceHasOneWinnerAndTheOthersAreRefused_F13(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	for range 3 {
		code := w.code(p)
		got := map[string]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 25 {
			all.Go(func() {
				_, err := w.redeem(p, code)
				mu.Lock()
				got[testworld.ErrorCode(err)]++
				mu.Unlock()
			})
		}
		all.Wait()
		// A machine that is very busy may turn some away, also the one who won.
		turnedAway := got["unavailable"]
		if got[""] > 1 || got[""]+turnedAway < 1 || got[""]+got["invalid_grant"]+turnedAway != 25 {
			t.Fatalf("got %v, want one success and 24 invalid_grant", got)
		}
		_, err := w.redeem(p, code)
		wants(t, err, "invalid_grant")
	}
}

// F1: fosite forgets the challenge at the first wrong verifier, and the next try
// without any succeeds.
func TestPKCE_aWrongVerifierBurnsTheCode_F1(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	for _, together := range []bool{false, true} {
		if together { // with an opaque token there is more to store: in one transaction
			w.api("https://opaque.example", provider.FormatOpaque)
		}
		for _, wrong := range []string{"", strings.Repeat("x", 43)} {
			code := w.code(p)
			_, err := w.redeemWith(p, code, wrong)
			wants(t, err, "invalid_grant")
			_, err = w.redeemWith(p, code, "")
			wants(t, err, "invalid_grant")
			_, err = w.redeemWith(p, code, verifier)
			wants(t, err, "invalid_grant")
		}
		_, err := w.redeem(p, w.code(p)) // control
		wants(t, err, "")
	}
}

func TestPKCE_aRefusedCodeLeavesNoRefreshToken(t *testing.T) {
	t.Parallel()
	e, m, ctx, plain := newMemory(t)
	for name, c := range map[string]struct {
		verifier string
		refused  bool
	}{"right": {verifier, false}, "wrong": {strings.Repeat("x", 43), true}} {
		m.first, m.forgotten = nil, nil
		form := grantForms["code"]()
		form["code_verifier"] = []string{c.verifier}
		out, err := e.Token(ctx, tokenRequest(plain), form)
		if (err != nil) != c.refused || len(m.first) == 0 || c.refused != bytes.Equal(m.first, m.forgotten) {
			t.Errorf("%s: got %v, %v; stored %x, forgot %x", name, out, err, m.first, m.forgotten)
		}
	}
}

func (w *world) redeemWith(p party, code, verifier string) (*TokenResponse, error) {
	return w.token(p, "grant_type", "authorization_code", "code", code, "redirect_uri", "https://rp.example/cb", "code_verifier", verifier)
}

// An instance that cannot sign yet leaves the code for another try.
func TestCode_isNotSpentBeforeItsTokensCanBeSigned(t *testing.T) {
	t.Parallel()
	e, m, ctx, plain := newMemory(t)
	m.unready = fault.New(fault.Unavailable, "keys", "Not yet.")
	if _, err := e.Token(ctx, tokenRequest(plain), grantForms["code"]()); testworld.ErrorCode(err) != "unavailable" || m.first != nil {
		t.Errorf("got %v, spent %v", err, m.first != nil)
	}
	m.unready = nil
	if _, err := e.Token(ctx, tokenRequest(plain), grantForms["code"]()); err != nil || m.first == nil {
		t.Errorf("then: %v, spent %v", err, m.first != nil)
	}
}

// F7: fosite revokes by half a code, before it looks whose it is.
func TestCode_ofAnotherClientOrForgedRevokesNothing_F7(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c1, c2 := w.register("c1", full()), w.register("c2", full())
	code := w.code(c1)
	_, err := w.redeem(c2, code)
	wants(t, err, "invalid_grant")
	out, err := w.redeem(c1, code) // C2's try did not burn it
	must(t, err)
	for _, forged := range []string{code, code[:5] + strings.Repeat("A", 20) + code[25:], code + "=", strings.ToUpper(code)} {
		_, err = w.redeem(c2, forged)
		wants(t, err, "invalid_grant")
	}
	_, err = w.refresh(c1, out.RefreshToken)
	wants(t, err, "")
}

// F7, COD-12: half a code is no code, for its own client either.
func TestCode_forgedByItsOwnClientRevokesNothing_F7(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	code := w.code(p)
	out, err := w.redeem(p, code)
	must(t, err)
	for _, forged := range []string{code[:5] + strings.Repeat("A", 20) + code[25:], code[:len(code)-3] + "AAA", code + "=", "x" + code} {
		_, err = w.redeem(p, forged)
		wants(t, err, "invalid_grant")
	}
	_, err = w.refresh(p, out.RefreshToken)
	wants(t, err, "")
}

// COD-04.
func TestCode_livesForAMinute(t *testing.T) {
	t.Parallel()
	m := &issuedCodes{}
	e, _, ctx, _ := newMemory(t)
	e.Grants.Codes = m
	c := &provider.Client{ID: uuid.New(), ClientID: "web", Metadata: full().WithDefaults()}
	_, err := e.Authorize(ctx, AuthorizeInput{Client: c, FlowID: uuid.New(), Request: &provider.Request{
		ClientID: "web", RedirectURI: "https://rp.example/cb", ResponseType: "code", Scopes: []string{"openid"},
	}})
	must(t, err)
	if m.code.TTL != time.Minute {
		t.Errorf("a code lives for %v", m.code.TTL)
	}
}

// issuedCodes keeps the code that was issued last.
type issuedCodes struct {
	provider.Codes
	code provider.Code
}

func (m *issuedCodes) Issue(_ context.Context, _ provider.Grant, c provider.Code, _ func(identity.User)) error {
	m.code = c
	return nil
}

func TestCode_isRefusedToWhoMayNotHaveItAnyMore(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, p party) error{
		"user disabled": func(w *world, _ party) error {
			w.disable(w.user)
			return nil
		},
		"session ended": func(w *world, _ party) error { return w.ender.End(w.ctx, w.session.ID, event.SessionLoggedOut) },
		"user deleted":  func(w *world, _ party) error { return w.store.Users.Delete(w.ctx, w.user.ID) },
		"grant type taken away": func(w *world, p party) error {
			w.change(p, func(m *provider.Metadata) { m.GrantTypes = []string{provider.GrantClientCredentials} })
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.register("web", full())
			code := w.code(p, scopes("openid"))
			must(t, end(w, p))
			if _, err := w.redeem(p, code); testworld.ErrorCode(err) != "invalid_grant" && testworld.ErrorCode(err) != "unauthorized_client" {
				t.Errorf("got %q: %v", testworld.ErrorCode(err), err)
			}
		})
	}
}

func TestCode_ofAnotherTenantIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(w.register("web", full()))
	w.tenant = w.newTenant("b", tenant.Settings{})
	w.ctx = testworld.In(w.tenant)
	_, err := w.redeem(w.register("web", full()), code)
	wants(t, err, "invalid_grant")
}

// COD-16.
func TestCode_guessingIsThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("spa", public())
	counts := map[string]int{}
	for range limitTokenGuesses.Burst + 5 {
		_, err := w.redeem(p, "plac_guess")
		counts[testworld.ErrorCode(err)]++
	}
	if counts["invalid_grant"] == 0 || counts["too many"] == 0 || len(counts) != 2 {
		t.Errorf("got %v", counts)
	}
	_, err := w.redeem(p, w.code(p)) // a good code is nobody's guess
	wants(t, err, "")
}

func TestCode_flowGetsOneCodeOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web", full())
	in := AuthorizeInput{Client: p.Client, Session: w.session, FlowID: uuid.Must(uuid.NewV7()), Request: &provider.Request{
		ClientID: p.ClientID, RedirectURI: "com.example.app:/cb?x=y", ResponseType: "code", Scopes: []string{"openid"},
	}}
	_, err := w.Authorize(w.ctx, in)
	must(t, err)
	if _, err = w.Authorize(w.ctx, in); !errors.Is(err, provider.ErrFlowSpent) {
		t.Errorf("a second code: %v, want ErrFlowSpent", err)
	}
}

func TestCheckRedemption_holdsTheRequestsAgainstEachOther(t *testing.T) {
	t.Parallel()
	const cb = "https://rp.example/cb"
	good := challenge(verifier)
	for _, c := range []struct {
		name string
		code provider.Code
		pkce bool
		form web.Form
		want string
	}{
		{"all as sent", provider.Code{RedirectURI: cb, RedirectURISent: true, Challenge: good}, true, form("redirect_uri", cb, "code_verifier", verifier), ""},
		{"redirect_uri left out", provider.Code{RedirectURI: cb, RedirectURISent: true}, false, form(), "invalid_grant"},
		{"redirect_uri not needed", provider.Code{RedirectURI: cb}, false, form(), ""},
		{"redirect_uri not needed but sent", provider.Code{RedirectURI: cb}, false, form("redirect_uri", cb), ""},
		{"redirect_uri not needed, sent wrong", provider.Code{RedirectURI: cb}, false, form("redirect_uri", cb+"/"), "invalid_grant"},
		{"redirect_uri with another port", provider.Code{RedirectURI: "http://127.0.0.1:1/cb", RedirectURISent: true}, false, form("redirect_uri", "http://127.0.0.1:2/cb"), "invalid_grant"},
		{"redirect_uri in other case", provider.Code{RedirectURI: cb, RedirectURISent: true}, false, form("redirect_uri", strings.ToUpper(cb)), "invalid_grant"},
		{"no PKCE where none is needed", provider.Code{}, false, form(), ""},
		{"no PKCE where it is needed", provider.Code{}, true, form(), "invalid_grant"},
		{"verifier without challenge", provider.Code{}, false, form("code_verifier", verifier), "invalid_grant"},
		{"challenge without verifier", provider.Code{Challenge: good}, false, form(), "invalid_grant"},
		{"the challenge as verifier (plain)", provider.Code{Challenge: good}, false, form("code_verifier", good), "invalid_grant"},
		{"42 characters", provider.Code{Challenge: challenge(strings.Repeat("a", 42))}, false, form("code_verifier", strings.Repeat("a", 42)), "invalid_grant"},
		{"43 characters", provider.Code{Challenge: challenge(strings.Repeat("a", 43))}, false, form("code_verifier", strings.Repeat("a", 43)), ""},
		{"128 characters", provider.Code{Challenge: challenge(strings.Repeat("-._~", 32))}, false, form("code_verifier", strings.Repeat("-._~", 32)), ""},
		{"129 characters", provider.Code{Challenge: challenge(strings.Repeat("a", 129))}, false, form("code_verifier", strings.Repeat("a", 129)), "invalid_grant"},
		{"a space", provider.Code{Challenge: challenge(strings.Repeat("a", 43) + " ")}, false, form("code_verifier", strings.Repeat("a", 43)+" "), "invalid_grant"},
	} {
		if got := testworld.ErrorCode(checkRedemption(c.code, c.pkce, c.form)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func form(pairs ...string) web.Form {
	f := web.Form{}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = append(f[pairs[i]], pairs[i+1])
	}
	return f
}
