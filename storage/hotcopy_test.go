package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// copyOf is what Redis holds of a session.
func (w *world) copyOf(s identity.Session) []byte {
	w.t.Helper()
	k, err := sessionKey(w.ctx(), s.TokenHash)
	must(w.t, err)
	stored, err := w.redis.client.Get(w.t.Context(), k).Bytes()
	must(w.t, err)
	return stored
}

// plant writes to Redis what somebody who has got there would.
func (w *world) plant(s identity.Session, value []byte) {
	w.t.Helper()
	k, err := sessionKey(w.ctx(), s.TokenHash)
	must(w.t, err)
	must(w.t, w.redis.direct().Set(w.t.Context(), k, value, time.Hour).Err())
}

// sealed is a copy as the instance with that key would make it.
func (w *world) sealed(h *hotCopies, id tenant.ID, of identity.Session, read time.Time) []byte {
	w.t.Helper()
	k, err := sessionKey(w.ctx(), of.TokenHash)
	must(w.t, err)
	value, err := h.seal(id, k, hotCopy{Session: of, ReadAt: read})
	must(w.t, err)
	return value
}

// Somebody who can write to Redis, and has a session of their own, is nobody else by
// whatever they write there: the row is asked.
// CAC-09: where no process hears that a copy is over, none is made, and none that is there is read.
func TestSessionCopy_isNotOfTenantsThatAreNotHeard_CAC_09(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	own := *w.tenants[0]
	own.Placement.Isolation = tenant.Database
	ctx := tenant.With(t.Context(), &own)
	w.sessions.hot.put(ctx, s, time.Now())
	if _, ok := w.sessions.hot.find(w.ctx(), s.TokenHash); ok {
		t.Error("a copy was made")
	}
	w.sessions.hot.put(w.ctx(), s, time.Now())
	if _, ok := w.sessions.hot.find(w.ctx(), s.TokenHash); !ok {
		t.Error("no copy is made of others")
	}
	if _, ok := w.sessions.hot.find(ctx, s.TokenHash); ok {
		t.Error("a copy is read")
	}
}

func TestSessionCopy_thatWasNotMadeForItsKeyIsNotRead_CAC_01(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	victim, own := w.session(w.user()), w.session(w.user())
	w.signedIn(victim)
	w.signedIn(own)
	good, stolen := w.copyOf(own), w.copyOf(victim)
	if bytes.Contains(good, []byte(own.Agent)) || bytes.Contains(good, []byte(own.UserID.String())) {
		t.Errorf("a copy tells whose it is: %q", good)
	}
	forged := own
	forged.UserID = victim.UserID
	plain, err := json.Marshal(hotCopy{Session: forged, ReadAt: time.Now()})
	must(t, err)
	before, err := json.Marshal(map[string]any{"Tenant": w.tenants[0].ID, "Session": forged})
	must(t, err)
	root, _ := secret.NewRoot()
	others, err := newHotCopies(w.redis, root)
	must(t, err)
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	for name, value := range map[string][]byte{
		"of another session":       stolen,
		"in clear":                 plain,
		"in clear, as it once was": before,
		"of another installation":  w.sealed(others, w.tenants[0].ID, forged, time.Now()),
		"of another tenant":        w.sealed(w.sessions.hot, w.tenants[1].ID, forged, time.Now()),
		"changed":                  flipped,
		"of another format":        append([]byte{good[0] + 1}, good[1:]...),
		"cut":                      good[:len(good)-1],
		"empty":                    {},
		"made a minute ago":        w.sealed(w.sessions.hot, w.tenants[0].ID, forged, time.Now().Add(-hotTTL)),
		"made in the time to come": w.sealed(w.sessions.hot, w.tenants[0].ID, forged, time.Now().Add(time.Hour)),
		"the mark of an ended one": []byte(tombstone),
	} {
		w.plant(own, value)
		var got identity.Session
		n := w.counted.Count(func() { got, err = w.sessions.ByToken(w.ctx(), own.TokenHash) })
		must(t, err)
		if got.UserID != own.UserID || n != 1 {
			t.Errorf("a copy %s: got user %v with %d statements, want %v with 1", name, got.UserID, n, own.UserID)
		}
	}
	w.plant(own, good)
	if n := w.counted.Count(func() { w.signedIn(own) }); n != 0 {
		t.Errorf("its own copy: got %d statements, want 0", n)
	}
}

