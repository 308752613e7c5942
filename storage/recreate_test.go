package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/provider"
)

// namesake makes a client anew with the client_id that one has, which is deleted.
func (w *world) namesake(clientID string) uuid.UUID {
	w.t.Helper()
	r := w.registrar()
	must(w.t, r.Delete(w.ctx(), clientID))
	made := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: clientID, Metadata: provider.Metadata{}.WithDefaults()}
	must(w.t, r.Create(w.ctx(), made))
	return made.ID
}

// CLI-22: an assertion that a client had spent when it was deleted is spent for a
// client of the same client_id, which may have the same keys.
func TestAssertion_spentByADeletedClientStaysSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assertions, id, spent, late := newAssertions(w.db), w.client(), random(), random()
	soon := time.Now().Add(time.Hour)
	must(t, assertions.Spend(w.ctx(), id, spent, soon))
	// One more is being spent while the client is deleted.
	var next uuid.UUID
	must(t, w.holding(func(ctx context.Context) error { return assertions.Spend(ctx, id, late, soon) },
		func(context.Context) error { next = w.namesake("c" + id.String()); return nil }))
	for name, hash := range map[string][]byte{"before": spent, "meanwhile": late} {
		if err := assertions.Spend(w.ctx(), next, hash, soon); !errors.Is(err, provider.ErrAssertionSpent) {
			t.Errorf("spent %s the client was deleted: got %v, want ErrAssertionSpent", name, err)
		}
		third := w.namesake("c" + id.String()) // and again
		if err := assertions.Spend(w.ctx(), third, hash, soon); !errors.Is(err, provider.ErrAssertionSpent) {
			t.Errorf("spent %s, after another deletion: got %v, want ErrAssertionSpent", name, err)
		}
		next = third
	}
	if err := assertions.Spend(w.ctx(), next, random(), soon); err != nil {
		t.Errorf("a fresh one: %v", err)
	}
	if err := assertions.Spend(w.ctx(), w.client(), spent, soon); err != nil {
		t.Errorf("another client's: %v", err)
	}
}

// CLI-22: nothing that a deleted client had is good for a client of its client_id.
func TestClient_madeAnewHasNothingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.offline()
	opaque := w.opaque(s)
	own := provider.AccessToken{Hash: random(), JTI: "j", ClientID: s.client, Subject: "c", ExpiresAt: now().Add(time.Hour)}
	must(t, w.access.Create(w.ctx(), own))
	must(t, w.consents.Allow(w.ctx(), consentOf(s)))
	pushed, uri := newPushedRequests(w.db), random()
	must(t, pushed.Push(w.ctx(), uri, provider.PushedRequest{ClientID: s.client}, time.Minute))
	s.client = w.namesake("c" + s.client.String())
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrRefreshUnknown) {
		t.Errorf("the refresh token: got %v, want ErrRefreshUnknown", err)
	}
	if _, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrCodeUnknown) {
		t.Errorf("the code: got %v, want ErrCodeUnknown", err)
	}
	for name, hash := range map[string][]byte{"user's": opaque, "own": own.Hash} {
		if _, _, _, err := w.access.Inspect(w.ctx(), hash); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("the %s opaque token: got %v, want ErrTokenUnknown", name, err)
		}
	}
	if _, _, err := w.access.InspectJWT(w.ctx(), "jti", s.grant.ID); !errors.Is(err, provider.ErrTokenUnknown) {
		t.Errorf("the JWT: got %v, want ErrTokenUnknown", err)
	}
	if _, err := pushed.Find(w.ctx(), uri); !errors.Is(err, provider.ErrPushedUnknown) {
		t.Errorf("the pushed request: got %v, want ErrPushedUnknown", err)
	}
	if n := w.count(`SELECT count(*) FROM user_consents`); n != 0 {
		t.Errorf("%d consents are left", n)
	}
}
