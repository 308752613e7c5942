package storage

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plinto/event"
	"plinto/provider"
)

func TestRefreshToken_isRotatedInOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	old := s.refresh
	for range 3 {
		next := random()
		n := w.counted.during(func() {
			got, err := w.rotate(s, old, next)
			must(t, err)
			if diff := cmp.Diff(s.grant, got.Grant, cmpopts.IgnoreFields(provider.Grant{}, "CreatedAt")); diff != "" {
				t.Errorf("grant differs (-want +got):\n%s", diff)
			}
			if got.User.ID != s.user.ID || got.Retried || got.Successor != nil {
				t.Errorf("got user %v, retried %v, successor %q; want a first use", got.User.ID, got.Retried, got.Successor)
			}
		})
		if n != 1 {
			t.Errorf("got %d statements, want 1", n)
		}
		old = next
	}
	g, expires, err := w.refresh.Inspect(w.ctx(), old)
	must(t, err)
	if g.ID != s.grant.ID || time.Until(expires) > time.Hour || time.Until(expires) < 59*time.Minute {
		t.Errorf("got grant %v until %v, want %v for an hour", g.ID, expires, s.grant.ID)
	}
}

func TestRefreshToken_livesNoLongerThanItsGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`UPDATE grants SET expires_at = now() + interval '10 minutes' WHERE id = $1`, s.grant.ID)
	next := random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	_, expires, err := w.refresh.Inspect(w.ctx(), next)
	must(t, err)
	if time.Until(expires) > 10*time.Minute {
		t.Errorf("expires in %v, want at most 10 minutes", time.Until(expires))
	}
}

// The answer was lost: the client asks again and gets the same successor.
func TestRefreshToken_usedAgainWithinGraceReturnsTheSameSuccessorTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	next := random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	for range 2 {
		n := w.counted.during(func() {
			got, err := w.rotate(s, s.refresh, random())
			must(t, err)
			if !got.Retried || !bytes.Equal(got.Successor, append([]byte("sealed "), next...)) || got.User.ID != s.user.ID {
				t.Errorf("got retried %v, successor %q; want the first one", got.Retried, got.Successor)
			}
		})
		if n > 3 {
			t.Errorf("a retry took %d statements, want at most 3", n)
		}
	}
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrRefreshReused) || !w.revoked(s) {
		t.Errorf("third retry: got %v, revoked %v; want ErrRefreshReused and true", err, w.revoked(s))
	}
	if n := w.events(event.TokenReuseDetected); n != 1 {
		t.Errorf("got %d events, want 1", n)
	}
}

// TOK-03: both branches of a fork hold the same successor, and the first to go
// on closes the window for the other.
func TestRefreshToken_usedAgainAfterItsSuccessorRevokes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	next := random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	_, err = w.rotate(s, next, random())
	must(t, err)
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrRefreshReused) || !w.revoked(s) {
		t.Errorf("got %v, revoked %v; want ErrRefreshReused and true", err, w.revoked(s))
	}
}

