package register_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

var metadataOfOperator = provider.Metadata{RedirectURIs: []string{"https://rp.example/cb"}}

// closed starts a server on which initial access tokens are needed.
func closed(t *testing.T) *plintotest.Server {
	t.Helper()
	return open(t, func(s *tenant.Settings) { s.Registration.Mode = tenant.RegistrationToken })
}

// initial issues an initial access token.
func initial(t *testing.T, s *plintotest.Server, uses int, ttl time.Duration) (string, uuid.UUID) {
	t.Helper()
	token := secret.Token(provider.InitialTokenPrefix)
	id := uuid.Must(uuid.NewV7())
	err := s.Store.InitialTokens.Issue(s.In(), provider.InitialToken{
		ID: id, Name: "test", Hash: provider.InitialTokenHash(s.Tenant.ID, token), UsesLeft: uses, ExpiresAt: time.Now().Add(ttl),
	})
	if err != nil {
		t.Fatal(err)
	}
	return token, id
}

func TestRegister_isOffByDefault(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	token, _ := initial(t, s, 1, time.Hour)
	post(s, minimal).Wants(t, 404, "access_denied")
	post(s, minimal, bearer(token)).Wants(t, 404, "access_denied")
}

func TestRegister_refusesInitialTokensThatAreNotGood(t *testing.T) {
	t.Parallel()
	s := closed(t)
	expired, _ := initial(t, s, 1, -time.Second)
	empty, _ := initial(t, s, 0, time.Hour)
	revoked, id := initial(t, s, 1, time.Hour)
	if err := s.Store.InitialTokens.Revoke(s.In(), id); err != nil {
		t.Fatal(err)
	}
	a := post(s, minimal)
	a.Wants(t, 401, "invalid_token")
	realm := `Bearer realm="` + s.Issuer() + `"`
	if a.Header.Get("WWW-Authenticate") != realm {
		t.Errorf("without a token: %v", a.Header)
	}
	for name, token := range map[string]string{"expired": expired, "empty": empty, "revoked": revoked, "unknown": secret.Token("plia_"), "rubbish": "x", "none": ""} {
		a := post(s, minimal, bearer(token))
		if a.StatusCode != 401 || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), realm+`, error="invalid_token"`) {
			t.Errorf("%s: %d %s %v", name, a.StatusCode, a.Text, a.Header)
		}
	}
	// Where registration is open, a token that is no good is still refused.
	post(open(t), minimal, bearer("x")).Wants(t, 401, "invalid_token")
}

func TestRegister_aTokenIsSpentWithTheClientItMakes(t *testing.T) {
	t.Parallel()
	s := closed(t)
	token, _ := initial(t, s, 1, time.Hour)
	post(s, `{"redirect_uris":["https://rp.example/#x"]}`, bearer(token)).Wants(t, 400, "invalid_redirect_uri")
	registered(t, s, `{"redirect_uris":["https://rp.example/cb"],"grant_types":["authorization_code","client_credentials"]}`, bearer(token))
	post(s, minimal, bearer(token)).Wants(t, 401, "invalid_token")
}

func TestRegister_aTokenOfOneUseMakesOneClientOfFiftyAtOnce(t *testing.T) {
	t.Parallel()
	s := closed(t)
	token, _ := initial(t, s, 1, time.Hour)
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			switch a := insist(s, minimal, bearer(token)); a.StatusCode {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusUnauthorized:
				refused.Add(1)
			default:
				t.Errorf("%d %s", a.StatusCode, a.Text)
			}
		})
	}
	all.Wait()
	clients, err := s.Store.Clients.List(s.In(), "", 100)
	if err != nil || made.Load() != 1 || refused.Load() != 49 || len(clients) != 1 {
		t.Errorf("%d made, %d refused, %d stored, %v", made.Load(), refused.Load(), len(clients), err)
	}
}

func TestRegister_keepsToTheQuotaOfTheTenant(t *testing.T) {
	t.Parallel()
	s := open(t, func(s *tenant.Settings) { s.Registration.MaxClients = 5 })
	s.Client(metadataOfOperator) // does not count
	var made atomic.Int32
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			a := insist(s, minimal)
			if a.StatusCode == http.StatusCreated {
				made.Add(1)
			} else if a.StatusCode != http.StatusForbidden || a.JSON["error"] != "access_denied" {
				t.Errorf("%d %s", a.StatusCode, a.Text)
			}
		})
	}
	all.Wait()
	if made.Load() != 5 {
		t.Errorf("%d were made", made.Load())
	}
}

func TestRegister_oneAddressMayRegisterTenTimesAnHour(t *testing.T) {
	t.Parallel()
	s := open(t, func(s *tenant.Settings) { s.Registration.PerHour = 0 })
	for range 10 {
		registered(t, s, minimal)
	}
	a := post(s, minimal)
	a.Wants(t, 429, "temporarily_unavailable")
	if a.Header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	token, _ := initial(t, s, 1, time.Hour)
	registered(t, s, minimal, bearer(token))
}

func TestRegister_takesOneBoundedJSONObject(t *testing.T) {
	t.Parallel()
	s := open(t)
	for text, want := range map[string]int{
		``: 400, `[]`: 400, `null`: 400, minimal + `x`: 400, `{"a":"\u0000"}`: 400, `{"a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`: 400,
		`{"a":"` + strings.Repeat("x", 70_000) + `"}`: 413,
	} {
		if a := post(s, text); a.StatusCode != want {
			t.Errorf("%.40s: %d %s", text, a.StatusCode, a.Text)
		}
	}
	if a := post(s, minimal, plintotest.With("Content-Type", "text/plain")); a.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", a.StatusCode)
	}
}
