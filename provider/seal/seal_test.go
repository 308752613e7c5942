package seal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/jwt"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// own signs by one key, and verifies what it signed.
type own struct{ signer *jwt.Signer }

func (o own) Sign(_ context.Context, _, typ string, claims []byte) (string, error) {
	return o.signer.Sign(typ, claims)
}

func (o own) VerifyPast(context.Context, string) ([]byte, error) { return nil, jwt.ErrUnknownKey }

func world(t *testing.T) (*Sealer, context.Context, *provider.Client, string) {
	t.Helper()
	root, _ := secret.NewRoot()
	key, err := jwt.Generate(jwt.ES256)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jwt.NewSigner(jwt.ES256, "kid", key)
	if err != nil {
		t.Fatal(err)
	}
	tn := &tenant.Tenant{ID: tenant.ID(uuid.New()), Issuer: "https://a.example"}
	s := &Sealer{Signer: own{signer}, Secrets: provider.NewSecretHasher(root), Now: time.Now}
	c := &provider.Client{ID: uuid.New(), ClientID: "web", Metadata: provider.Metadata{IDTokenSignedAlg: "HS256"}.WithDefaults(), CreatedAt: time.Now()}
	plain := s.Secrets.Make(tn.ID, c)
	return s, tenant.With(t.Context(), tn), c, plain
}

func TestSeal_signsAndEncryptsAsTheClientWants(t *testing.T) {
	t.Parallel()
	s, ctx, c, plain := world(t)
	for name, how := range map[string]Sealing{
		"neither": {}, "by the tenant's key": {SignAlg: "ES256"}, "by the client's secret": {SignAlg: "HS256"},
		"signed and encrypted": {SignAlg: "HS256", EncryptAlg: "dir"}, "encrypted": {EncryptAlg: "A128KW", EncryptEnc: "A256GCM"},
	} {
		token, err := s.Seal(ctx, c, how, "", []byte(`{"sub":"alice"}`))
		want := map[bool]int{true: 4, false: 2}[how.EncryptAlg != ""]
		if how == (Sealing{}) {
			want = 0
		}
		if err != nil || strings.Count(token, ".") != want {
			t.Errorf("%s: got %q, %v, want %d dots", name, token, err, want)
		}
		if how == (Sealing{SignAlg: "HS256"}) {
			if _, _, err := jwt.VerifyHMAC(token, []byte(plain), jwt.Options{Algorithms: provider.HMACAlgs}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestSeal_needsASecretThatCanBeRead(t *testing.T) {
	t.Parallel()
	s, ctx, c, _ := world(t)
	c.Secrets[0].Sealed = nil
	for _, how := range []Sealing{{SignAlg: "HS256"}, {EncryptAlg: "dir"}} {
		if token, err := s.Seal(ctx, c, how, "", []byte(`{}`)); !errors.Is(err, errNoReadableSecret) {
			t.Errorf("%+v: got %q, %v, want %v", how, token, err, errNoReadableSecret)
		}
	}
}

// A hint is an ID token of this client, and not of one that had its client_id before.
func TestOwnToken_isOfTheClient(t *testing.T) {
	t.Parallel()
	s, ctx, c, plain := world(t)
	for name, test := range map[string]struct {
		key, iat string
		good     bool
	}{
		"its own":                    {plain, `{"iat":4102444800}`, true},
		"of before the client":       {plain, `{"iat":946684800}`, false},
		"without a time":             {plain, `{}`, false},
		"of another client's secret": {strings.Repeat("x", 43), `{"iat":4102444800}`, false},
	} {
		token, err := jwt.SignHMAC("HS256", "JWT", []byte(test.key), []byte(test.iat))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.OwnToken(ctx, c, token); (err == nil) != test.good {
			t.Errorf("%s: got %v, want good %t", name, err, test.good)
		}
	}
}
