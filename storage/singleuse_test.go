package storage

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/provider"
	"plinto/provider/grants"
)

// A singleUse is an artefact that is good once.
type singleUse struct {
	// make stores a fresh one and returns what spends it, for its owner or another.
	make func(w *world) (spend func(ctx context.Context, owner bool) error)
	// expire is SQL that lets every one of them expire; "" where expiry is looked at
	// elsewhere: a pushed request is found within its minute and answered later.
	expire string
	// owned says that it belongs to a client.
	owned bool
}

var singleUses = map[string]singleUse{
	"code": {func(w *world) func(context.Context, bool) error {
		s, other := w.issued(), w.client()
		return func(ctx context.Context, owner bool) error {
			_, err := w.spends.Redeem(ctx, pick(owner, s.client, other), s.code.Hash, provider.RefreshToken{})
			return err
		}
	}, `UPDATE codes SET expires_at = now() - interval '1 second'`, true},
	"refresh token without grace": {func(w *world) func(context.Context, bool) error {
		s, other := w.redeemed(), w.client()
		return func(ctx context.Context, owner bool) error {
			_, err := w.spends.Rotate(ctx, grants.Use{ClientID: pick(owner, s.client, other), Token: s.refresh},
				provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, []byte("x"))
			return err
		}
	}, `UPDATE refresh_tokens SET expires_at = now() - interval '1 second'`, true},
	"pushed request": {func(w *world) func(context.Context, bool) error {
		pushed, hash, client, other := newPushedRequests(w.db), random(), w.client(), w.client()
		must(w.t, pushed.Push(w.ctx(), hash, provider.PushedRequest{ClientID: client}, time.Minute))
		return func(ctx context.Context, owner bool) error {
			return pushed.Spend(ctx, pick(owner, client, other), hash)
		}
	}, "", true},
	"assertion": {func(w *world) func(context.Context, bool) error {
		assertions, client, jti := newAssertions(w.db), w.client(), random()
		return func(ctx context.Context, _ bool) error {
			return assertions.Spend(ctx, client, jti, time.Now().Add(time.Minute))
		}
	}, "", false},
	"one-time token": {func(w *world) func(context.Context, bool) error {
		tokens, hash, purpose := newOneTimeTokens(w.db), random(), uuid.NewString()
		must(w.t, tokens.Issue(w.ctx(), purpose, hash, nil, time.Hour))
		return func(ctx context.Context, owner bool) error {
			_, err := tokens.Spend(ctx, pick(owner, purpose, "another"), hash)
			return err
		}
	}, `UPDATE one_time_tokens SET expires_at = now() - interval '1 second'`, true},
	"initial access token": {func(w *world) func(context.Context, bool) error {
		registrations, hash := &Registrations{&Clients{DB: w.db}}, random()
		w.sql(`INSERT INTO initial_access_tokens (tenant_id, id, name, hash, uses_left, expires_at) VALUES ($1, $2, 'test', $3, 1, now() + interval '1 hour')`,
			uuid.UUID(w.tenants[0].ID), uuid.New(), hash)
		return func(ctx context.Context, _ bool) error {
			_, err := registrations.spend(ctx, hash)
			return err
		}
	}, `UPDATE initial_access_tokens SET expires_at = now() - interval '1 second'`, false},
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}

// {Every single-use artefact} × {replay, race, expiry, another owner, another
// tenant}: it is spent once, in time, by its owner, at home; who may not spend it
// uses nothing up.
func TestSingleUse_ofEveryArtefact(t *testing.T) {
	t.Parallel()
	for name, kind := range singleUses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			replayed := kind.make(w)
			if err := replayed(w.other(), true); err == nil {
				t.Error("spent in another tenant")
			}
			if kind.owned && replayed(w.ctx(), false) == nil {
				t.Error("spent by another owner")
			}
			must(t, replayed(w.ctx(), true))
			if replayed(w.ctx(), true) == nil {
				t.Error("spent twice")
			}
			for range 5 {
				raced, won := kind.make(w), 0
				for _, err := range parallel(50, func(int) error { return raced(w.ctx(), true) }) {
					if err == nil {
						won++
					}
				}
				if won != 1 {
					t.Errorf("of fifty at once %d won", won)
				}
			}
			if kind.expire == "" {
				return
			}
			late := kind.make(w)
			w.sql(kind.expire)
			if late(w.ctx(), true) == nil {
				t.Error("spent after its end")
			}
		})
	}
}
