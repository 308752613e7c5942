package storage

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/testservice"
)

// sessionWorlds runs a test with a Redis and without: what holds must not hang on it.
func sessionWorlds(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("with Redis", func(t *testing.T) { t.Parallel(); test(t, newWorld(t)) })
	t.Run("without Redis", func(t *testing.T) { t.Parallel(); test(t, newWorldWith(t, nil)) })
}

// signedIn reports whether the token of a session serves.
func (w *world) signedIn(s identity.Session) bool {
	w.t.Helper()
	got, err := w.sessions.ByToken(w.ctx(), s.TokenHash)
	if err != nil && !errors.Is(err, identity.ErrNoSession) {
		w.t.Fatal(err)
	}
	return err == nil && got.ID == s.ID
}

func TestSession_comesBackAsItWasCreated(t *testing.T) {
	t.Parallel()
	sessionWorlds(t, func(t *testing.T, w *world) {
		want := w.session(w.user())
		for range 2 { // from Postgres, then perhaps from Redis
			got, err := w.sessions.ByToken(w.ctx(), want.TokenHash)
			must(t, err)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(identity.Session{}, "CreatedAt")); diff != "" {
				t.Errorf("session differs (-want +got):\n%s", diff)
			}
		}
	})
}

func TestSession_costsNoSQLWhileRedisHasACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	for want := 1; want >= 0; want-- {
		if n := w.counted.Count(func() { w.signedIn(s) }); n != want {
			t.Errorf("got %d statements, want %d", n, want)
		}
	}
	none := newWorldWith(t, nil)
	s = none.session(none.user())
	for range 2 {
		if n := none.counted.Count(func() { none.signedIn(s) }); n != 1 {
			t.Errorf("without Redis: got %d statements, want 1", n)
		}
	}
}

// SES-09, SES-10, SES-11, SES-12.
func TestSession_servesNobodyOnceItIsOver(t *testing.T) {
	t.Parallel()
	sessionWorlds(t, func(t *testing.T, w *world) {
		for name, end := range map[string]func(s identity.Session, u identity.User){
			"ended": func(s identity.Session, _ identity.User) { must(t, w.ends.End(w.ctx(), s.ID, event.SessionLoggedOut)) },
			"all ended": func(_ identity.Session, u identity.User) {
				must(t, w.directory().SignOut(w.ctx(), byOperator, u.ID, uuid.Nil))
			},
			"disabled": func(_ identity.Session, u identity.User) {
				_, err := w.users.SetDisabled(w.ctx(), u.ID, true)
				must(t, err)
			},
			"marked":  func(_ identity.Session, u identity.User) { w.mark(u) },
			"deleted": func(_ identity.Session, u identity.User) { must(t, w.users.Delete(w.ctx(), u.ID)) },
			"renewed": func(s identity.Session, _ identity.User) {
				old := s.TokenHash
				s.TokenHash = random()
				must(t, w.sessions.Renew(w.ctx(), old, s))
			},
			"ended within a transaction": func(s identity.Session, _ identity.User) {
				must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
					if err := w.ends.End(ctx, s.ID, event.SessionLoggedOut); err != nil {
						return err
					}
					// Another request asks before the end is committed: it may still
					// be let in, but must not make that last.
					if !w.signedIn(s) {
						t.Error("ended before it was committed")
					}
					return nil
				}))
			},
		} {
			u := w.user()
			s := w.session(u)
			for range 2 { // the second time perhaps by a copy
				if !w.signedIn(s) {
					t.Fatalf("%s: not signed in before", name)
				}
			}
			end(s, u)
			if w.signedIn(s) {
				t.Errorf("%s: still signed in", name)
			}
		}
	})
}

func TestSession_expiresByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, nil)
	for name, sql := range map[string]string{
		"absolute": `UPDATE sessions SET expires_at = now() WHERE id = $1`,
		"idle":     `UPDATE sessions SET seen_at = now() - idle_ttl WHERE id = $1`,
	} {
		s := w.session(w.user())
		w.sql(sql, s.ID)
		if w.signedIn(s) {
			t.Errorf("%s: still signed in", name)
		}
		fresh := s
		fresh.TokenHash = random()
		if err := w.sessions.Renew(w.ctx(), s.TokenHash, fresh); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: renewed: got %v, want ErrNoSession", name, err)
		}
	}
	s := w.session(w.user())
	w.tenants[0].NotBefore = time.Now().Add(time.Minute)
	if w.signedIn(s) {
		t.Error("tenant not before: still signed in")
	}
}

