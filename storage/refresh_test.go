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
	"plinto/internal/fault"
	"plinto/provider"
	"plinto/provider/grants"
)

func TestRefreshToken_isRotatedInOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	old := s.refresh
	for range 3 {
		next := random()
		n := w.counted.Count(func() {
			got, err := w.rotate(s, old, next)
			must(t, err)
			if diff := cmp.Diff(s.grant, got.Grant, cmpopts.IgnoreFields(provider.Grant{}, "CreatedAt")); diff != "" {
				t.Errorf("grant differs (-want +got):\n%s", diff)
			}
			if got.User.ID != s.user.ID || got.Successors != nil {
				t.Errorf("got user %v, successors %q; want a first use", got.User.ID, got.Successors)
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

// The answer was lost, or several tabs used the token at once: whoever asks again gets
// what the first one got, however many they are.
func TestRefreshToken_usedAgainWithinGraceReturnsTheSameSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	next := random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	for range 40 {
		n := w.counted.Count(func() {
			got, err := w.rotate(s, s.refresh, random())
			must(t, err)
			if len(got.Successors) != 1 || !bytes.Equal(got.Successors[0], append([]byte("sealed "), next...)) || got.User.ID != s.user.ID {
				t.Errorf("got successors %q, want the first one", got.Successors)
			}
		})
		if n > 4 {
			t.Errorf("a repeat took %d statements, want at most 4", n)
		}
	}
	if w.revoked(s) || w.events(event.TokenReuseDetected{}) > 0 {
		t.Error("the family was revoked")
	}
}

// Every repeat is told with both addresses; but who has one token cannot fill the log.
func TestRefreshToken_repeatsAreToldAndBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	from := func(address string, next []byte) error {
		ctx := event.WithOrigin(w.ctx(), func() event.Origin { return event.Origin{IP: address} })
		_, err := w.spends.Rotate(ctx, grants.Use{ClientID: s.client, Token: s.refresh, Grace: time.Hour},
			provider.RefreshToken{
				Hash: next, IdleTTL: time.Hour, Holder: provider.Party{Address: address},
			}, []byte("x"))
		return err
	}
	must(t, from("192.0.2.1", random()))
	for range 300 {
		must(t, from("198.51.100.7", random()))
	}
	want := 16 + 4 // 32, 64, 128, 256
	both := w.count(`SELECT count(*) FROM audit_log JOIN audit_pending p USING (tenant_id, id)
		WHERE type = $1 AND p.detail ->> 'ip' = '198.51.100.7' AND p.detail ->> 'first_ip' = '192.0.2.1'
		AND data ->> 'grant_id' = $2`, string(event.TokenRepeated{}.Type()), s.grant.ID.String())
	if n := w.events(event.TokenRepeated{}); n != want || both != want {
		t.Errorf("got %d events, %d of them with both addresses, want %d", n, both, want)
	}
	if n := w.count(`SELECT (data ->> 'repeats')::int FROM audit_log WHERE type = $1 ORDER BY id DESC LIMIT 1`, string(event.TokenRepeated{}.Type())); n != 256 {
		t.Errorf("the last event counts %d repeats, want 256", n)
	}
}

// A tab that asks late gets the token that nobody used yet, not one that another tab
// has used meanwhile: with that it would sign all of them out later.
func TestRefreshToken_usedAgainAfterItsSuccessorReturnsAllThatFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	old := s.refresh
	var want [][]byte
	for range 4 {
		next := random()
		_, err := w.rotate(s, old, next)
		must(t, err)
		want, old = append(want, append([]byte("sealed "), next...)), next
	}
	got, err := w.rotate(s, s.refresh, random())
	must(t, err)
	if diff := cmp.Diff(want, got.Successors); diff != "" || w.revoked(s) {
		t.Errorf("revoked %v, successors differ (-want +got):\n%s", w.revoked(s), diff)
	}
	_, err = w.rotate(s, old, random()) // the last of them is good
	must(t, err)
}

// TOK-03: both branches of a fork hold the same successor. Whoever goes on second, and
// not at once, ends it for both.
func TestRefreshToken_forkEndsAtTheNextDivergence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	next, third := random(), random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	_, err = w.rotate(s, s.refresh, random())
	must(t, err)
	_, err = w.rotate(s, next, third)
	must(t, err)
	w.sql(`UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds' WHERE grant_id = $1`, s.grant.ID)
	if _, err := w.rotate(s, next, random()); !errors.Is(err, provider.ErrRefreshReused) || !w.revoked(s) {
		t.Errorf("got %v, revoked %v; want ErrRefreshReused and true", err, w.revoked(s))
	}
	if _, err := w.rotate(s, third, random()); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("got %v, want ErrGrantRevoked", err)
	}
}

