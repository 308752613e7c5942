package main

import (
	"context"
	"testing"
	"time"

	"plinto/identity"
	"plinto/tenant"
)

func TestUserDevices_areListedAndRevoked(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.ok("user", "create", "alice@example.com")
	var none []deviceRow
	if x.into(&none, "user", "devices", "list", "alice@example.com"); len(none) != 0 {
		t.Errorf("devices of who never signed in: %+v", none)
	}
	s := x.store()
	acme, err := s.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	ctx := tenant.With(t.Context(), acme)
	held, err := s.Users.Credential(ctx, "alice@example.com", nil)
	if err == nil {
		err = s.DB.InTx(ctx, func(ctx context.Context) error {
			return s.Devices.Sight(ctx, identity.Sighting{
				UserID: held.User.ID, Hash: []byte("hash"), Mark: held.User.NotBefore, IP: "192.0.2.1", Agent: "A Browser/1.0\u009b31m", RememberFor: time.Hour,
			})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []deviceRow
	if x.into(&all, "user", "devices", "list", "alice@example.com"); len(all) != 1 || all[0].Address != "192.0.2.1" || all[0].RememberedUntil == "" {
		t.Fatalf("got %+v", all)
	}
	x.refused(exitFailed, "no such device", "user", "devices", "revoke", "alice@example.com", "dev_x")
	x.ok("user", "devices", "revoke", "alice@example.com", all[0].ID)
	x.refused(exitFailed, "no such device", "user", "devices", "revoke", "alice@example.com", all[0].ID)
	if x.into(&none, "user", "devices", "list", "alice@example.com"); len(none) != 0 {
		t.Errorf("after it was revoked: %+v", none)
	}
}
