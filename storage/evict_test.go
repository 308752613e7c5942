package storage

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/provider"
	"plinto/provider/grants"
)

// directory is the service that changes users, on the world's store.
func (w *world) directory() *identity.Directory {
	return &identity.Directory{Users: w.users, Writes: w.users, Deletions: w.users, Sessions: w.sessions, Outbox: w.outbox, Tx: w.db}
}

var byOperator = event.Actor{Type: "operator"}

// evictions are the acts that end everything of a user that there is. keep is a
// session that stays, where the act has one.
var evictions = map[string]func(ctx context.Context, w *world, u identity.User, keep uuid.UUID) error{
	"password": func(ctx context.Context, w *world, u identity.User, keep uuid.UUID) error {
		return w.directory().SetHashed(ctx, byOperator, u.ID, "new hash", keep)
	},
	"sign-out": func(ctx context.Context, w *world, u identity.User, _ uuid.UUID) error {
		return w.directory().SignOut(ctx, byOperator, u.ID, uuid.Nil)
	},
	"disable": func(ctx context.Context, w *world, u identity.User, _ uuid.UUID) error {
		return w.directory().Disable(ctx, byOperator, u.ID)
	},
	"disable, enable": func(ctx context.Context, w *world, u identity.User, _ uuid.UUID) error {
		if err := w.directory().Disable(ctx, byOperator, u.ID); err != nil {
			return err
		}
		return w.directory().Enable(ctx, byOperator, u.ID)
	},
	// By SQL, or by a server that knew no marks.
	"disabled otherwise, enable": func(ctx context.Context, w *world, u identity.User, _ uuid.UUID) error {
		w.sql(`UPDATE users SET disabled_at = now() WHERE id = $1`, u.ID)
		return w.directory().Enable(ctx, byOperator, u.ID)
	},
	"delete": func(ctx context.Context, w *world, u identity.User, _ uuid.UUID) error {
		return w.directory().Delete(ctx, byOperator, u.ID)
	},
}

// offline is a story with offline access.
func (w *world) offline() story {
	w.t.Helper()
	s := w.redeemed()
	w.sql(`UPDATE grants SET offline = true WHERE id = $1`, s.grant.ID)
	return s
}

// dead fails the test for whatever of a story still lives.
func (w *world) dead(what string, s story, opaque []byte) {
	w.t.Helper()
	if w.signedIn(s.session) {
		w.t.Errorf("%s: the session lives", what)
	}
	if err := w.issue(story{
		grant: provider.Grant{ID: uuid.New(), ClientID: s.client, UserID: s.user.ID, SessionID: s.session.ID, AuthTime: now()},
		code:  provider.Code{Hash: random(), FlowID: uuid.New(), TTL: time.Minute},
	}); !errors.Is(err, identity.ErrNoSession) {
		w.t.Errorf("%s: a code of the session: %v, want ErrNoSession", what, err)
	}
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) && !errors.Is(err, provider.ErrRefreshUnknown) {
		w.t.Errorf("%s: the refresh token: %v, want ErrGrantRevoked", what, err)
	}
	if _, _, _, err := w.access.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
		w.t.Errorf("%s: the opaque token: %v, want ErrTokenUnknown", what, err)
	}
	if _, _, err := w.access.InspectJWT(w.ctx(), "jti", s.grant.ID); !errors.Is(err, provider.ErrTokenUnknown) {
		w.t.Errorf("%s: the JWT: %v, want ErrTokenUnknown", what, err)
	}
}

// SES-21: every act that throws somebody out throws out everything, offline
// access too; what comes later, and other users, live.
func TestEviction_endsEverythingThatIsNotNewer(t *testing.T) {
	t.Parallel()
	sessionWorlds(t, func(t *testing.T, w *world) {
		for name, evict := range evictions {
			s, stranger := w.offline(), w.offline()
			opaque := w.opaque(s)
			w.signedIn(s.session) // perhaps there is a copy now
			must(t, evict(w.ctx(), w, s.user, uuid.Nil))
			w.dead(name, s, opaque)
			if !w.signedIn(stranger.session) {
				t.Errorf("%s: a stranger is signed out", name)
			}
			if _, err := w.rotate(stranger, stranger.refresh, random()); err != nil {
				t.Errorf("%s: a stranger's refresh token: %v", name, err)
			}
			if name == "disable" || name == "delete" {
				continue
			}
			u, err := w.users.ByID(w.ctx(), s.user.ID)
			must(t, err)
			if !w.signedIn(w.session(u)) {
				t.Errorf("%s: nobody gets in afterwards", name)
			}
		}
	})
}

