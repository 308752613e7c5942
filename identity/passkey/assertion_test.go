package passkey

import (
	"context"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/tenant"
)

// coseSize is the size of a P-256 key (COSE_Key, RFC 9053 §7.1.1). The library leaves leading zeros of
// coordinates out, which makes one key of 128 malformed.
const coseSize = 77

// assertion makes a passkey in software, and what it answers to the sign-in page of a tenant.
func assertion(tb testing.TB) (*Passkey, *identity.User, string, *tenant.Tenant) {
	tb.Helper()
	ctx := of("https://id.example", "id.example")
	s, user := service(time.Now()), &identity.User{ID: uuid.New(), Email: "a@example.com"}
	rp := virtualwebauthn.RelyingParty{ID: "id.example", Origin: "https://id.example"}
	auth, cred := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != coseSize {
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	auth.Options.UserHandle = user.ID[:]
	s.Store = none{}
	options, err := s.Creation(ctx, Ceremony{}, user)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		tb.Fatal(err)
	}
	made, err := s.Confirm(ctx, Enrolment{Answer: Answer{JSON: virtualwebauthn.CreateAttestationResponse(rp, auth, cred, *parsed), User: user}})
	if err != nil {
		tb.Fatal(err)
	}
	if options, err = s.Request(ctx, Ceremony{}, nil); err != nil {
		tb.Fatal(err)
	}
	asked, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		tb.Fatal(err)
	}
	return &made.passkey, user, virtualwebauthn.CreateAssertionResponse(rp, auth, cred, *asked), tenant.Must(ctx)
}

// none is a store without passkeys.
type none struct{ Store }

// Of implements Store.
func (none) Of(context.Context, uuid.UUID) ([]Passkey, error) { return nil, nil }

func TestPasskey_isNamedByItsMaker(t *testing.T) {
	t.Parallel()
	key, _, _, _ := assertion(t)
	if key.Name != "" || key.AAGUID == uuid.Nil {
		t.Errorf("of an unknown maker: %+v", key)
	}
	for id, name := range makers {
		if id == uuid.Nil || name == "" {
			t.Errorf("%s is %q", id, name)
		}
	}
}

// held is a store in which a user has one passkey.
type held struct {
	Store
	key Passkey
}

// Of implements Store.
func (h held) Of(context.Context, uuid.UUID) ([]Passkey, error) { return []Passkey{h.key}, nil }

// Whatever its user calls it, a passkey is of a model where that is known.
func TestOf_saysTheModel(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden", "00000000-0000-0000-0000-000000000000": "", "00000000-0000-0000-0000-000000000001": ""} {
		s := service(time.Now())
		s.Store = held{key: Passkey{Name: "Mine", AAGUID: uuid.MustParse(id)}}
		keys, err := s.Of(t.Context(), &identity.User{})
		if err != nil || len(keys) != 1 || keys[0].Model != want || keys[0].Name != "Mine" {
			t.Errorf("%s: %+v, %v", id, keys, err)
		}
	}
}
