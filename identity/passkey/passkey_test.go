package passkey

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

func service(now time.Time) *Service {
	root, _ := secret.NewRoot()
	return New(root, Service{Now: func() time.Time { return now }})
}

func of(issuer, host string) context.Context {
	return tenant.With(context.Background(), &tenant.Tenant{ID: tenant.ID(uuid.New()), Issuer: issuer, Host: host})
}

func TestChallenge_isForOneCeremony(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s, ctx := service(now), of("https://id.example", "id.example")
	mine := Ceremony{Flow: "f", Step: "login", User: "u"}
	challenge := s.challenge(ctx, mine)
	if _, err := s.check(ctx, mine, challenge); err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]func() error{
		"another flow":   func() error { _, err := s.check(ctx, Ceremony{"g", "login", "u"}, challenge); return err },
		"another step":   func() error { _, err := s.check(ctx, Ceremony{"f", "enrol", "u"}, challenge); return err },
		"another user":   func() error { _, err := s.check(ctx, Ceremony{"f", "login", ""}, challenge); return err },
		"another tenant": func() error { _, err := s.check(of("https://id.example", ""), mine, challenge); return err },
		"another key":    func() error { _, err := service(now).check(ctx, mine, challenge); return err },
		"cut":            func() error { _, err := s.check(ctx, mine, challenge[:40]); return err },
		"another time": func() error {
			later := append([]byte{}, challenge...)
			later[nonceSize+7]++
			_, err := s.check(ctx, mine, later)
			return err
		},
		"late": func() error {
			s := *s
			s.Now = func() time.Time { return now.Add(ChallengeLife + 2*time.Second) }
			_, err := s.check(ctx, mine, challenge)
			return err
		},
	} {
		if refused() == nil {
			t.Errorf("%s: the challenge is good", name)
		}
	}
}

func TestAvailable_atDomainsOnly(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://id.example": "id.example", "https://id.example:8443/t/acme": "id.example", "http://localhost:8080/t/demo": "localhost",
		"https://127.0.0.1:8443": "", "https://[::1]/t/x": "", "https://192.0.2.1": "",
	} {
		if got := rpID(&tenant.Tenant{Issuer: issuer}); got != want {
			t.Errorf("%s: RP ID %q, want %q", issuer, got, want)
		}
	}
}

// A browser that is told of a credential nobody knows may forget it: on a shared host it can
// be another tenant's.
func TestSignalUnknown_isForTenantsWithAHostOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := service(time.Now())
	if got := s.SignalUnknown(of("https://id.example", "id.example"), []byte("x")); !strings.Contains(got, `"credentialId":"eA"`) {
		t.Errorf("told %s", got)
	}
	if got := s.SignalUnknown(of("https://id.example/t/acme", ""), []byte("x")); got != "" {
		t.Errorf("on a shared host: told %s", got)
	}
}

// Whatever is posted ends in an error, not in a panic.
func FuzzProve(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiXCIiLCJvcmlnaW4iOiJ4In0","authenticatorData":"` + strings.Repeat("A", 60) + `","signature":"AA","userHandle":"AA"}}`,
		`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`,
	} {
		f.Add(seed)
	}
	s, ctx := service(time.Now()), of("https://id.example", "id.example")
	f.Fuzz(func(t *testing.T, posted string) {
		if _, err := s.Prove(ctx, Answer{JSON: posted}); err == nil {
			t.Error("a proof of anything")
		}
		if _, err := s.Confirm(ctx, Enrolment{Answer: Answer{JSON: posted, User: &identity.User{}}}); err == nil {
			t.Error("a passkey of anything")
		}
	})
}

// BenchmarkJudge is what an assertion costs: parsing it and checking origin, flags and signature.
func BenchmarkJudge(b *testing.B) {
	key, user, posted, t := assertion(b)
	for b.Loop() {
		parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(posted))
		if err != nil {
			b.Fatal(err)
		}
		if err := judge(t, key, &Answer{User: user}, parsed, true); err != nil {
			b.Fatal(err)
		}
	}
}
