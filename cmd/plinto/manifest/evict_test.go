package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/identity"
)

// session makes a session of the user with that email.
func (s *scene) session(ctx context.Context, email string) (token []byte) {
	s.t.Helper()
	held, err := s.target.Users.Credential(ctx, email, nil)
	u := held.User
	if err != nil {
		s.t.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7())
	token = bytes.Repeat(id[:], 2)
	err = s.store.Sessions.Create(ctx, identity.Session{
		ID: id, TokenHash: token, UserID: u.ID, Mark: u.NotBefore, AuthTime: time.Now(),
		IdleTTL: time.Hour, ExpiresAt: time.Now().Add(time.Hour), CreatedAt: time.Now(), SeenAt: time.Now(), RotatedAt: time.Now(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// told returns the types of what was told of since, oldest first.
func (s *scene) told() (kinds []string) {
	s.t.Helper()
	rows, _ := s.owner.Query(s.t.Context(), `WITH told AS (DELETE FROM audit_log RETURNING occurred_at, id, type) SELECT type FROM told ORDER BY occurred_at, id`)
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	return kinds
}

// SES-21: a user who is disabled or deleted by a manifest loses their sessions, as by the
// command, and the audit log says which it was.
func TestApply_endsTheSessionsOfWhoIsDisabledOrDeleted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const (
		enabled  = `tenants: [{slug: a, users: [{email: a@example.com}, {email: b@example.com}]}]`
		disabled = `tenants: [{slug: a, users: [{email: a@example.com, disabled: true}, {email: b@example.com}]}]`
		deleted  = `tenants: [{slug: a, users: [{email: b@example.com}]}]`
	)
	s.apply(enabled, true)
	ctx := s.in("a")
	spared := s.session(ctx, "b@example.com")
	for _, c := range []struct {
		doc  string
		want []string
	}{
		{disabled, []string{"session.ended", "user.disabled"}},
		{enabled, []string{"user.enabled"}},
		{deleted, []string{"session.ended", "user.deleted"}},
	} {
		var token []byte
		if c.doc != enabled {
			token = s.session(ctx, "a@example.com")
		}
		s.told()
		s.apply(c.doc, true)
		if got := s.told(); !slices.Equal(got, c.want) {
			t.Errorf("%s: told of %q, want %q", c.doc, got, c.want)
		}
		if token == nil {
			continue
		}
		if _, err := s.store.Sessions.ByToken(ctx, token); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: got %v, want no session", c.doc, err)
		}
	}
	if _, err := s.store.Sessions.ByToken(ctx, spared); err != nil {
		t.Errorf("the session of somebody else: %v", err)
	}
}

// Disabling is no update: clients and tenants have events of their own for it, and only
// those when nothing else changes.
func TestApply_tellsOfDisablingAsSuch(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const (
		enabled        = `tenants: [{slug: a, clients: [{client_id: web, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/cb"]}]}]`
		disabledClient = `tenants: [{slug: a, clients: [{client_id: web, disabled: true, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/cb"]}]}]`
		disabledTenant = `tenants: [{slug: a, disabled: true, clients: [{client_id: web, token_endpoint_auth_method: none, redirect_uris: ["https://a.example/cb"]}]}]`
	)
	s.apply(enabled, false)
	s.told()
	for _, c := range []struct {
		doc  string
		want []string
	}{
		{disabledClient, []string{"client.disabled"}},
		{disabledTenant, []string{"tenant.disabled", "client.enabled"}},
		{disabledTenant, nil},
		{enabled, []string{"tenant.enabled"}},
	} {
		s.apply(c.doc, false)
		if got := s.told(); !slices.Equal(got, c.want) {
			t.Errorf("%s: told of %q, want %q", c.doc, got, c.want)
		}
	}
}
