package storage

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"plinto/internal/memory"
	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// listening returns access tokens held in memory by an instance of its own that
// hears what changes.
func (w *world) listening() *AccessTokens {
	w.t.Helper()
	tokens, _ := w.listeningBy(w.platform.Config().ConnConfig)
	return tokens
}

// listeningBy is listening on a connection of that configuration.
func (w *world) listeningBy(config *pgx.ConnConfig) (*AccessTokens, *Clients) {
	w.t.Helper()
	heard := memory.NewAnnouncements()
	tokens, clients := newAccessTokens(pg.NewDB(w.app), copyOptions{heard: heardBy(heard, nil)}), newClients(pg.NewDB(w.app), copyOptions{heard: heardBy(heard, nil)})
	l := pg.NewListener(config, heard, slog.New(slog.DiscardHandler))
	for _, table := range endingTables {
		l.On(table, tokens.cache.Invalidate)
	}
	l.On("clients", clients.cache.Invalidate)
	l.OnMissed(tokens.cache.RevalidateAll)
	l.OnMissed(clients.cache.RevalidateAll)
	go l.Run(w.t.Context())
	w.eventually("the instance listens", heard.Current)
	return tokens, clients
}

// always and never say whether changes are announced.
func always(context.Context) bool { return true }
func never(context.Context) bool  { return false }

// eventually waits for what another instance causes, less long than anything is
// held anyway.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	w.within(copyTokens-time.Second, what, ok)
}

func (w *world) within(limit time.Duration, what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(limit)
	for tick := time.NewTicker(time.Millisecond); !ok(); {
		select {
		case <-deadline:
			w.t.Fatalf("not within %v: %s", limit, what)
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
	must(t, w.spends.RevokeOpaque(w.ctx(), opaque, grants.RevokedToken{}))
	must(t, w.spends.RevokeJWT(w.ctx(), time.Now().Add(time.Hour), grants.RevokedToken{JTI: "jti"}))
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
	here := newAccessTokens(w.db, copyOptions{heard: always}) // and nobody tells it anything
	ending := &grants.Service{AccessTokens: here, Outbox: w.outbox, Tx: w.db}
	ends := map[string]func(s story, opaque []byte) error{
		"revoked":       func(_ story, opaque []byte) error { return ending.RevokeOpaque(w.ctx(), opaque, grants.RevokedToken{}) },
		"grant revoked": func(s story, _ []byte) error { return w.spends.Revoke(w.ctx(), s.grant.ID, "test") },
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

// A connection on which changes would be announced can fall silent without being
// closed: its network drops what it carries, or the process at its other end stops.
// Nothing is answered from memory then that was asked for more than a second after it
// ended, which is what docs/operations.md promises.
func TestMemory_isNotUsedWhenAnnouncementsFallSilent_CAC_03(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*world, *testservice.Proxy){
		"the network drops all":           func(_ *world, p *testservice.Proxy) { p.Silence() },
		"the network loses what there is": func(_ *world, p *testservice.Proxy) { p.Lose() },
		"what is sent does not arrive":    func(_ *world, p *testservice.Proxy) { p.SilenceQuestions() },
		"answers come late":               func(_ *world, p *testservice.Proxy) { p.Slow(time.Minute) },
		"the process stops":               func(w *world, _ *testservice.Proxy) { w.stopListener() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			config := w.platform.Config().ConnConfig.Copy()
			network := testservice.NewProxy(t, net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))))
			host, port, err := net.SplitHostPort(network.Address())
			must(t, err)
			number, err := strconv.ParseUint(port, 10, 16)
			must(t, err)
			config.Host, config.Port, config.Fallbacks = host, uint16(number), nil
			here, clients := w.listeningBy(config)
			s := w.redeemed()
			opaque := w.opaque(s)
			id := "c" + s.client.String()
			active := func() bool {
				_, _, _, err := here.Inspect(w.ctx(), opaque)
				_, _, jwt := here.InspectJWT(w.ctx(), "jti", s.grant.ID)
				c, known := clients.ByClientID(w.ctx(), id)
				must(t, known)
				return err == nil || jwt == nil || c.DisabledAt.IsZero()
			}
			w.within(time.Minute, "tokens and client are held", func() bool { return w.counted.Count(func() { active() }) == 0 })
			silence(w, network)
			must(t, w.spends.RevokeOpaque(w.ctx(), opaque, grants.RevokedToken{}))
			must(t, w.spends.RevokeJWT(w.ctx(), time.Now().Add(time.Hour), grants.RevokedToken{JTI: "jti"}))
			w.sql(`UPDATE clients SET disabled_at = now() WHERE id = $1`, s.client)
			over := time.Now()
			for {
				asked := time.Now()
				was, late := active(), asked.Sub(over) > memory.MaxLag
				if was && late {
					t.Fatalf("active when asked %v after its end", asked.Sub(over))
				}
				if late {
					return
				}
			}
		})
	}
}

// stopListener stops the process of Postgres that announces changes to this world.
func (w *world) stopListener() {
	w.t.Helper()
	var pid int
	err := w.owner.QueryRow(w.t.Context(), `
		SELECT pid FROM pg_stat_activity
		WHERE datname = current_database() AND query IN ('LISTEN `+pg.ChangesChannel+`', '`+pg.Question+`') AND state = 'idle'`).Scan(&pid)
	must(w.t, err)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		w.t.Skipf("a process of Postgres cannot be stopped by this user: %v", err)
	}
	w.t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
}

// The promise hangs on this: whoever got an answer to a question that was sent after a
// change was committed has been told of the change before.
func TestListener_anAnswerComesAfterWhatWasCommittedBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	heard, id := memory.NewAnnouncements(), w.tenants[0].ID
	var announced atomic.Int64
	l := pg.NewListener(w.platform.Config().ConnConfig, heard, slog.New(slog.DiscardHandler))
	l.On("revoked_jwts", func(tenant.ID) { announced.Add(1) })
	go l.Run(w.t.Context())
	w.within(time.Minute, "the instance listens", heard.Current)
	for i := range 200 {
		before := announced.Load()
		w.sql(`INSERT INTO revoked_jwts (tenant_id, jti, expires_at) VALUES ($1, $2, now() + interval '1 hour')`, id.String(), strconv.Itoa(i))
		committed := time.Now()
		w.within(time.Minute, "an answer", func() bool { heard.Ask(); return !heard.UpTo().Before(committed) })
		if announced.Load() == before {
			t.Fatal("answered before the change was announced")
		}
	}
}