// TOK-30: a token and its successor, or one token twice, in the hands of two that plainly
// are not one end the family, within the grace time too. What is not shown says nothing.
func TestRefreshToken_usedByTwoPartiesEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := []byte("device a"), []byte("device b")
	parties := map[string]provider.Party{
		"nobody": {}, "elsewhere": {Address: "198.51.100.7"}, "device a": {Device: a}, "device b": {Device: b, Address: "192.0.2.1"},
		"key a": {Proof: a}, "key b": {Proof: b}, "device a, key b": {Device: a, Proof: b},
	}
	by := func(s story, token, next []byte, holder provider.Party) error {
		_, err := w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: token, Grace: time.Hour},
			provider.RefreshToken{Hash: next, IdleTTL: time.Hour, Holder: holder}, []byte("x"))
		return err
	}
	for first, p := range parties {
		for second, q := range parties {
			ends := p.Contradicts(q)
			for what, use := range map[string]func(s story) error{
				"the same token": func(s story) error { return by(s, s.refresh, random(), q) },
				"its successor":  func(s story) error { return by(s, s.next, random(), q) },
				"the one after that, which was given to nobody known": func(s story) error {
					third := random()
					must(t, by(s, s.next, third, provider.Party{}))
					return by(s, third, random(), q)
				},
			} {
				s := w.redeemed()
				s.next = random()
				must(t, by(s, s.refresh, s.next, p))
				err := use(s)
				if errors.Is(err, provider.ErrRefreshReused) != ends || !ends && err != nil || w.revoked(s) != ends {
					t.Errorf("%s, then %s by %s: got %v, revoked %v; want revoked %v", first, what, second, err, w.revoked(s), ends)
				}
			}
		}
	}
	if n := w.count(`SELECT count(*) FROM audit_log JOIN audit_pending p USING (tenant_id, id) WHERE reason = 'refresh_token_shared' AND p.detail ? 'first_ip'`); n != w.events(event.TokenReuseDetected{}) || n == 0 {
		t.Errorf("%d events say why", n)
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
		s, before, next := w.redeemed(), w.events(event.TokenReuseDetected{}), random()
		_, err := w.rotate(s, s.refresh, next)
		must(t, err)
		w.sql(`UPDATE refresh_tokens SET used_at = now() - $2::interval WHERE hash = $1`, s.refresh, c.age)
		err = c.in(s, func(ctx context.Context) error {
			_, err := w.spends.Rotate(ctx, grants.Use{ClientID: s.client, Token: s.refresh, Grace: 10 * time.Second},
				provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, []byte("x"))
			return err
		})
		if !errors.Is(err, provider.ErrRefreshReused) || !w.revoked(s) {
			t.Errorf("%s: got %v, revoked %v; want ErrRefreshReused and true", name, err, w.revoked(s))
		}
		if n := w.events(event.TokenReuseDetected{}) - before; n != 1 {
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
	_, err := w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: s.refresh},
		next, []byte("x"))
	must(t, err)
	next.Hash = random()
	if _, err := w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: s.refresh},
		next, []byte("x")); !errors.Is(err, provider.ErrRefreshReused) {
		t.Errorf("got %v, want ErrRefreshReused", err)
	}
}

