package storage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/provider"
)

// What left the JWKS cannot sign any more, and is forgotten later.
func TestKeys_loseTheirPrivateHalfWhenTheyAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys, ctx := &Keys{w.db}, w.ctx()
	fresh := func(kid string) provider.SigningKey {
		return provider.SigningKey{ID: uuid.Must(uuid.NewV7()), KID: kid, Alg: "ES256", State: provider.KeyActive, Public: []byte("p"), Sealed: []byte("s")}
	}
	if _, err := keys.Create(ctx, fresh("long gone")); err != nil {
		t.Fatal(err)
	}
	for _, next := range []struct {
		kid  string
		gone time.Duration // of the one before
	}{{"gone", provider.RememberGone + time.Hour}, {"going", time.Hour}, {"signs", -time.Hour}} {
		if _, err := keys.Activate(ctx, "ES256", "", time.Now().Add(-next.gone)); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Create(ctx, fresh(next.kid)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := keys.Drop(ctx); err != nil {
			t.Fatal(err)
		}
		all, err := keys.All(ctx)
		if err != nil {
			t.Fatal(err)
		}
		sealed := map[string]int{}
		for _, k := range all {
			sealed[k.KID] = len(k.Sealed)
		}
		if len(sealed) != 3 || sealed["gone"] != 0 || sealed["going"] != 1 || sealed["signs"] != 1 {
			t.Errorf("kept: %v", sealed)
		}
	}
}
