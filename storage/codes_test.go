package storage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/storage/internal/pg"
)

func TestCode_bringsBackEverythingItWasIssuedWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	var got provider.Redemption
	n := w.counted.Count(func() {
		var err error
		got, err = w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{})
		must(t, err)
	})
	if n != 1 {
		t.Errorf("spending took %d statements, want 1", n)
	}
	want := provider.Redemption{Grant: s.grant, Code: s.code, User: s.user}
	opts := cmp.Options{
		cmpopts.IgnoreFields(provider.Code{}, "SessionToken", "SessionACR"), // compared, not kept
		cmpopts.IgnoreFields(provider.Grant{}, "CreatedAt"), cmpopts.IgnoreFields(identity.User{}, "CreatedAt", "UpdatedAt", "Version"),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("redemption differs (-want +got):\n%s", diff)
	}
}

func TestCode_isIssuedInOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	s.grant.ID, s.grant.Claims, s.code.Hash, s.code.FlowID = uuid.New(), nil, random(), uuid.New()
	if n := w.counted.Count(func() { must(t, w.issue(s)) }); n != 1 {
		t.Errorf("issuing took %d statements, want 1", n)
	}
	got, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{})
	must(t, err)
	if got.Grant.Claims != nil {
		t.Errorf("got claims %q, want none", got.Grant.Claims)
	}
}

