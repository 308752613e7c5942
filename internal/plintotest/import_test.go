package plintotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/admin"
	"plinto/cmd/plinto/app"
	"plinto/event"
	"plinto/identity"
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
	service := s.bulk()
	ctx := event.WithActor(context.WithoutCancel(s.In()), event.Actor{Type: "operator"})
	j, err := service.Start(ctx, []byte("a file"), false)
	s.must(err)
	_, done, err := service.Work(ctx, j, bulk.Keycloak(file), time.Time{})
	if !done {
		err = errors.Join(err, errors.New("the import is not done"))
	}
	s.must(err)
}

// bulk returns the service that imports users, as the command line has it.
func (s *Server) bulk() *bulk.Service {
	s.t.Helper()
	factors, err := mfa.New(s.Root, mfa.Service{Factors: s.Store.Factors, Attempts: s.Store.Attempts, Outbox: s.Store.Outbox, Tx: s.Store.DB, Now: time.Now})
	s.must(err)
	contract, err := admin.ReadContract()
	s.must(err)
	directory := s.Directory()
	directory.Managed, directory.Batch = s.Store.Users, s.Store.Users
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	service, err := app.NewBulk(s.Store, s.Root, directory, factors, roles, contract, time.Now)
	s.must(err)
	return service
}

// meanwhile are lines of which something happens before one is read.
type meanwhile struct {
	lines []string
	at    int
	do    func()
}

// Next implements bulk.Lines.
func (m *meanwhile) Next() (bulk.Line, error) {
	if m.at--; m.at == -1 {
		m.do()
	}
	if len(m.lines) == 0 {
		return bulk.Line{}, io.EOF
	}
	line := m.lines[0]
	m.lines = m.lines[1:]
	return bulk.Line{Raw: []byte(line)}, nil
}

// BLK-02: whoever loses the right to import has nothing more imported, also of a file that they sent before.
func TestImport_endsWithTheRightOfWhoAskedForIt(t *testing.T) {
	t.Parallel()
	s := Start(t)
	service, boss := s.bulk(), s.User("boss@example.com")
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	s.must(roles.Assign(s.In(), boss.ID, organization.Administrator))
	ctx := event.WithActor(s.In(), event.Actor{Type: "user", ID: boss.PublicID()})
	asked := organization.WithRights(ctx, []string{string(organization.UsersImport), string(organization.UsersWrite)})
	file := &meanwhile{at: 500, do: func() { s.must(roles.Unassign(s.In(), boss.ID, organization.Administrator)) }} // a step is 500 lines
	for i := range 600 {
		file.lines = append(file.lines, fmt.Sprintf(`{"username": "u%d"}`, i))
	}
	j, err := service.Start(asked, []byte("a file"), false)
	s.must(err)
	if _, done, err := service.Work(ctx, j, file, time.Time{}); done || !errors.Is(err, bulk.ErrRightLost) {
		t.Errorf("the import ended with %v, %v", done, err)
	}
	if all, err := s.Store.Users.Page(s.In(), uuid.Nil, 1000); err != nil || len(all) != 501 {
		t.Errorf("there are %d users, %v; want 500 that were imported", len(all), err)
	}
}

// BLK-02: whoever loses the right to export is sent no further page, however slowly they read.
func TestExport_endsWithTheRightOfWhoAskedForIt(t *testing.T) {
	t.Parallel()
	s := Start(t)
	service, boss := s.bulk(), s.User("boss@example.com")
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	s.must(roles.Assign(s.In(), boss.ID, organization.Administrator))
	lines := make([]string, 600)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"username": "u%d"}`, i)
	}
	j, err := service.Start(s.In(), []byte("a file"), false)
	s.must(err)
	_, _, err = service.Work(s.In(), j, &meanwhile{lines: lines, at: -1}, time.Time{})
	s.must(err)
	ctx := event.WithActor(s.In(), event.Actor{Type: "user", ID: boss.PublicID()})
	asked := organization.WithRights(ctx, []string{string(organization.UsersExport)})
	for name, c := range map[string]struct {
		lose func()
		want int
	}{
		"who keeps it": {func() {}, 601},
		"who loses it": {func() { s.must(roles.Unassign(s.In(), boss.ID, organization.Administrator)) }, 100},
	} {
		s.must(roles.Assign(s.In(), boss.ID, organization.Administrator))
		got := &reader{first: c.lose}
		if err := service.Export(asked, got, false); errors.Is(err, bulk.ErrRightLost) != (c.want == 100) || got.lines != c.want {
			t.Errorf("%s is sent %d users, %v", name, got.lines, err)
		}
	}
}

// A reader counts lines, and does something when the first of them have come.
type reader struct {
	first func()
	lines int
}

// Write implements io.Writer.
func (r *reader) Write(p []byte) (int, error) {
	if r.lines == 0 {
		r.first()
	}
	r.lines += bytes.Count(p, []byte("\n"))
	return len(p), nil
}

// BLK-11: a password that somebody sets while their line is worked off stays theirs.
func TestImport_leavesAPasswordThatWasSetMeanwhile(t *testing.T) {
	t.Parallel()
	s := Start(t)
	service, operator := s.bulk(), event.Actor{Type: "operator"}
	ann := identity.User{Email: "ann@example.com", Kept: &identity.Kept{ExternalID: "7"}}
	ann, err := s.Directory().Create(s.In(), operator, ann, "")
	s.must(err)
	set := 0
	service.Act = func(context.Context, uuid.UUID) error { // the line was read, and ann had no password then
		set++
		return s.Directory().SetPassword(s.In(), event.Actor{Type: "user", ID: ann.PublicID()}, ann, "a password of her own", uuid.Nil)
	}
	ctx := event.WithActor(s.In(), operator)
	j, err := service.Start(ctx, []byte("a file"), false)
	s.must(err)
	lines := bulk.NewLines(strings.NewReader(`{"external_id": "7", "password_hash": "$2a$04$5lNTkcrRDwCbXWPhiBZ2EuCXw7L1LbjbpDSGJX2kQBhJLMwIuWdpy"}`))
	over, _, err := service.Work(ctx, j, lines, time.Time{})
	s.must(err)
	held, err := s.Store.Users.Credential(s.In(), "ann@example.com", nil)
	s.must(err)
	if set != 1 || strings.HasPrefix(held.PasswordHash, "$2a$") || over.Refused != 0 {
		t.Errorf("after %+v her password is %.10s…", over.Counts, held.PasswordHash)
	}
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