// TOK-01, F-11: order decides. Neither a late retry nor a clock that was set
// back makes a used token good.
func TestRefreshToken_usedAgainOutsideGraceRevokesForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		age string
		in  func(s story, rotate func(context.Context) error) error
	}{
		"late, alone":                       {"11 seconds", func(_ story, rotate func(context.Context) error) error { return rotate(w.ctx()) }},
		"late, in a transaction that fails": {"11 seconds", func(_ story, rotate func(context.Context) error) error { return w.db.InTx(w.ctx(), rotate) }},
		"clock set back":                    {"-1 hour", func(_ story, rotate func(context.Context) error) error { return rotate(w.ctx()) }},
		"after its own expiry": {"11 seconds", func(s story, rotate func(context.Context) error) error {
			w.sql(`UPDATE refresh_tokens SET expires_at = now() WHERE hash = $1`, s.refresh)
			return rotate(w.ctx())
		}},
	} {
		s, before, next := w.redeemed(), w.events(event.TokenReuseDetected), random()
		_, err := w.rotate(s, s.refresh, next)
		must(t, err)
		w.sql(`UPDATE refresh_tokens SET used_at = now() - $2::interval WHERE hash = $1`, s.refresh, c.age)
		err = c.in(s, func(ctx context.Context) error {
			_, err := w.refresh.Rotate(ctx, s.client, s.refresh, provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, []byte("x"), nil, 10*time.Second)
			return err
		})
		if !errors.Is(err, provider.ErrRefreshReused) || !w.revoked(s) {
			t.Errorf("%s: got %v, revoked %v; want ErrRefreshReused and true", name, err, w.revoked(s))
		}
		if n := w.events(event.TokenReuseDetected) - before; n != 1 {
			t.Errorf("%s: got %d events, want 1", name, n)
		}
		if _, err := w.rotate(s, next, random()); !errors.Is(err, provider.ErrGrantRevoked) {
			t.Errorf("%s: successor: got %v, want ErrGrantRevoked", name, err)
		}
	}
}

func TestRefreshToken_withNoGraceIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	next := provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}
	_, err := w.refresh.Rotate(w.ctx(), s.client, s.refresh, next, []byte("x"), nil, 0)
	must(t, err)
	next.Hash = random()
	if _, err := w.refresh.Rotate(w.ctx(), s.client, s.refresh, next, []byte("x"), nil, 0); !errors.Is(err, provider.ErrRefreshReused) {
		t.Errorf("got %v, want ErrRefreshReused", err)
	}
}

// F-33: one first use, two retries; the rest trips the alarm. No fork ever.
func TestRefreshToken_rotatedFiftyTimesAtOnceHasOneSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		s := w.redeemed()
		rotations := make([]provider.Rotation, 50)
		fresh := make([][]byte, 50)
		for i := range fresh {
			fresh[i] = random()
		}
		errs := parallel(50, func(i int) (err error) {
			rotations[i], err = w.rotate(s, s.refresh, fresh[i])
			return err
		})
		first, retries := []byte(nil), 0
		for i, err := range errs {
			switch {
			case err != nil && !errors.Is(err, provider.ErrRefreshReused):
				t.Fatalf("got %v, want ErrRefreshReused", err)
			case err == nil && rotations[i].Retried:
				retries++
			case err == nil && first != nil:
				t.Fatal("two first uses")
			case err == nil:
				first = append([]byte("sealed "), fresh[i]...)
			}
		}
		for i, r := range rotations {
			if errs[i] == nil && r.Retried && !bytes.Equal(r.Successor, first) {
				t.Fatalf("a retry got %q, want %q", r.Successor, first)
			}
		}
		if first == nil || retries != 2 || !w.revoked(s) {
			t.Fatalf("got first %q, %d retries, revoked %v; want one, 2, true", first, retries, w.revoked(s))
		}
		if n := w.count(`SELECT count(*) FROM refresh_tokens WHERE grant_id = $1`, s.grant.ID); n != 2 {
			t.Fatalf("the family has %d tokens, want 2", n)
		}
	}
	if n := w.events(event.TokenReuseDetected); n != 5 {
		t.Errorf("got %d events for 5 families", n)
	}
}

func TestRefreshToken_threeAtOnceAreAllAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	for _, err := range parallel(3, func(int) error {
		_, err := w.rotate(s, s.refresh, random())
		return err
	}) {
		must(t, err)
	}
	if w.revoked(s) {
		t.Error("the family was revoked")
	}
}