// A second eviction ends what came after the first, in the same instant too.
func TestEviction_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	for range 3 {
		s := w.session(u)
		must(t, w.directory().SignOut(w.ctx(), byOperator, u.ID, uuid.Nil))
		if w.signedIn(s) {
			t.Fatal("signed in after being signed out again")
		}
		var err error
		u, err = w.users.ByID(w.ctx(), u.ID)
		must(t, err)
	}
	// Also when the clock of the database was ahead for a while.
	w.sql(`UPDATE users SET not_before = now() + interval '1 hour' WHERE id = $1`, u.ID)
	u, err := w.users.ByID(w.ctx(), u.ID)
	must(t, err)
	s := w.session(u)
	if !w.signedIn(s) {
		t.Error("a mark of the future keeps everybody out")
	}
	must(t, w.directory().SignOut(w.ctx(), byOperator, u.ID, uuid.Nil))
	if w.signedIn(s) {
		t.Error("a mark of the future is not moved")
	}
}

// The browser in which a user changes the password stays signed in; what it had
// allowed applications ends like everything else.
func TestEviction_keepsTheSessionThatAskedForIt(t *testing.T) {
	t.Parallel()
	sessionWorlds(t, func(t *testing.T, w *world) {
		s := w.offline()
		other := w.session(s.user)
		ended := w.session(s.user)
		must(t, w.ends.End(w.ctx(), ended.ID, event.SessionLoggedOut))
		opaque := w.opaque(s)
		w.signedIn(s.session)
		must(t, evictions["password"](w.ctx(), w, s.user, s.session.ID))
		if !w.signedIn(s.session) || w.signedIn(other) {
			t.Errorf("kept %v, other %v; want true and false", w.signedIn(s.session), w.signedIn(other))
		}
		kept := s
		kept.grant.ID, kept.code.Hash, kept.code.FlowID = uuid.New(), random(), uuid.New()
		must(t, w.issue(kept))
		s.session = other
		w.dead("password", s, opaque)
		// A session that was dead is not brought back.
		must(t, evictions["password"](w.ctx(), w, s.user, ended.ID))
		if w.signedIn(ended) || w.signedIn(kept.session) {
			t.Error("an ended session was kept")
		}
		dead := w.session(w.user())
		before, after, err := w.users.Mark(w.ctx(), dead.UserID)
		must(t, err)
		must(t, w.sessions.Keep(w.ctx(), dead.ID, dead.UserID, after, after.Add(time.Second)))
		must(t, w.sessions.Keep(w.ctx(), dead.ID, s.user.ID, before, after))
		if w.signedIn(dead) {
			t.Error("a session that was dead by its mark, or another user's, was kept")
		}
	})
}

// waiting returns how many statements wait for a lock in the test's database.
func (w *world) waiting() int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

// holding runs first in a transaction that stays open until then waits for it, and
// returns what then does.
func (w *world) holding(first, then func(ctx context.Context) error) error {
	w.t.Helper()
	done := make(chan error, 1)
	must(w.t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		if err := first(ctx); err != nil {
			return err
		}
		go func() { done <- then(w.ctx()) }()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for w.waiting() == 0 {
			select {
			case err := <-done:
				done <- err // it did not have to wait
				return nil
			case <-tick.C:
			}
		}
		return nil
	}))
	return <-done
}

