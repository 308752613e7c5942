package storage

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/breaker"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/storage/internal/pg"
	"plinto/storage/queue"
	"plinto/storage/schema"
	"plinto/tenant"
)

// A world is a migrated database with two tenants, as the repositories of people
// and tokens see it.
type world struct {
	t        testing.TB
	app      *pgxpool.Pool
	platform *pgxpool.Pool
	owner    *pgxpool.Pool // sees and may do everything
	redis    *volatile
	counted  *testservice.Statements

	outbox   *Outbox
	users    *Users
	sessions *Sessions
	attempts *Attempts
	limiter  *Limiter
	codes    *Codes
	refresh  *RefreshTokens
	access   *AccessTokens
	grants   *Grants
	consents *Consents
	db       *DB
	jobs     *Jobs

	spends *grants.Service // codes and tokens
	ends   *identity.SessionEnder

	tenants [2]*tenant.Tenant
	told    *listener
}

// A listener is a subscriber that hands on what it is told.
type listener struct {
	wants  event.Fact // of the type that is wanted
	events chan heard
	fail   atomic.Int32 // how many times to fail first
}

// A heard event is one with the tenant that it was told in.
type heard struct {
	event.Event
	tenant tenant.ID
}

func (l *listener) Subscription() event.Subscription {
	return event.Subscription{
		Name: "listener", Types: event.Types(), When: func(e *event.Event) bool { return e.Type() == l.wants.Type() }, Origin: true,
	}
}

func (l *listener) Handle(ctx context.Context, e event.Event) error {
	if l.fail.Add(-1) >= 0 {
		return fmt.Errorf("not now")
	}
	l.events <- heard{e, tenant.Must(ctx).ID}
	return nil
}

// patient is the Redis budget of tests: on a busy machine 20 ms are nothing.
const patient = 2 * time.Second

func newWorld(t testing.TB) *world {
	t.Helper()
	v, err := openVolatile(testservice.Redis(t), patient, nil)
	if err != nil {
		t.Fatal(err)
	}
	return newWorldWith(t, v)
}

func newWorldWith(t testing.TB, v *volatile) *world {
	t.Helper()
	url := testservice.Database(t, migrated(t))
	w := &world{t: t, redis: v, counted: &testservice.Statements{}, told: &listener{wants: event.TokenReuseDetected{}, events: make(chan heard, 100)}}
	w.owner = connectAs(t, url, "", nil)
	w.app = connectAs(t, url, pg.AppRole, w.counted)
	w.platform = connectAs(t, url, pg.PlatformRole, nil)
	t.Cleanup(func() { _ = v.close() })

	w.db = pg.NewDB(w.app)
	if pooler := testservice.PoolerOfRun(); pooler != "" {
		w.db = w.pooled(url, pooler)
	}
	w.db.WithTurns(int(w.app.Config().MaxConns), 20*time.Second) // a race is to be decided, however busy the machine
	w.outbox = w.outboxOf(w.told.Subscription())
	root, _ := secret.NewRoot()
	hot, err := newHotCopies(v, root)
	must(t, err)
	w.users, w.sessions = newUsers(w.db, hot), newSessions(w.db, hot)
	w.attempts, w.limiter = newAttempts(w.db), newLimiter(v)
	w.codes, w.refresh = &Codes{w.db}, &RefreshTokens{w.db}
	w.access, w.grants, w.consents = newAccessTokens(w.db, copyOptions{heard: never}), &Grants{w.db}, newConsents(w.db)
	w.spends = &grants.Service{Codes: w.codes, RefreshTokens: w.refresh, AccessTokens: w.access, Grants: w.grants, Outbox: w.outbox, Tx: w.db}
	w.ends = &identity.SessionEnder{Sessions: w.sessions, Outbox: w.outbox, Tx: w.db}
	w.jobs = &Jobs{w.db, w.outbox.jobs, pg.NewSystem(w.platform)}
	w.users.jobs, w.sessions.jobs, w.users.ender = w.jobs, w.jobs, w.ends
	for i, slug := range []string{"a", "b"} {
		made := testworld.Tenant(slug)
		w.tenants[i] = &made
		w.sql(`INSERT INTO tenants (id, slug, name) VALUES ($1, $2, $2)`, w.tenants[i].ID.String(), slug)
	}
	return w
}

// outboxOf is the outbox of a process that only writes events.
func (w *world) outboxOf(subscriptions ...event.Subscription) *Outbox {
	w.t.Helper()
	subscribers, err := queue.NewSubscribers(subscriptions, false)
	must(w.t, err)
	jobs, err := queue.New(slog.Default())
	must(w.t, err)
	return newOutbox(w.db, subscribers, jobs)
}

// migrated is the template of every test's database.
func migrated(t testing.TB) testservice.Template {
	t.Helper()
	hash, err := schema.Hash()
	must(t, err)
	return testservice.Template{Name: "world" + hash, Migrate: func(ctx context.Context, url string) error {
		_, err := schema.Migrate(ctx, url, nil)
		return err
	}}
}