func TestSession_copyKnowsTheMarkOfItsTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	w.signedIn(s)
	w.tenants[0].NotBefore = time.Now().Add(time.Minute)
	if w.signedIn(s) {
		t.Error("a copy serves although the tenant recognises nothing so old")
	}
}

func TestSession_madeRightAfterTheMarkServes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if s := w.session(w.mark(w.user())); !w.signedIn(s) {
		t.Error("a session made after the mark is refused")
	}
}

func TestSession_endRevokesWhatHangsOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	online, offline := w.redeemed(), w.redeemed()
	w.sql(`UPDATE grants SET offline = true WHERE id = $1`, offline.grant.ID)
	for _, s := range []story{online, offline} {
		must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut))
		must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut)) // again is no error
	}
	if !w.revoked(online) || w.revoked(offline) {
		t.Errorf("revoked: online %v, offline %v; want true and false", w.revoked(online), w.revoked(offline))
	}
	if n := w.events(event.SessionEnded{}); n != 2 {
		t.Errorf("got %d events for 2 ended sessions", n)
	}
}

func TestSessions_allEndButOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	keep, one, two, stranger := w.session(u), w.session(u), w.session(u), w.session(w.user())
	for _, err := range parallel(4, func(int) error {
		return w.directory().SignOut(w.ctx(), byOperator, u.ID, keep.ID)
	}) {
		must(t, err)
	}
	if !w.signedIn(keep) || w.signedIn(one) || w.signedIn(two) || !w.signedIn(stranger) {
		t.Error("want the kept one and the stranger's alive and no other")
	}
	if n := w.events(event.SessionEnded{}); n != 2 {
		t.Errorf("got %d events for 2 ended sessions", n)
	}
}

// SES-01.
func TestSession_renewedGoesOnUnderItsNewTokenOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	old := s.TokenHash
	s.TokenHash, s.AuthTime, s.AMR, s.ACR = random(), now().Add(-time.Second), []string{"pwd", "otp"}, "higher"
	errs := parallel(8, func(int) error { return w.sessions.Renew(w.ctx(), old, s) })
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("got %v, want ErrNoSession", err)
		}
	}
	if won != 1 {
		t.Errorf("%d renewals of one token won, want 1", won)
	}
	got, err := w.sessions.ByToken(w.ctx(), s.TokenHash)
	must(t, err)
	if diff := cmp.Diff(s, got, cmpopts.IgnoreFields(identity.Session{}, "CreatedAt", "SeenAt")); diff != "" {
		t.Errorf("session differs (-want +got):\n%s", diff)
	}
}

// ORG-11: how long a session was not used is known until its user proves again who they are.
func TestSession_remembersHowLongItWasNotUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	about := func(want time.Duration) {
		t.Helper()
		got, err := w.sessions.Current(w.ctx(), s.TokenHash)
		must(t, err)
		if d := got.Gap - want; d < 0 || d > time.Minute {
			t.Errorf("not used for %s, want %s", got.Gap, want)
		}
		s = got
	}
	rest := func(minutes int) {
		w.sql(`UPDATE sessions SET seen_at = now() - make_interval(mins => $2) WHERE id = $1`, s.ID, minutes)
		about(s.Gap)
	}
	rest(40)
	must(t, w.sessions.Touch(w.ctx(), s))
	about(40 * time.Minute)
	rest(20)
	must(t, w.sessions.Touch(w.ctx(), s))
	about(40 * time.Minute)
	rest(50)
	old := s.TokenHash
	s.TokenHash = random() // as it is rotated
	must(t, w.sessions.Renew(w.ctx(), old, s))
	about(50 * time.Minute)
	old = s.TokenHash
	s.TokenHash, s.AuthTime = random(), now()
	must(t, w.sessions.Renew(w.ctx(), old, s))
	about(0)
}

// SES-19.
func TestSession_isTouchedOnceAMinuteAndByItsOwnTokenOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	if n := w.counted.Count(func() { must(t, w.sessions.Touch(w.ctx(), s)) }); n != 0 {
		t.Errorf("touched a fresh session with %d statements, want 0", n)
	}
	w.sql(`UPDATE sessions SET seen_at = now() - interval '50 minutes' WHERE id = $1`, s.ID)
	s, err := w.sessions.ByToken(w.ctx(), s.TokenHash)
	must(t, err)
	stale := s
	stale.TokenHash = random()
	must(t, w.sessions.Touch(w.ctx(), stale))
	if n := w.count(`SELECT count(*) FROM sessions WHERE id = $1 AND seen_at > now() - interval '1 minute'`, s.ID); n != 0 {
		t.Error("an old token kept the session alive")
	}
	must(t, w.sessions.Touch(w.ctx(), s))
	for range 2 { // the copy was touched too
		got, err := w.sessions.ByToken(w.ctx(), s.TokenHash)
		must(t, err)
		if time.Since(got.SeenAt) > time.Minute {
			t.Errorf("seen at %v, want about now", got.SeenAt)
		}
	}
}

func TestSession_touchedWhileItEndsStaysEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 30 {
		s := w.session(w.user())
		w.sql(`UPDATE sessions SET seen_at = now() - interval '5 minutes' WHERE id = $1`, s.ID)
		s.SeenAt = time.Now().Add(-5 * time.Minute)
		for _, err := range parallel(3, func(i int) error {
			switch i {
			case 0:
				return w.ends.End(w.ctx(), s.ID, event.SessionLoggedOut)
			case 1:
				return w.sessions.Touch(w.ctx(), s)
			default:
				w.signedIn(s)
				return nil
			}
		}) {
			must(t, err)
		}
		if w.signedIn(s) {
			t.Fatal("signed in after the end")
		}
	}
}

func TestSession_keepsOddHeadersOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	s.ID, s.TokenHash, s.Agent, s.IP = uuid.New(), random(), "\xff\x00\x1b[31m"+string(make([]byte, 1000)), "\x00"
	must(t, w.sessions.Create(w.ctx(), s))
	if !w.signedIn(s) {
		t.Error("not signed in")
	}
}

func TestSessions_areTheirTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	w.signedIn(s) // there is a copy now
	if _, err := w.sessions.ByToken(w.other(), s.TokenHash); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("by token: got %v, want ErrNoSession", err)
	}
	fresh := s
	fresh.TokenHash = random()
	if err := w.sessions.Renew(w.other(), s.TokenHash, fresh); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("renew: got %v, want ErrNoSession", err)
	}
	must(t, w.ends.End(w.other(), s.ID, event.SessionLoggedOut))
	ended, left, err := w.ends.EndRest(w.other(), s.UserID, event.SessionSignedOut)
	must(t, err)
	if ended+left != 0 {
		t.Errorf("another tenant ended %d sessions, and would go on", ended)
	}
	must(t, w.sessions.Keep(w.other(), s.ID, s.UserID, time.Time{}, time.Now()))
	must(t, w.sessions.Touch(w.other(), s))
	if err := w.sessions.Create(w.other(), fresh); err == nil {
		t.Error("another tenant made a session for this tenant's user")
	}
	if !w.signedIn(s) {
		t.Error("another tenant ended the session")
	}
}

// F-05: nobody is signed out by Redis, and it is used again when it is back.
func TestSessions_surviveTheLossOfRedis(t *testing.T) {
	t.Parallel()
	server := testservice.NewRedis(t)
	v, err := openVolatile(server.URL(), patient, nil)
	must(t, err)
	w := newWorldWith(t, v)
	kept, ended := w.session(w.user()), w.session(w.user())
	check := func(when string) {
		t.Helper()
		start := time.Now()
		if !w.signedIn(kept) {
			t.Errorf("%s: signed out", when)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %v", when, took)
		}
	}
	check("before")
	must(t, v.direct().FlushAll(t.Context()).Err())
	check("flushed")
	w.signedIn(ended)
	must(t, server.Stop())
	for range 5 {
		check("stopped")
	}
	must(t, w.ends.End(w.ctx(), ended.ID, event.SessionLoggedOut))
	if w.signedIn(ended) {
		t.Error("stopped: signed in after the end")
	}
	if !v.paused() {
		t.Error("stopped: the breaker did not open")
	}
	must(t, server.Start())
	v.revive(t)
	w.sessions.hot.distrusted.Store(0)
	check("back")
	if n := w.counted.Count(func() { check("back") }); n != 0 {
		t.Errorf("back: got %d statements, want a copy to serve", n)
	}
}

// An end that Redis was not told of must not be undone by the copy it kept.
func TestSession_endedWhileRedisHangsIsNotReadFromItsCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	w.signedIn(s)
	working := w.redis.breaker
	w.redis.rest()
	must(t, w.ends.End(w.ctx(), s.ID, event.SessionLoggedOut))
	w.redis.breaker = working
	if w.signedIn(s) {
		t.Error("signed in by an old copy")
	}
}