// SES-21: somebody whose password was right a moment ago gets no session once it was
// changed, whichever transaction comes first.
func TestSession_ofAProofFromBeforeAnEviction(t *testing.T) {
	t.Parallel()
	for name, evict := range evictions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			u := w.user()
			start := func(ctx context.Context) (s identity.Session, err error) {
				s = identity.Session{
					ID: uuid.Must(uuid.NewV7()), TokenHash: random(), UserID: u.ID, AuthTime: now(), IdleTTL: time.Hour,
					ExpiresAt: now().Add(time.Hour), SeenAt: now(), RotatedAt: now(), Mark: u.NotBefore,
				}
				err = w.db.InTx(ctx, func(ctx context.Context) error {
					if err := w.sessions.Create(ctx, s); err != nil {
						return err
					}
					return w.outbox.Append(ctx, event.Event{Fact: event.SignInSucceeded{}, Outcome: "success"})
				})
				return s, err
			}
			// The session is there, but not committed, when the eviction begins.
			var first identity.Session
			must(t, w.holding(func(ctx context.Context) (err error) {
				if first, err = start(ctx); err != nil {
					return err
				}
				_, err = w.users.ByID(ctx, u.ID) // sends what waits
				return err
			}, func(ctx context.Context) error { return evict(ctx, w, u, uuid.Nil) }))
			if w.signedIn(first) {
				t.Error("a session that came first lives")
			}
			if n := w.events(event.SessionEnded{}); n != 1 {
				t.Errorf("got %d events of its end, want 1", n)
			}
			signIns := w.events(event.SignInSucceeded{})
			// The password was proved before, and the session comes after.
			if _, err := start(w.ctx()); !errors.Is(err, identity.ErrNoSession) {
				t.Errorf("afterwards: got %v, want ErrNoSession", err)
			}
			if n := w.events(event.SignInSucceeded{}); n != signIns {
				t.Error("a sign-in that was refused is told of")
			}
			if name == "delete" {
				return
			}
			// The eviction is made, but not committed, when the session comes.
			var err error
			if u, err = w.users.ByID(w.ctx(), u.ID); err != nil {
				t.Fatal(err)
			}
			if !u.Active() {
				must(t, w.directory().Enable(w.ctx(), byOperator, u.ID))
				u, err = w.users.ByID(w.ctx(), u.ID)
				must(t, err)
			}
			err = w.holding(func(ctx context.Context) error {
				if name == "disabled otherwise, enable" {
					return w.directory().SignOut(ctx, byOperator, u.ID, uuid.Nil) // the other SQL would wait, too
				}
				return evict(ctx, w, u, uuid.Nil)
			}, func(ctx context.Context) error {
				_, err := start(ctx)
				return err
			})
			if !errors.Is(err, identity.ErrNoSession) {
				t.Errorf("meanwhile: got %v, want ErrNoSession", err)
			}
		})
	}
}

// A renewal by a proof from before is refused, also of the session that is kept.
func TestSession_renewedByAProofFromBeforeAnEviction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	kept := w.session(u)
	must(t, evictions["password"](w.ctx(), w, u, kept.ID))
	stale := kept
	stale.TokenHash = random()
	if err := w.sessions.Renew(w.ctx(), kept.TokenHash, stale); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("got %v, want ErrNoSession", err)
	}
	fresh, err := w.sessions.ByToken(w.ctx(), kept.TokenHash)
	must(t, err)
	fresh.TokenHash = random()
	must(t, w.sessions.Renew(w.ctx(), kept.TokenHash, fresh))
}

// SES-21: codes that are issued or redeemed, and tokens that are refreshed, while an
// eviction runs bring nothing that lives.
func TestEviction_whileTokensAreMade(t *testing.T) {
	t.Parallel()
	for name, evict := range evictions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.offline()
			var issued, redeemed story
			// All three are done, but not committed, when the eviction begins.
			must(t, w.holding(func(ctx context.Context) error {
				issued = s
				issued.grant.ID, issued.grant.Offline, issued.code.Hash, issued.code.FlowID = uuid.New(), true, random(), uuid.New()
				if err := w.codes.Issue(ctx, issued.grant, issued.code, ignored); err != nil {
					return err
				}
				redeemed = issued
				redeemed.grant.ID, redeemed.code.Hash, redeemed.code.FlowID, redeemed.refresh = uuid.New(), random(), uuid.New(), random()
				if err := w.codes.Issue(ctx, redeemed.grant, redeemed.code, ignored); err != nil {
					return err
				}
				if _, err := w.spends.Redeem(ctx, s.client, redeemed.code.Hash, provider.RefreshToken{Hash: redeemed.refresh, IdleTTL: time.Hour}); err != nil {
					return err
				}
				next := random()
				_, err := w.spends.Rotate(ctx, grants.Use{ClientID: s.client, Token: s.refresh, Grace: time.Minute},
					provider.RefreshToken{Hash: next, IdleTTL: time.Hour}, []byte("sealed"))
				s.refresh = next
				return err
			}, func(ctx context.Context) error { return evict(ctx, w, s.user, uuid.Nil) }))
			w.dead("what was refreshed", s, random())
			w.dead("what was redeemed", redeemed, random())
			if _, err := w.spends.Redeem(w.ctx(), s.client, issued.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrGrantRevoked) && !errors.Is(err, provider.ErrCodeUnknown) {
				t.Errorf("the code that was issued: got %v, want ErrGrantRevoked", err)
			}
		})
	}
}

// The other way round: the eviction is made, but not committed, while the intruder
// goes on. What reads without waiting may get an answer, but none that lasts.
func TestEviction_notYetCommittedGivesNothingThatLasts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.offline()
	next := random()
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		if err := w.directory().SignOut(ctx, byOperator, s.user.ID, uuid.Nil); err != nil {
			return err
		}
		if _, err := w.users.ByID(ctx, s.user.ID); err != nil { // sends what waits
			return err
		}
		_, err := w.rotate(s, s.refresh, next)
		return err
	}))
	s.refresh = next
	w.dead("what was refreshed", s, random())
}

