package storage

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"plinto/provider"
	"plinto/tenant"
)

// listening returns access tokens held in memory by an instance of its own that
// hears what changes.
func (w *world) listening() *AccessTokens {
	w.t.Helper()
	heard := &hearing{}
	tokens := newAccessTokens(newDB(w.app), w.outbox, heard)
	c := &changes{config: w.platform.Config().ConnConfig, hearing: heard, log: slog.New(slog.DiscardHandler), hooks: map[string][]func(tenant.ID){}}
	for _, table := range endingTables {
		c.on(table, tokens.cache.drop)
	}
	go c.run(w.t.Context())
	w.eventually("the instance listens", heard.yes.Load)
	return tokens
}

// eventually waits for what another instance causes, less long than anything is
// held anyway.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(cacheTokens - time.Second)
	for tick := time.NewTicker(time.Millisecond); !ok(); {
		select {
		case <-deadline:
			w.t.Fatalf("not within %v: %s", cacheTokens-time.Second, what)
		case <-tick.C:
		}
	}
}

func TestAccessToken_heldInMemoryDiesWhenAnotherInstanceEndsWhatItStandsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here := w.listening()
	for name, sql := range fallen {
		if name == "grant expired" {
			continue // nobody does that; the token itself expires before
		}
		s := w.redeemed()
		opaque := w.opaque(s)
		_, _, _, err := here.Inspect(w.ctx(), opaque)
		must(t, err)
		_, _, err = here.InspectJWT(w.ctx(), "jti", s.grant.ID)
		must(t, err)
		w.sql(sql, s.grant.ID)
		w.eventually(name, func() bool {
			_, _, _, opaque := here.Inspect(w.ctx(), opaque)
			_, _, jwt := here.InspectJWT(w.ctx(), "jti", s.grant.ID)
			return errors.Is(opaque, provider.ErrTokenUnknown) && errors.Is(jwt, provider.ErrTokenUnknown)
		})
	}
}

func TestAccessToken_heldInMemoryDiesWhenAnotherInstanceRevokesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, s := w.listening(), w.redeemed()
	opaque := w.opaque(s)
	_, _, _, err := here.Inspect(w.ctx(), opaque)
	must(t, err)
	_, _, err = here.InspectJWT(w.ctx(), "jti", s.grant.ID)
	must(t, err)
	must(t, w.access.Revoke(w.ctx(), opaque, provider.RevokedToken{}))
	must(t, w.access.RevokeJWT(w.ctx(), time.Now().Add(time.Hour), provider.RevokedToken{JTI: "jti"}))
	w.eventually("revoked", func() bool {
		_, _, _, opaque := here.Inspect(w.ctx(), opaque)
		_, _, jwt := here.InspectJWT(w.ctx(), "jti", s.grant.ID)
		return errors.Is(opaque, provider.ErrTokenUnknown) && errors.Is(jwt, provider.ErrTokenUnknown)
	})
}

// The instance that ends a token forgets it before it answers.
func TestAccessToken_heldInMemoryIsForgottenAtOnceByWhoEndsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard := &hearing{}
	heard.yes.Store(true) // and nobody tells it anything
	here := newAccessTokens(w.db, w.outbox, heard)
	ends := map[string]func(s story, opaque []byte) error{
		"revoked":       func(_ story, opaque []byte) error { return here.Revoke(w.ctx(), opaque, provider.RevokedToken{}) },
		"grant revoked": func(s story, _ []byte) error { return w.grants.Revoke(w.ctx(), s.grant.ID, "test") },
		"user deleted":  func(s story, _ []byte) error { return w.users.Delete(w.ctx(), s.grant.UserID) },
	}
	for name, end := range ends {
		s := w.redeemed()
		opaque := w.opaque(s)
		_, _, _, err := here.Inspect(w.ctx(), opaque)
		must(t, err)
		must(t, end(s, opaque))
		if _, _, _, err := here.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: got %v, want ErrTokenUnknown", name, err)
		}
	}
}
