package plintotest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"plinto/admin"
	"plinto/cmd/plinto/app"
	"plinto/event"
	"plinto/identity/bulk"
	"plinto/identity/mfa"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// Whoever came from Keycloak signs in as there: by the old password, whichever its hash, and the old app.
func TestImportKeycloak_usersSignInAsBefore(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Settings: tenant.Settings{MFA: tenant.MFA{Policy: tenant.MFAOptional}}})
	s.importKeycloak("../../cmd/plinto/testdata/keycloak/realm.json")
	c, _ := s.Client(web("https://rp.example/cb"), FirstParty)
	for _, name := range []string{"anna", "dieter", "franz", "hugo", "leo@example.com", "paula"} {
		user, _, _ := strings.Cut(name, "@")
		if p := s.tries(c, name, user+" has a long password"); p.Left == nil || p.Left.Query().Get("code") == "" {
			t.Errorf("%s is not signed in: at %s", name, p.URL)
		}
		if p := s.tries(c, name, "anna has another password"); p.Left != nil {
			t.Errorf("%s signs in by any password", name)
		}
	}
	if p := s.tries(c, "ines", "ines has a long password"); p.Left != nil {
		t.Error("a disabled user signs in")
	}
	if p := s.tries(c, "klara", ""); p.Left != nil {
		t.Error("a user without a password signs in")
	}
	p := s.tries(c, "rita", "rita has a long password")
	if p.Left != nil {
		t.Fatal("rita is not asked for a code")
	}
	code, _, err := mfa.CodeOf("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if p = p.Submit("submit", map[string]string{"code": code}); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("rita's code is not taken: at %s", p.URL)
	}
	if p := s.tries(c, "jonas", "jonas has a long password"); p.Left != nil || p.Doc == nil || p.Doc.Find("#new-password").Length()+p.Doc.Find("input[name=password]").Length() == 0 {
		t.Errorf("jonas is not asked for another password: at %s", p.URL)
	}
}

// tries signs in with a password, in a browser of its own.
func (s *Server) tries(c *provider.Client, name, password string) *Page {
	s.t.Helper()
	return s.Browser().Open(s.AuthorizeURL(c, nil)).Submit("submit", map[string]string{"username": name, "password": password})
}

// importKeycloak imports a realm, as the command line does.
func (s *Server) importKeycloak(name string) {
	s.t.Helper()
	file, err := os.Open(name)
	s.must(err)
	defer file.Close()
	factors, err := mfa.New(s.Root, mfa.Service{Factors: s.Store.Factors, Attempts: s.Store.Attempts, Outbox: s.Store.Outbox, Tx: s.Store.DB, Now: time.Now})
	s.must(err)
	contract, err := admin.ReadContract()
	s.must(err)
	directory := s.Directory()
	directory.Managed, directory.Batch = s.Store.Users, s.Store.Users
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	service, err := app.NewBulk(s.Store, s.Root, directory, factors, roles, contract, time.Now)
	s.must(err)
	ctx := event.WithActor(context.WithoutCancel(s.In()), event.Actor{Type: "operator"})
	j, err := service.Start(ctx, []byte("a file"), false)
	s.must(err)
	_, done, err := service.Work(ctx, j, bulk.Keycloak(file), time.Time{})
	if !done {
		err = errors.Join(err, errors.New("the import is not done"))
	}
	s.must(err)
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