// F-33: one first use, and everybody else is given what it made. No fork ever.
func TestRefreshToken_rotatedFiftyTimesAtOnceHasOneSuccessor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		s := w.redeemed()
		rotations := make([]provider.Rotation, 50)
		fresh := make([][]byte, 50)
		for i := range fresh {
			fresh[i] = random()
		}
		errs := parallel(50, func(i int) (err error) {
			rotations[i], err = w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: s.refresh, Grace: time.Minute},
				provider.RefreshToken{Hash: fresh[i], IdleTTL: time.Hour}, append([]byte("sealed "), fresh[i]...)) // a busy machine takes its time
			return err
		})
		var first []byte
		for i, err := range errs {
			must(t, err)
			if len(rotations[i].Successors) == 0 && first != nil {
				t.Fatal("two first uses")
			}
			if len(rotations[i].Successors) == 0 {
				first = append([]byte("sealed "), fresh[i]...)
			}
		}
		for _, r := range rotations {
			if len(r.Successors) > 0 && !bytes.Equal(r.Successors[0], first) {
				t.Fatalf("a repeat got %q, want %q", r.Successors[0], first)
			}
		}
		if n := w.count(`SELECT count(*) FROM refresh_tokens WHERE grant_id = $1`, s.grant.ID); n != 2 || first == nil || w.revoked(s) {
			t.Fatalf("got %d tokens, first %q, revoked %v; want 2, one, false", n, first, w.revoked(s))
		}
	}
}

// F-33: who holds the row of one refresh token up holds up whoever uses that one, for as long as a lock is waited for, and nobody
// else.
func TestRefreshToken_thatIsHeldUpHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	held, other := w.redeemed(), w.redeemed()
	tx, err := w.owner.Begin(t.Context())
	must(t, err)
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, err = tx.Exec(t.Context(), `SELECT FROM refresh_tokens WHERE hash = $1 FOR UPDATE`, held.refresh)
	must(t, err)
	waits := make(chan []error, 1)
	go func() {
		waits <- parallel(4, func(int) error { _, err := w.rotate(held, held.refresh, random()); return err })
	}()
	w.eventually("somebody waits", func() bool { return w.waiting() > 0 })
	if _, err := w.rotate(other, other.refresh, random()); err != nil {
		t.Errorf("a refresh of somebody else: %v", err)
	}
	if len(waits) > 0 {
		t.Error("a refresh of somebody else waited as long as the lock")
	}
	for _, err := range <-waits {
		if !errors.Is(err, fault.Unavailable) {
			t.Errorf("it waited, and got %v", err)
		}
	}
	must(t, tx.Rollback(t.Context()))
	if _, err := w.rotate(held, held.refresh, random()); err != nil {
		t.Errorf("once the row is free: %v", err)
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
		_, err := w.spends.Rotate(w.other(), grants.Use{ClientID: s.client, Token: s.refresh, Grace: time.Second},
			provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, nil)
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
		_, err := w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: old, Want: want, Grace: 10 * time.Second},
			provider.RefreshToken{Hash: next, IdleTTL: time.Hour}, []byte("x"))
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
		_, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{Hash: c.hash, IdleTTL: time.Hour})
		must(t, err)
		if n := w.count(`SELECT count(*) FROM refresh_tokens WHERE grant_id = $1 AND expires_at > now()`, s.grant.ID); n != c.want {
			t.Errorf("%s: got %d refresh tokens, want %d", name, n, c.want)
		}
	}
}

// TOK-15: what ends the grant of a token finds it by one that was used, has expired, or is of a grant that has ended too, in its tenant.
func TestRefreshTokens_knowTheGrantOfOneThatWasUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, next := w.redeemed(), random()
	_, err := w.rotate(s, s.refresh, next)
	must(t, err)
	finds := func(when string) {
		t.Helper()
		for name, hash := range map[string][]byte{"used": s.refresh, "last": next} {
			if grant, client, err := w.refresh.GrantOf(w.ctx(), hash); err != nil || grant != s.grant.ID || client != s.client {
				t.Errorf("%s, %s: grant %s of %s (%v)", when, name, grant, client, err)
			}
		}
	}
	finds("valid")
	w.sql(`UPDATE refresh_tokens SET expires_at = now() - interval '1 second' WHERE grant_id = $1`, s.grant.ID)
	finds("expired")
	w.sql(`UPDATE grants SET revoked_at = now() WHERE id = $1`, s.grant.ID)
	finds("revoked")
	for name, ctx := range map[string]context.Context{"of another tenant": w.other(), "unknown": w.ctx()} {
		hash := s.refresh
		if name == "unknown" {
			hash = random()
		}
		if _, _, err := w.refresh.GrantOf(ctx, hash); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: %v", name, err)
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
