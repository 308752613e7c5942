package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/testworld"
	"plinto/tenant"
)

// connects makes a connection of the tenant acme.
func (x *terminal) connects() connectionRow {
	x.t.Helper()
	x.ok("tenant", "create", "acme")
	x.in = "the secret of the provider"
	x.ok("connection", "create", "work", "--name", "Work", "--issuer", "https://idp.example.com", "--client-id", "plinto", "--secret-stdin")
	x.in = ""
	var row connectionRow
	x.into(&row, "connection", "show", "work")
	return row
}

func TestConnection_isManagedByCommands(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	row := x.connects()
	const base = "https://id.example.com/t/acme/federation/work/"
	if row.RedirectURI != base+"callback" || row.LogoutURI != base+"backchannel-logout" || row.LoggedOutURI != base+"logged-out" || row.State != "enabled" || row.Provision != "off" {
		t.Errorf("made %+v", row)
	}
	x.ok("connection", "update", "work", "--name", "Work 2", "--email-domains", "Example.com", "--provision", "domain", "--rp-initiated-logout",
		"--authorization-endpoint", "https://idp.example.com/a", "--token-endpoint", "https://idp.example.com/t", "--jwks-uri", "https://idp.example.com/k")
	x.ok("connection", "update", "work", "--end-session-endpoint", "https://idp.example.com/out")
	x.into(&row, "connection", "show", row.ID)
	if row.Name != "Work 2" || row.EmailDomains[0] != "example.com" || !row.RPLogout || row.Endpoints.Token != "https://idp.example.com/t" || row.Endpoints.EndSession != "https://idp.example.com/out" || row.Issuer != "https://idp.example.com" {
		t.Errorf("changed to %+v, %+v", row, row.Endpoints)
	}
	if out := x.ok("connection", "update", "work", "--auth-method", "private_key_jwt") + x.ok("connection", "list"); strings.Contains(out, "the secret") || !strings.Contains(out, "work") {
		t.Errorf("said %s", out)
	}
	x.refused(exitUsage, "issuer must be an https URL", "connection", "update", "work", "--issuer", "http://idp.example.com")
	x.refused(exitFailed, "no connection", "connection", "show", "other")
	x.refused(exitFailed, "Another connection has that slug", "connection", "create", "work", "--name", "W", "--issuer", "https://idp.example.com", "--client-id", "p", "--auth-method", "private_key_jwt")
	x.ok("connection", "disable", "work")
	if x.into(&row, "connection", "show", "work"); row.State != "disabled" {
		t.Errorf("disabled: %s", row.State)
	}
	x.ok("connection", "enable", "work")
	x.refused(exitUsage, "--yes", "connection", "delete", "work")
	x.ok("connection", "delete", "work", "--yes")
	x.refused(exitFailed, "no connection", "connection", "show", "work")
}

// begins has a user sign in with a connection: it returns how many sessions they have.
func (x *terminal) begins(email, connection string) (sessions func() int) {
	x.t.Helper()
	s := x.store()
	acme, err := s.Tenants.BySlug(x.t.Context(), "acme")
	if err != nil {
		x.t.Fatal(err)
	}
	ctx := tenant.With(x.t.Context(), acme)
	held, err := s.Users.Credential(ctx, email, nil)
	if err != nil {
		x.t.Fatal(err)
	}
	c, err := s.Connections.BySlug(ctx, connection)
	if err != nil {
		x.t.Fatal(err)
	}
	i := federation.Identity{ID: uuid.Must(uuid.NewV7()), Connection: c.ID, Issuer: c.Issuer, Subject: "s" + c.ID.String(), UserID: held.User.ID, Label: "al\u001b[31mice"}
	begun := testworld.Session(held.User, func(s *identity.Session) {
		s.Upstream = identity.Upstream{Connection: c.ID, Identity: i.ID, Epoch: c.Epoch}
	})
	err = s.DB.InTx(ctx, func(ctx context.Context) error {
		if err := s.Identities.Add(ctx, i, held.User.NotBefore); err != nil {
			return err
		}
		return s.Sessions.Create(ctx, begun)
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return func() int {
		x.t.Helper()
		all, err := s.Sessions.Of(ctx, held.User.ID, 10)
		if err != nil {
			x.t.Fatal(err)
		}
		return len(all)
	}
}

func TestConnection_endsSessionsOnRequest(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.connects()
	x.ok("user", "create", "alice@example.com")
	sessions := x.begins("alice@example.com", "work")
	if sessions() != 1 {
		t.Fatal("the session is not there")
	}
	x.ok("connection", "disable", "work")
	if sessions() != 0 {
		t.Error("it serves while the connection is disabled")
	}
	if x.ok("connection", "enable", "work"); sessions() != 1 {
		t.Error("it does not serve again")
	}
	if out := x.ok("connection", "disable", "work", "--end-sessions"); !strings.Contains(out, "Sessions that end: 1.") {
		t.Errorf("said %q", out)
	}
	if x.ok("connection", "enable", "work"); sessions() != 0 {
		t.Error("it serves again")
	}
}

func TestUserIdentities_areListedAndRemoved(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.connects()
	x.ok("user", "create", "alice@example.com")
	var rows []identityRow
	if x.into(&rows, "user", "identities", "list", "alice@example.com"); len(rows) != 0 {
		t.Errorf("of who has none: %+v", rows)
	}
	sessions := x.begins("alice@example.com", "work")
	if x.into(&rows, "user", "identities", "list", "alice@example.com"); len(rows) != 1 || rows[0].Connection != "work" || rows[0].Issuer != "https://idp.example.com" {
		t.Fatalf("listed %+v", rows)
	}
	if at, err := time.Parse(time.RFC3339, rows[0].LinkedAt); err != nil || time.Since(at) > time.Hour {
		t.Errorf("linked at %q", rows[0].LinkedAt)
	}
	if out := x.ok("user", "identities", "list", "alice@example.com"); strings.Contains(out, "\u001b") {
		t.Errorf("a terminal is told %q", out)
	}
	x.refused(exitFailed, "no identity", "user", "identities", "remove", "alice@example.com", "idn_x")
	x.ok("user", "identities", "remove", "alice@example.com", rows[0].ID)
	x.refused(exitFailed, "no identity", "user", "identities", "remove", "alice@example.com", rows[0].ID)
	if sessions() != 0 {
		t.Error("what was begun with it goes on")
	}
}