// An older copy of the same key can be put back, over the mark of its end too. It shows
// pages for the rest of its minute, and that is all.
func TestSessionCopy_putBackChangesAndIssuesNothing_CAC_02(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, over := range map[string]func(story){
		"ended":         func(s story) { must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut)) },
		"user disabled": func(s story) { must(t, w.directory().Disable(w.ctx(), byOperator, s.user.ID)) },
		"proved again": func(s story) {
			renewed := s.session
			renewed.TokenHash, renewed.ACR = random(), "higher"
			must(t, w.sessions.Renew(w.ctx(), s.session.TokenHash, renewed))
		},
	} {
		s := w.issued()
		w.sql(`UPDATE sessions SET seen_at = now() - interval '5 minutes' WHERE id = $1`, s.session.ID)
		w.signedIn(s.session)
		kept := w.copyOf(s.session)
		over(s)
		w.plant(s.session, kept)
		read, err := w.sessions.ByToken(w.ctx(), s.session.TokenHash)
		must(t, err) // as docs/operations.md says
		again := s
		again.grant.ID, again.code.Hash, again.code.FlowID = uuid.New(), random(), uuid.New()
		if err := w.issue(again); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: a code: %v, want ErrNoSession", name, err)
		}
		if err := w.sessions.Renew(w.ctx(), read.TokenHash, read); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: renewed: %v, want ErrNoSession", name, err)
		}
		w.plant(s.session, kept)
		must(t, w.sessions.Touch(w.ctx(), read))
		if !bytes.Equal(w.copyOf(s.session), kept) {
			t.Errorf("%s: a fresh copy was made of it", name)
		}
		if _, err := w.sessions.Current(w.ctx(), s.session.TokenHash); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: the row is read as %v, want ErrNoSession", name, err)
		}
		if held := w.copyOf(s.session); string(held) != tombstone {
			t.Errorf("%s: a copy is held after a look at the row", name)
		}
	}
}

func TestSessions_thatNobodyHasLeaveNothingInRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, find := range []func(context.Context, []byte) (identity.Session, error){w.sessions.ByToken, w.sessions.Current} {
		if _, err := find(w.ctx(), random()); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("got %v, want ErrNoSession", err)
		}
	}
	if n, err := w.redis.direct().DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("Redis holds %d keys, %v; want none", n, err)
	}
}

// What a flow decided on is what the row says, or no code is issued.
func TestCode_isIssuedOnWhatTheRowOfTheSessionSays(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, nil)
	s := w.issued()
	for name, forge := range map[string]func(*provider.Grant, *provider.Code){
		"token":   func(_ *provider.Grant, c *provider.Code) { c.SessionToken = random() },
		"none":    func(_ *provider.Grant, c *provider.Code) { c.SessionToken = nil },
		"time":    func(g *provider.Grant, _ *provider.Code) { g.AuthTime = g.AuthTime.Add(time.Second) },
		"context": func(_ *provider.Grant, c *provider.Code) { c.SessionACR = "higher" },
		"methods": func(g *provider.Grant, _ *provider.Code) { g.AMR = []string{"pwd", "otp"} },
		"user":    func(g *provider.Grant, _ *provider.Code) { g.UserID = w.user().ID },
	} {
		again := s
		again.grant.ID, again.code.Hash, again.code.FlowID = uuid.New(), random(), uuid.New()
		forge(&again.grant, &again.code)
		if err := w.issue(again); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: got %v, want ErrNoSession", name, err)
		}
	}
}

// Without the root key no copies are kept; what ends is marked all the same.
func TestSessionCopy_needsTheRootKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(w.user())
	keyless, err := newHotCopies(w.redis, secret.Root{})
	must(t, err)
	command := newSessions(w.db, keyless)
	for range 2 {
		_, err := command.ByToken(w.ctx(), s.TokenHash)
		must(t, err)
	}
	if n := w.counted.Count(func() { w.signedIn(s) }); n != 1 {
		t.Errorf("got %d statements, want 1: somebody kept a copy without a key", n)
	}
	_, err = command.End(w.ctx(), s.ID)
	must(t, err)
	if w.signedIn(s) {
		t.Error("signed in after a command ended the session")
	}
}

func BenchmarkSessionCopy(b *testing.B) {
	root, _ := secret.NewRoot()
	h, err := newHotCopies(nil, root)
	if err != nil {
		b.Fatal(err)
	}
	c := hotCopy{ReadAt: time.Now(), Session: identity.Session{
		TokenHash: random(), UserID: uuid.New(), AMR: []string{"pwd"}, ACR: "urn:plinto:acr:password", IP: "192.0.2.1",
		Agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
	}}
	id, key := tenant.ID(uuid.New()), "plinto:{00000000-0000-0000-0000-000000000000}:session:0000000000000000000000000000000000000000000000000000000000000000"
	sealed, err := h.seal(id, key, c)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("seal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = h.seal(id, key, c)
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := h.open(id, key, sealed, c.ReadAt); !ok {
				b.Fatal("not opened")
			}
		}
	})
	b.Run("JSON alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			plain, _ := json.Marshal(c)
			_ = json.Unmarshal(plain, new(hotCopy))
		}
	})
}
