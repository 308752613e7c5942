package plintotest

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"plinto/internal/chromium"
)

// present is an authenticator of the browser, and says whether somebody is there to use it.
type present func(bool) chromedp.Action[chromedp.Void]

// authenticator gives a browser one that is built in, as phones and laptops have it.
func authenticator(ctx context.Context, t *testing.T) present {
	t.Helper()
	var id webauthn.AuthenticatorID
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		id = made.AuthenticatorID
		return err
	}))
	if err != nil {
		t.Fatalf("authenticator: %v", err)
	}
	return func(is bool) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{
				AuthenticatorID: id, Enabled: is,
			})
			return err
		})
	}
}

// ableToMakeSilently is a browser with a password manager that makes passkeys by itself. Headless
// Chromium has none, so the virtual authenticator makes it, and only where it was asked that way.
const ableToMakeSilently = `
PublicKeyCredential.getClientCapabilities = () => Promise.resolve({conditionalCreate: true});
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = o => o.mediation === "conditional" ? create({publicKey: o.publicKey, signal: o.signal}) : Promise.reject(new Error("a person is asked"));`

// In a browser that makes passkeys by itself nobody does anything after the password.
func TestSilentPasskey_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Host: "localhost"})
	s.User("alice@example.com")
	rp := newSite(t)
	client, _ := s.Client(rp.metadata(), FirstParty)
	start := s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}, "prompt": {"login"}})
	ctx := chromium.Start(t, 2*time.Minute)
	authenticator(ctx, t)
	soon, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	able := chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: ableToMakeSilently})
		return err
	})
	err := chromedp.Do(soon, able, chromedp.Navigate(start), chromedp.WaitVisible("#password"), chromedp.WaitReady("#passkeys[value~=silent]"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"), chromedp.WaitVisible("#rp"),
		chromedp.Navigate(start), chromedp.WaitVisible("#use-passkey"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#rp"))
	if err != nil {
		at, _ := chromedp.Run(ctx, chromedp.Location())
		text, _ := chromedp.Run(ctx, chromedp.Text("body"))
		t.Fatalf("%v, at %s: %s", err, at, text)
	}
}

// In a real browser: a passkey is offered after a password, asked for beside the next one, and
// signs in alone.
func TestPasskeys_inChromium(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Host: "localhost"})
	s.User("alice@example.com")
	rp := newSite(t)
	client, secret := s.Client(rp.metadata(), FirstParty)
	start := s.AuthorizeURL(client, url.Values{"code_challenge": {Challenge}, "prompt": {"login"}})
	ctx := chromium.Start(t, 2*time.Minute)
	run := chromium.Steps(ctx, t, 20*time.Second)
	amr := func() []string {
		t.Helper()
		at, err := chromedp.Run(ctx, chromedp.Location())
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		token, _ := s.Succeeds(s.Redeem(client, secret, u.Query().Get("code"))).JSON["id_token"].(string)
		return methods(t, token)
	}
	password := []chromedp.Action[chromedp.Void]{
		chromedp.Navigate(start), chromedp.WaitVisible("#password"), chromedp.WaitVisible("#use-passkey"),
		chromedp.SetValue("#username", "alice@example.com"), chromedp.SetValue("#password", Password), chromedp.Click("#submit"),
	}
	somebody := authenticator(ctx, t)
	run("made", append(slices.Clone(password), chromedp.WaitVisible("#later"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#codes"),
		chromedp.Click("#submit"), chromedp.WaitVisible("#rp"))...)
	if got := strings.Join(amr(), " "); got != "pwd hwk user mfa" {
		t.Errorf("made: amr %s", got)
	}
	run("nobody", somebody(false))
	run("the second factor", append(slices.Clone(password), chromedp.WaitVisible("#use-recovery"), somebody(true), chromedp.Click("#use-passkey"),
		chromedp.WaitVisible("#rp"))...)
	if got := strings.Join(amr(), " "); got != "pwd hwk user mfa" {
		t.Errorf("the second factor: amr %s", got)
	}
	run("alone", chromedp.Navigate(start), chromedp.WaitVisible("#use-passkey"), chromedp.Click("#use-passkey"), chromedp.WaitVisible("#rp"))
	if got := strings.Join(amr(), " "); got != "hwk user mfa" {
		t.Errorf("alone: amr %s", got)
	}
}

// methods is the amr of an ID token.
func methods(t *testing.T, token string) []string {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		AMR []string `json:"amr"`
	}
	if err := parsed.UnsafeClaimsWithoutVerification(&c); err != nil {
		t.Fatal(err)
	}
	return c.AMR
}
