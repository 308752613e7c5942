package plintotest

import (
	"testing"

	"github.com/descope/virtualwebauthn"
)

// KeyHost is the host of servers that a Key belongs to: see Options.Host.
const KeyHost = "example.com"

// A Key is an authenticator with one credential.
type Key struct {
	t    testing.TB
	RP   virtualwebauthn.RelyingParty
	Auth virtualwebauthn.Authenticator
	Cred virtualwebauthn.Credential
}

// coseSize is the size of a P-256 key (COSE_Key, RFC 9053 §7.1.1). The library leaves leading
// zeros of coordinates out, which makes one key of 128 malformed.
const coseSize = 77

// NewKey returns a new authenticator of somebody at KeyHost.
func NewKey(t testing.TB) *Key {
	t.Helper()
	cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != coseSize {
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &Key{
		t: t, RP: virtualwebauthn.RelyingParty{ID: KeyHost, Origin: "https://" + KeyHost},
		Auth: virtualwebauthn.NewAuthenticator(), Cred: cred,
	}
}

// PasskeyOptions are what a page asks the browser for.
func PasskeyOptions(t testing.TB, p *Page) string {
	t.Helper()
	options, ok := p.Doc.Find("form.passkey").Attr("data-options")
	if !ok {
		t.Fatalf("%s (%d) asks for no passkey", p.URL, p.Status)
	}
	return options
}

// Makes answers a page that asks for a new passkey.
func (k *Key) Makes(p *Page) *Page {
	k.t.Helper()
	parsed, err := virtualwebauthn.ParseAttestationOptions(PasskeyOptions(k.t, p))
	if err != nil {
		k.t.Fatal(err)
	}
	k.Auth.Options.UserHandle = []byte(parsed.UserID)
	return p.Submit("use-passkey", map[string]string{"passkey": virtualwebauthn.CreateAttestationResponse(k.RP, k.Auth, k.Cred, *parsed)})
}

// Answer is the key's to a page that asks for a passkey.
func (k *Key) Answer(p *Page) string {
	k.t.Helper()
	parsed, err := virtualwebauthn.ParseAssertionOptions(PasskeyOptions(k.t, p))
	if err != nil {
		k.t.Fatal(err)
	}
	k.Cred.Counter++
	return virtualwebauthn.CreateAssertionResponse(k.RP, k.Auth, k.Cred, *parsed)
}

// Signs posts the key's answer.
func (k *Key) Signs(p *Page) *Page {
	k.t.Helper()
	return p.Submit("use-passkey", map[string]string{"passkey": k.Answer(p)})
}
