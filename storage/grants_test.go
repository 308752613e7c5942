package storage

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/provider"
)

func consentOf(s story) provider.Consent {
	return provider.Consent{UserID: s.user.ID, ClientID: s.client, Scopes: []string{"openid", "profile"}}
}

func TestGrant_isRevokedOnceWithOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	must(t, w.grants.Revoke(w.other(), s.grant.ID, "test"))
	if w.revoked(s) {
		t.Fatal("another tenant revoked the grant")
	}
	for _, err := range parallel(10, func(int) error { return w.grants.Revoke(w.ctx(), s.grant.ID, "test") }) {
		must(t, err)
	}
	must(t, w.grants.Revoke(w.ctx(), uuid.New(), "made up"))
	if n := w.events(event.GrantRevoked); n != 1 || !w.revoked(s) {
		t.Errorf("got %d events, revoked %v; want 1 and true", n, w.revoked(s))
	}
}

func TestGrant_isNotRevokedWhenItsEventFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`)
	w.sql(`CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`)
	if err := w.grants.Revoke(w.ctx(), s.grant.ID, "test"); err == nil || w.revoked(s) {
		t.Errorf("got %v, revoked %v; want an error and false", err, w.revoked(s))
	}
}

func TestConsent_growsAndIsForgottenWithItsGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`UPDATE grants SET offline = true WHERE id = $1`, s.grant.ID)
	c := consentOf(s)
	scopes := func(ctx context.Context) []string {
		t.Helper()
		got, err := w.consents.Of(ctx, c.UserID, c.ClientID)
		must(t, err)
		return got.Scopes
	}
	if got := scopes(w.ctx()); got != nil {
		t.Errorf("got %v before anything was allowed", got)
	}
	must(t, w.consents.Allow(w.ctx(), c))
	c.Scopes = []string{"email", "openid"}
	must(t, w.consents.Allow(w.ctx(), c))
	if diff := cmp.Diff([]string{"email", "openid", "profile"}, scopes(w.ctx())); diff != "" {
		t.Errorf("scopes differ (-want +got):\n%s", diff)
	}
	if got := scopes(w.other()); got != nil {
		t.Errorf("another tenant sees %v", got)
	}
	must(t, w.consents.Revoke(w.other(), c.UserID, c.ClientID))
	if err := w.consents.Allow(w.other(), c); err == nil {
		t.Error("another tenant stored a consent of this tenant's user")
	}
	if len(scopes(w.ctx())) != 3 || w.revoked(s) {
		t.Error("another tenant revoked the consent")
	}
	for range 2 { // TOK-12
		must(t, w.consents.Revoke(w.ctx(), c.UserID, c.ClientID))
	}
	if got := scopes(w.ctx()); got != nil || !w.revoked(s) {
		t.Errorf("got %v, revoked %v; want nothing and true", got, w.revoked(s))
	}
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("rotation: got %v, want ErrGrantRevoked", err)
	}
	if given, taken := w.events(event.ConsentGranted), w.events(event.ConsentRevoked); given != 2 || taken != 1 {
		t.Errorf("got %d events of giving and %d of taking, want 2 and 1", given, taken)
	}
}