func connectAs(t testing.TB, url, role string, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	if role != "" {
		config.ConnConfig.RuntimeParams["role"] = role
	}
	config.ConnConfig.Tracer = tracer
	config.MaxConns = 10
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// pooled is the database of a URL with a pooler between.
func (w *world) pooled(url, pooler string) *DB {
	w.t.Helper()
	db, err := pg.OpenApp(w.t.Context(), pg.Options{URL: testservice.ThroughPgBouncer(w.t, url), Pooler: pg.Pooler(pooler), MaxConns: 10, Tracer: w.counted})
	must(w.t, err)
	w.t.Cleanup(db.Close)
	return db
}

// ctx acts for tenant a, other for tenant b.
func (w *world) ctx() context.Context   { return tenant.With(w.t.Context(), w.tenants[0]) }
func (w *world) other() context.Context { return tenant.With(w.t.Context(), w.tenants[1]) }

// sql changes the database behind the repositories' back.
func (w *world) sql(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.owner.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) issue(s story) error {
	return w.db.InTx(w.ctx(), func(ctx context.Context) error { return w.codes.Issue(ctx, s.grant, s.code, ignored) })
}

func ignored(identity.User) {}

// count returns what a SELECT count(*) says.
func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	if err := w.owner.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// events counts the events of the type of a fact.
func (w *world) events(of event.Fact) int {
	w.t.Helper()
	kind := string(of.Type())
	n, wanted := w.count(`SELECT count(*) FROM audit_log WHERE type = $1`, kind), 0
	if w.told.wants.Type() == of.Type() {
		wanted = n
	}
	if kept := w.count(`SELECT count(*) FROM events WHERE type = $1`, kind); kept != wanted {
		w.t.Errorf("got %d events for %d audit rows of type %s, want %d", kept, n, kind, wanted)
	}
	return n
}

// user stores a user of tenant a whose name is unique.
func (w *world) user() identity.User {
	w.t.Helper()
	u := testworld.User()
	must(w.t, w.users.Create(w.ctx(), u, "hash"))
	return u
}

// mark moves the mark of a user, and returns the user under it.
func (w *world) mark(u identity.User) identity.User {
	w.t.Helper()
	before, after, err := w.users.Mark(w.ctx(), u.ID)
	must(w.t, err)
	if !before.Equal(u.NotBefore) || !after.After(before) {
		w.t.Errorf("the mark moved from %v to %v, and was %v", before, after, u.NotBefore)
	}
	u.NotBefore = after
	return u
}

func (w *world) session(user identity.User) identity.Session {
	w.t.Helper()
	s := testworld.Session(user)
	must(w.t, w.sessions.Create(w.ctx(), s))
	return s
}

func (w *world) client() uuid.UUID {
	w.t.Helper()
	id := testworld.ID()
	w.sql(`INSERT INTO clients (tenant_id, id, client_id, metadata) VALUES ($1, $2, $3, '{}')`,
		w.tenants[0].ID.String(), id, "c"+id.String())
	return id
}

// A story is a user who allowed a client something.
type story struct {
	user    identity.User
	session identity.Session
	client  uuid.UUID
	grant   provider.Grant
	code    provider.Code
	refresh []byte
	next    []byte // what refresh was exchanged for
}

// issued is a story up to the code.
func (w *world) issued() story {
	w.t.Helper()
	s := story{user: w.user(), client: w.client()}
	s.session = w.session(s.user)
	s.grant, s.code = testworld.Grant(s.client, s.session), testworld.Code(s.session)
	must(w.t, w.issue(s))
	return s
}

// redeemed is a story up to the first refresh token.
func (w *world) redeemed() story {
	w.t.Helper()
	s := w.issued()
	s.refresh = random()
	w.sql(`UPDATE grants SET offline = true WHERE id = $1`, s.grant.ID)
	_, err := w.spends.Redeem(w.ctx(), s.client, s.code.Hash, provider.RefreshToken{Hash: s.refresh, IdleTTL: time.Hour})
	must(w.t, err)
	w.sql(`UPDATE grants SET offline = false WHERE id = $1`, s.grant.ID) // it shall end with its session
	return s
}

func (w *world) rotate(s story, old, next []byte) (provider.Rotation, error) {
	return w.spends.Rotate(w.ctx(), grants.Use{ClientID: s.client, Token: old, Grace: 10 * time.Second},
		provider.RefreshToken{Hash: next, IdleTTL: time.Hour}, append([]byte("sealed "), next...))
}

// revoked reports whether the story's grant is.
func (w *world) revoked(s story) bool {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM grants WHERE id = $1 AND revoked_at IS NOT NULL`, s.grant.ID) == 1
}

var random, now, parallel = testworld.Hash, testworld.Now, testworld.AtOnce

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// direct is the client of a Redis that is one server, with all that it can do.
func (v *volatile) direct() *redis.Client { return v.client.(*redis.Client) }

// revive waits until the client has noticed that its Redis is back, and closes
// the breaker instead of waiting for it.
func (v *volatile) revive(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for v.client.Ping(t.Context()).Err() != nil {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("Redis does not come back")
		}
	}
	v.breaker = breakerOfRedis(patient, nil)
}

// rest has no call be made any more.
func (v *volatile) rest() {
	v.breaker = breaker.NewSet(prometheus.NewRegistry()).New(breaker.Options{Name: redisBreaker, Failures: 1, Pause: time.Hour})
	_ = v.do(context.Background(), func(context.Context, redisClient) error { return errRedisOut })
}

// A lockedBuffer keeps what is logged, from any goroutine.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
