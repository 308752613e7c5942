package storage

import (
	"testing"

	"github.com/google/uuid"

	"plinto/event"
)

func TestGrant_isRevokedOnceWithOneEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	must(t, w.spends.Revoke(w.other(), s.grant.ID, "test"))
	if w.revoked(s) {
		t.Fatal("another tenant revoked the grant")
	}
	for _, err := range parallel(10, func(int) error { return w.spends.Revoke(w.ctx(), s.grant.ID, "test") }) {
		must(t, err)
	}
	must(t, w.spends.Revoke(w.ctx(), uuid.New(), "made up"))
	if n := w.events(event.GrantRevoked{}); n != 1 || !w.revoked(s) {
		t.Errorf("got %d events, revoked %v; want 1 and true", n, w.revoked(s))
	}
}

func TestGrant_isNotRevokedWhenItsEventFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$`)
	w.sql(`CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`)
	if err := w.spends.Revoke(w.ctx(), s.grant.ID, "test"); err == nil || w.revoked(s) {
		t.Errorf("got %v, revoked %v; want an error and false", err, w.revoked(s))
	}
}
