package signup_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/tenant"
)

func asking(t *testing.T) *plintotest.Server {
	t.Helper()
	return plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Identifiers: tenant.Identifiers{"email", "username"},
	}})
}

// ADR-10: who makes an account chooses a name, which passes for nobody else's.
func TestSignUp_asksForAUserName(t *testing.T) {
	t.Parallel()
	s := asking(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.Make(identity.User{Username: "taken", Email: "taken@example.com"})
	gone := s.Make(identity.User{Username: "rested"})
	if err := s.Directory().Delete(s.In(), event.Actor{Type: "operator"}, gone.ID); err != nil {
		t.Fatal(err)
	}
	p := s.Ask(s.Browser(), client, newcomer).Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	for name, want := range map[string]int{
		"": 422, "ab": 422, "with blank": 422, "at@example.com": 422, "аdmin2": 422, strings.Repeat("n", 65): 422, "12345": 422,
		"TAKEN": 409, "admin": 409, "Root1": 409, "rested": 409, "support": 409,
	} {
		got := p.Submit("submit", map[string]string{"login": name, "password": plintotest.Password})
		if got.Doc == nil {
			t.Fatalf("%q made an account", name)
		}
		if got.Status != want || got.Doc.Find("#login[aria-invalid]").Length() != 1 || got.Doc.Find("#login").AttrOr("value", "") != name {
			t.Errorf("%q: %d %s, want %d", name, got.Status, problem(got), want)
		}
	}
	both := p.Submit("submit", map[string]string{"login": "taken", "password": "short"})
	if text := both.Doc.Find("main").Text(); !strings.Contains(text, "isn’t available") || !strings.Contains(text, "at least 15") {
		t.Errorf("not all that is wrong is said: %s", text)
	}
	if p = p.Submit("submit", map[string]string{"login": "Zoë", "password": plintotest.Password}); p.Left == nil {
		t.Fatalf("%d %s", p.Status, problem(p))
	}
	if s.Browser().SignIn(s.AuthorizeURL(client, nil), "zoë").Get("code") == "" {
		t.Error("the user name does not sign in")
	}
}

// ADR-11: how many names one asks for is limited.
func TestSignUp_namesAreAskedForSlowly(t *testing.T) {
	t.Parallel()
	s := asking(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Ask(s.Browser(), client, newcomer).Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	for i := range 30 {
		got := p.Submit("submit", map[string]string{"login": fmt.Sprintf("somebody%d", i), "password": "short"})
		if got.Status == http.StatusTooManyRequests {
			if i < 10 {
				t.Errorf("after %d names", i)
			}
			return
		}
	}
	t.Error("thirty names were looked up in a row")
}

// Where user names do not sign in, one is like a name that nobody has.
func TestSignIn_byAddressAlone(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{Identifiers: tenant.Identifiers{"email"}}})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.Make(identity.User{Username: "alice", Email: "alice@example.com"})
	sign := func(name string) *plintotest.Page {
		return s.Browser().Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": plintotest.Password})
	}
	if label := s.Browser().Open(s.AuthorizeURL(client, nil)).Doc.Find("label[for=username]").Text(); label != "Email address" {
		t.Errorf("the page asks for %q", label)
	}
	if p := sign("alice"); p.Left != nil || p.Status != http.StatusUnauthorized {
		t.Errorf("by user name: %d", p.Status)
	}
	if p := sign("alice@example.com"); p.Left == nil {
		t.Errorf("by address: %d", p.Status)
	}
}

// A user changes the name, and nobody else gets the old one for a time; they may have it back.
func TestUsernames_areChangedByTheirUsers(t *testing.T) {
	t.Parallel()
	s := asking(t)
	names := &identity.Usernames{Directory: s.Directory(), Limiter: s.Store.Limiter}
	ann, bob := s.Make(identity.User{Username: "ann", Email: "a@example.com"}), s.Make(identity.User{Username: "bob", Email: "b@example.com"})
	change := func(u *identity.User, name string) error {
		_, err := names.Change(s.In(), u, name, "192.0.2.1")
		return err
	}
	for name, want := range map[string]error{"BOB": identity.ErrUsernameTaken, "x": identity.ErrUsernameForm, "security": identity.ErrUsernameTaken} {
		if err := change(&ann, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if err := change(&ann, "Anna"); err != nil {
		t.Fatal(err)
	}
	if err := change(&bob, "ann"); !errors.Is(err, identity.ErrUsernameTaken) {
		t.Errorf("a name that was given up: %v", err)
	}
	for _, name := range []string{"ANN", "Ann", "ann"} { // another way to write it is no other name
		if err := change(&ann, name); err != nil {
			t.Errorf("the own name of before, %q: %v", name, err)
		}
	}
	closed := *s.Tenant
	closed.Settings.Identifiers = nil
	if _, err := names.Change(tenant.With(t.Context(), &closed), &ann, "other", "192.0.2.1"); !errors.Is(err, identity.ErrUsernamesOff) {
		t.Errorf("where nobody chooses: %v", err)
	}
}