func TestCode_isIssuedOncePerFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	s.grant.ID, s.code.Hash = uuid.New(), random()
	if err := w.issue(s); !errors.Is(err, provider.ErrFlowSpent) {
		t.Errorf("got %v, want ErrFlowSpent", err)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE id = $1`, s.grant.ID); n != 0 {
		t.Error("the refused code left its grant behind")
	}
}

func TestCode_isNotIssuedWithoutALiveSessionOfAnActiveUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]string{
		"ended":              `UPDATE sessions SET ended_at = now() WHERE id = $1`,
		"expired":            `UPDATE sessions SET expires_at = now() WHERE id = $1`,
		"idle":               `UPDATE sessions SET seen_at = now() - idle_ttl WHERE id = $1`,
		"user disabled":      `UPDATE users SET disabled_at = now() WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`,
		"user not before":    `UPDATE users SET not_before = now() WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`,
		"session is unknown": `DELETE FROM sessions WHERE id = $1`,
	} {
		s := w.issued()
		w.sql(end, s.session.ID)
		s.grant.ID, s.code.Hash, s.code.FlowID = uuid.New(), random(), uuid.New()
		if err := w.issue(s); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: got %v, want ErrNoSession", name, err)
		}
	}
	s, stranger := w.issued(), w.user()
	s.grant.ID, s.grant.UserID, s.code.Hash, s.code.FlowID = uuid.New(), stranger.ID, random(), uuid.New()
	if err := w.issue(s); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("another user's session: got %v, want ErrNoSession", err)
	}
}

// COD-02.
func TestCode_cannotBeSpentTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		s := w.issued()
		winners := 0
		for _, err := range parallel(50, func(int) error {
			return w.db.InTx(w.ctx(), func(ctx context.Context) error {
				_, err := w.spends.Redeem(ctx, s.client, s.code.Hash, provider.RefreshToken{})
				return err
			})
		}) {
			switch {
			case err == nil:
				winners++
			case !errors.Is(err, provider.ErrCodeSpent):
				t.Fatalf("got %v, want ErrCodeSpent", err)
			}
		}
		if winners != 1 || !w.revoked(s) {
			t.Fatalf("got %d winners, revoked %v; want one winner and the grant revoked", winners, w.revoked(s))
		}
	}
	if n := w.events(event.CodeReuseDetected{}); n != 20 {
		t.Errorf("got %d events for 20 codes that were used again", n)
	}
}

// COD-01: revocation outlives the refusal.
func TestCode_spentAgainRevokesForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, spend := range map[string]func(s story) error{
		"alone": func(s story) error {
			_, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{})
			return err
		},
		"in a transaction that fails": func(s story) error {
			return w.db.InTx(w.ctx(), func(ctx context.Context) error {
				_, err := w.spends.Redeem(ctx, s.client, s.code.Hash, provider.RefreshToken{})
				return err
			})
		},
		"after the code expired": func(s story) error {
			w.sql(`UPDATE codes SET expires_at = now() - interval '1 minute' WHERE hash = $1`, s.code.Hash)
			_, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{})
			return err
		},
	} {
		s, before := w.redeemed(), w.events(event.CodeReuseDetected{})
		token := w.opaque(s)
		if err := spend(s); !errors.Is(err, provider.ErrCodeSpent) {
			t.Errorf("%s: got %v, want ErrCodeSpent", name, err)
		}
		if n := w.events(event.CodeReuseDetected{}) - before; n != 1 || !w.revoked(s) {
			t.Errorf("%s: got %d events, revoked %v; want 1 and true", name, n, w.revoked(s))
		}
		if _, _, err := w.refresh.Inspect(w.ctx(), s.refresh); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: refresh token: got %v, want ErrTokenUnknown", name, err)
		}
		if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
			t.Errorf("%s: rotation: got %v, want ErrGrantRevoked", name, err)
		}
		if _, _, _, err := w.access.Inspect(w.ctx(), token); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: access token: got %v, want ErrTokenUnknown", name, err)
		}
	}
}

func TestCode_isBurntWhenTheCallerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error { // a wrong verifier: refused, but committed
		_, err := w.spends.Redeem(ctx, s.client, s.code.Hash, provider.RefreshToken{})
		return err
	}))
	if _, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrCodeSpent) {
		t.Errorf("got %v, want ErrCodeSpent", err)
	}
}

func TestCode_ofAnotherClientStaysUntouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, s := range map[string]story{"unused": w.issued(), "used": w.redeemed()} {
		if _, err := w.spends.Redeem(w.ctx(), w.client(), s.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrCodeUnknown) {
			t.Errorf("%s: got %v, want ErrCodeUnknown", name, err)
		}
		if w.revoked(s) {
			t.Errorf("%s: another client's try revoked the grant", name)
		}
		if _, err := w.spends.Redeem(w.other(), s.client, s.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrCodeUnknown) || w.revoked(s) {
			t.Errorf("%s: as another tenant: got %v, revoked %v; want ErrCodeUnknown and false", name, err, w.revoked(s))
		}
	}
}

// COD-04, TOK-07, TOK-11.
func TestCode_isRefusedWhenWhatItStandsOnIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		sql  string
		want error
	}{
		"expired":           {`UPDATE codes SET expires_at = now() WHERE grant_id = $1`, provider.ErrCodeUnknown},
		"grant revoked":     {`UPDATE grants SET revoked_at = now() WHERE id = $1`, provider.ErrGrantRevoked},
		"user disabled":     {`UPDATE users SET disabled_at = now() WHERE id = (SELECT user_id FROM grants WHERE id = $1)`, provider.ErrGrantRevoked},
		"user not before":   {`UPDATE users SET not_before = now() WHERE id = (SELECT user_id FROM grants WHERE id = $1)`, provider.ErrGrantRevoked},
		"user deleted":      {`DELETE FROM users WHERE id = (SELECT user_id FROM grants WHERE id = $1)`, provider.ErrCodeUnknown},
		"client disabled":   {`UPDATE clients SET disabled_at = now() WHERE id = (SELECT client_id FROM grants WHERE id = $1)`, provider.ErrGrantRevoked},
		"client not before": {`UPDATE clients SET not_before = now() WHERE id = (SELECT client_id FROM grants WHERE id = $1)`, provider.ErrGrantRevoked},
		"session ended":     {`UPDATE sessions SET ended_at = now() WHERE id = (SELECT session_id FROM grants WHERE id = $1)`, provider.ErrGrantRevoked},
	} {
		s := w.issued()
		w.sql(c.sql, s.grant.ID)
		if _, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	s := w.issued()
	w.tenants[0].NotBefore = time.Now().Add(time.Minute)
	if _, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{}); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("tenant not before: got %v, want ErrGrantRevoked", err)
	}
}

func TestCodeExchange_takesAtMostFourStatements(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	n := w.counted.Count(func() {
		must(t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
			if _, err := w.spends.Redeem(ctx, s.client, s.code.Hash, provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}); err != nil {
				return err
			}
			return w.access.Create(ctx, w.token(s))
		}))
	})
	if n > 4 {
		t.Errorf("got %d statements, want at most 4", n)
	}
}

// A form that is posted twice is answered twice, also at once; a flow has its id once.
func TestCode_isIssuedLastAsOftenAsSomebodyProvesWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, flow := w.issued(), uuid.New()
	const times = 20
	for i, err := range parallel(times, func(int) error {
		g, c := s.grant, s.code
		g.ID, c.Hash, c.FlowID = uuid.New(), random(), flow
		return w.db.InTx(w.ctx(), func(ctx context.Context) error { return w.codes.IssueLast(ctx, g, c, uuid.New()) })
	}) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	all := w.count(`SELECT count(*) FROM codes JOIN grants g ON g.id = grant_id WHERE g.session_id = $1`, s.session.ID)
	if first := w.count(`SELECT count(*) FROM codes WHERE flow_id = $1`, flow); first != 1 || all != times+1 {
		t.Errorf("got %d codes, %d of them under the flow's own id; want %d and 1", all, first, times+1)
	}
	again := s.code
	again.Hash, again.FlowID = random(), flow
	g := s.grant
	g.ID = uuid.New()
	if err := w.issue(story{grant: g, code: again}); !errors.Is(err, provider.ErrFlowSpent) {
		t.Errorf("by the flow alone: %v, want ErrFlowSpent", err)
	}
}

func TestCode_isIssuedLastForALiveSessionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]func(s story){
		"ended":    func(s story) { must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut)) },
		"disabled": func(s story) { w.sql(`UPDATE users SET disabled_at = now() WHERE id = $1`, s.user.ID) },
		"control":  nil,
	} {
		s := w.issued()
		if end != nil {
			end(s)
		}
		g, c := s.grant, s.code
		g.ID, c.Hash, c.FlowID = uuid.New(), random(), uuid.New()
		err := w.db.InTx(w.ctx(), func(ctx context.Context) error { return w.codes.IssueLast(ctx, g, c, uuid.New()) })
		if end != nil && !errors.Is(err, identity.ErrNoSession) || end == nil && err != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if n := w.count(`SELECT count(*) FROM grants WHERE id = $1`, g.ID); (n == 1) != (end == nil) {
			t.Errorf("%s: %d grants", name, n)
		}
	}
	if err := w.codes.IssueLast(w.ctx(), provider.Grant{}, provider.Code{}, uuid.New()); !errors.Is(err, pg.ErrNoTransaction) {
		t.Errorf("outside a transaction: %v", err)
	}
}

// Whoever reads that an application was answered can rely on it.
func TestCode_thatIsNotIssuedHasNoEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	again := func() error {
		return w.spends.Issue(w.ctx(), &grants.Issued{Grant: s.grant, Code: s.code, ClientID: "web"}, ignored)
	}
	last := func() error {
		return w.db.InTx(w.ctx(), func(ctx context.Context) error {
			return w.spends.IssueLast(ctx, &grants.Issued{Grant: s.grant, Code: s.code, ClientID: "web"})
		})
	}
	s.grant.ID, s.code.Hash = uuid.New(), random()
	if err := again(); !errors.Is(err, provider.ErrFlowSpent) { // the flow has its answer
		t.Errorf("got %v, want ErrFlowSpent", err)
	}
	s.grant.ID, s.code.Hash, s.code.FlowID = uuid.New(), random(), uuid.New()
	must(t, again())
	must(t, w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut))
	s.grant.ID, s.code.Hash, s.code.FlowID = uuid.New(), random(), uuid.New()
	for name, issue := range map[string]func() error{"Issue": again, "IssueLast": last} {
		if err := issue(); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("%s: got %v, want ErrNoSession", name, err)
		}
	}
	if n := w.events(event.AuthorizationGranted{}); n != 1 {
		t.Errorf("%d events for one answer", n)
	}
}

// A sign-out that is under way either finds the grant or prevents it.
func TestCode_isNotIssuedPastAnEndingSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 30 {
		s := w.issued()
		first := s.grant.ID
		s.grant.ID, s.code.Hash, s.code.FlowID = uuid.New(), random(), uuid.New()
		errs := parallel(2, func(i int) error {
			if i == 0 {
				return w.ends.End(w.ctx(), s.session.ID, event.SessionLoggedOut)
			}
			return w.issue(s)
		})
		must(t, errs[0])
		if errs[1] != nil && !errors.Is(errs[1], identity.ErrNoSession) {
			t.Fatalf("got %v, want nil or ErrNoSession", errs[1])
		}
		if n := w.count(`SELECT count(*) FROM grants WHERE id IN ($1, $2) AND revoked_at IS NULL`, first, s.grant.ID); n != 0 {
			t.Fatalf("%d grants outlived their session", n)
		}
	}
}

// No 5xx from any input: the claims parameter is the client's JSON.
func TestCode_withClaimsThatCannotBeKeptIsInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	for _, claims := range []string{
		`{"userinfo":{"a":{"value":"\u0000"}}}`, `{"userinfo":{"a":{"value":"\ud800"}}}`, `{"userinfo":{"a":{"value":1e999999}}}`,
		`{"userinfo":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`,
	} {
		s.grant.ID, s.code.Hash, s.code.FlowID, s.grant.Claims = uuid.New(), random(), uuid.New(), []byte(claims)
		if err := w.issue(s); err != nil && !errors.Is(err, ErrUnfit) {
			t.Errorf("%.60s: got %v, want nil or ErrUnfit", claims, err)
		}
	}
}