// A grant that an instance gave while it had not heard yet that the client was
// disabled is not good once the client is enabled again.
func TestGrant_underAnOldMarkOfItsClientIsNeverGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	w.sql(`UPDATE clients SET not_before = now() WHERE id = $1`, s.client)
	late := s
	late.grant.ID, late.code.Hash, late.code.FlowID = uuid.New(), random(), uuid.New()
	must(t, w.issue(late))
	if _, err := w.spends.Redeem(w.ctx(), s.client, late.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("got %v, want ErrGrantRevoked", err)
	}
	var mark time.Time
	must(t, w.owner.QueryRow(t.Context(), `SELECT not_before FROM clients WHERE id = $1`, s.client).Scan(&mark))
	late.grant.ID, late.grant.ClientMark, late.code.Hash, late.code.FlowID = uuid.New(), mark, random(), uuid.New()
	must(t, w.issue(late))
	if _, err := w.spends.Redeem(w.ctx(), s.client, late.code.Hash, provider.RefreshToken{}); err != nil {
		t.Errorf("under the present mark: %v", err)
	}
}

// A server of the previous version makes rows without marks and writes back whole
// rows: its sessions and grants are judged by their times, and it brings back no mark.
func TestMarks_besideAServerThatKnowsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.offline()
	w.sql(`UPDATE sessions SET mark = NULL WHERE id = $1`, s.session.ID)
	w.sql(`UPDATE grants SET user_mark = NULL, client_mark = NULL WHERE id = $1`, s.grant.ID)
	next := random()
	if _, err := w.rotate(s, s.refresh, next); err != nil || !w.signedIn(s.session) {
		t.Errorf("before: %v, signed in %v", err, w.signedIn(s.session))
	}
	s.refresh = next
	must(t, evictions["sign-out"](w.ctx(), w, s.user, uuid.Nil))
	w.sql(`UPDATE users SET not_before = '-infinity', disabled_at = NULL WHERE id = $1`, s.user.ID)
	w.sql(`UPDATE sessions SET ended_at = NULL WHERE id = $1`, s.session.ID)
	w.dead("a row without a mark", s, random())
}

// What changes nothing is not told of.
func TestDirectory_tellsOfChangesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u, d := w.user(), w.directory()
	kinds := func() (all []string) {
		rows, _ := w.owner.Query(t.Context(), `SELECT type || ' ' || coalesce(data ->> 'fields', data ->> 'sessions', '') FROM audit_log ORDER BY occurred_at, id`)
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			all = append(all, line)
		}
		must(t, rows.Err())
		w.sql(`DELETE FROM audit_log`)
		return all
	}
	edit := func(name string) func(*identity.User) {
		return func(u *identity.User) { u.Profile.Name, u.EmailVerified = name, false }
	}
	for _, c := range []struct {
		what string
		do   func() error
		want []string
	}{
		{"update", func() error { _, err := d.Update(w.ctx(), byOperator, u.ID, edit("Ann")); return err }, []string{`user.updated ["email_verified", "name"]`}},
		{"the same again", func() error { _, err := d.Update(w.ctx(), byOperator, u.ID, edit("Ann")); return err }, nil},
		{"enable", func() error { return d.Enable(w.ctx(), byOperator, u.ID) }, nil},
		{"disable", func() error { return d.Disable(w.ctx(), byOperator, u.ID) }, []string{"user.disabled 0"}},
		{"disable again", func() error { return d.Disable(w.ctx(), byOperator, u.ID) }, nil},
		{"enable", func() error { return d.Enable(w.ctx(), byOperator, u.ID) }, []string{"user.enabled 0"}},
		{"sign out", func() error { return d.SignOut(w.ctx(), byOperator, u.ID, uuid.Nil) }, []string{"user.signed_out 0"}},
		{"delete", func() error { return d.Delete(w.ctx(), byOperator, u.ID) }, []string{"user.deleted 0"}},
	} {
		must(t, c.do())
		if got := kinds(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	for name, err := range map[string]error{
		"disable": d.Disable(w.ctx(), byOperator, u.ID), "enable": d.Enable(w.ctx(), byOperator, u.ID), "sign out": d.SignOut(w.ctx(), byOperator, u.ID, uuid.Nil),
		"password": d.SetHashed(w.ctx(), byOperator, u.ID, "x", uuid.Nil), "delete": d.Delete(w.ctx(), byOperator, u.ID),
	} {
		if !errors.Is(err, identity.ErrUserNotFound) {
			t.Errorf("%s of nobody: got %v, want ErrUserNotFound", name, err)
		}
	}
	if got := kinds(); len(got) != 0 {
		t.Errorf("told of nobody: %q", got)
	}
}