// TOK-04.
func TestRefreshToken_ofAnotherClientStaysUntouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	used := w.redeemed()
	_, err := w.rotate(used, used.refresh, random())
	must(t, err)
	w.sql(`UPDATE refresh_tokens SET used_at = now() - interval '1 hour' WHERE hash = $1`, used.refresh)
	for name, s := range map[string]story{"unused": w.redeemed(), "used": used} {
		thief := s
		thief.client = w.client()
		if _, err := w.rotate(thief, s.refresh, random()); !errors.Is(err, provider.ErrRefreshUnknown) || w.revoked(s) {
			t.Errorf("%s: got %v, revoked %v; want ErrRefreshUnknown and false", name, err, w.revoked(s))
		}
		_, err := w.refresh.Rotate(w.other(), s.client, s.refresh, provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, nil, nil, time.Second)
		if !errors.Is(err, provider.ErrRefreshUnknown) || w.revoked(s) {
			t.Errorf("%s: as another tenant: got %v, revoked %v; want ErrRefreshUnknown and false", name, err, w.revoked(s))
		}
		if _, _, err := w.refresh.Inspect(w.other(), s.refresh); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: as another tenant: got %v, want ErrTokenUnknown", name, err)
		}
	}
}

func TestRefreshToken_narrowsButNeverWidensTheScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	ask := func(old []byte, want []string) ([]byte, error) {
		next := random()
		_, err := w.refresh.Rotate(w.ctx(), s.client, old, provider.RefreshToken{Hash: next, IdleTTL: time.Hour}, []byte("x"), want, 10*time.Second)
		return next, err
	}
	for _, want := range [][]string{{"email"}, {"openid", "email"}, {"OPENID"}} {
		if _, err := ask(s.refresh, want); !errors.Is(err, provider.ErrScopeExceeds) {
			t.Errorf("%v: got %v, want ErrScopeExceeds", want, err)
		}
	}
	next, err := ask(s.refresh, []string{"openid"}) // nothing was rotated by the refusals
	must(t, err)
	if _, err := ask(s.refresh, []string{"email"}); !errors.Is(err, provider.ErrScopeExceeds) {
		t.Errorf("on a retry: got %v, want ErrScopeExceeds", err)
	}
	_, err = ask(next, []string{})
	must(t, err)
}

func TestRefreshToken_thatExpiredIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`UPDATE refresh_tokens SET expires_at = now() WHERE hash = $1`, s.refresh)
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrRefreshUnknown) || w.revoked(s) {
		t.Errorf("got %v, revoked %v; want ErrRefreshUnknown and false", err, w.revoked(s))
	}
	if _, err := w.rotate(s, random(), random()); !errors.Is(err, provider.ErrRefreshUnknown) {
		t.Errorf("made up: got %v, want ErrRefreshUnknown", err)
	}
}

func TestRefreshToken_isStartedForOfflineAccessOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		offline bool
		hash    []byte
		want    int
	}{"offline": {true, random(), 1}, "online": {false, random(), 0}, "no token wanted": {true, nil, 0}} {
		s := w.issued()
		w.sql(`UPDATE grants SET offline = $2 WHERE id = $1`, s.grant.ID, c.offline)
		_, err := w.codes.Spend(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{Hash: c.hash, IdleTTL: time.Hour})
		must(t, err)
		if n := w.count(`SELECT count(*) FROM refresh_tokens WHERE grant_id = $1 AND expires_at > now()`, s.grant.ID); n != c.want {
			t.Errorf("%s: got %d refresh tokens, want %d", name, n, c.want)
		}
	}
}

// A token whose code was refused after all is told to nobody.
func TestRefreshToken_isForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.redeemed(), w.redeemed()
	must(t, w.refresh.Forget(w.other(), s.refresh)) // of another tenant: nothing
	if _, _, err := w.refresh.Inspect(w.ctx(), s.refresh); err != nil {
		t.Errorf("another tenant's: %v", err)
	}
	must(t, w.refresh.Forget(w.ctx(), s.refresh))
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrRefreshUnknown) || w.revoked(s) {
		t.Errorf("got %v, revoked %v; want ErrRefreshUnknown and false", err, w.revoked(s))
	}
	_, err := w.rotate(other, other.refresh, random())
	must(t, err)
}
