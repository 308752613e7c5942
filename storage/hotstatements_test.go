package storage

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// A recorder keeps the statements that are sent, with their arguments.
type recorder struct {
	testservice.Statements
	mu   sync.Mutex
	sent []sent
}

type sent struct {
	sql  string
	args []any
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.keep(d.SQL, d.Args)
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.keep(d.SQL, d.Args)
}

func (r *recorder) keep(sql string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(args) > 0 && sql != pg.NameTenant {
		r.sent = append(r.sent, sent{sql, args})
	}
}

// F-32: every hot statement finds every row by its key. Plans are made once and
// kept, so it must hold on the day of the installation, on a busy day before the
// statistics are gathered, and after.
func TestHotStatements_findRowsByTheirKeys(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, nil)
	seen := w.recorded()
	if len(seen) < 20 {
		t.Fatalf("recorded only %d statements", len(seen))
	}
	whole := []string{"Seq Scan", "_by_expiry", "_by_client", "_by_user", "_by_grant"}
	// In an empty database Postgres cannot tell two keys of a table apart.
	ofTenant := append(whole, "Index Cond: (tenant_id = (current_setting('plinto.tenant'::text))::uuid)\n")
	bads := map[string][]string{"new": whole, "grown": ofTenant, "analyzed": ofTenant}
	for _, when := range []string{"new", "grown", "analyzed"} {
		switch when {
		case "grown":
			w.crowd(5000)
		case "analyzed":
			w.sql(`ANALYZE`)
		}
		for _, s := range seen {
			plan := strings.ReplaceAll(w.plan(s), "Seq Scan on tenant_fences", "") // which is empty
			for _, bad := range bads[when] {
				if strings.Contains(plan+"\n", bad) {
					t.Errorf("%s: reads more than its rows (%s):\n%s\n%s", when, bad, s.sql, plan)
				}
			}
		}
	}
}

// recorded returns what the hot paths send, in a database that holds nothing else.
func (w *world) recorded() []sent {
	t, s, ctx := w.t, w.redeemed(), w.ctx()
	seen := &recorder{}
	db := pg.NewDB(connectAsTraced(t, w, seen))
	outbox := newOutbox(db, w.outbox.subscribers, w.outbox.jobs)
	users, sessions := newUsers(db, &hotCopies{}), newSessions(db, &hotCopies{})
	codes, refresh, access := &Codes{db}, &RefreshTokens{db}, newAccessTokens(db, copyOptions{heard: never})
	spends := &grants.Service{Codes: codes, RefreshTokens: refresh, AccessTokens: access, Grants: &Grants{db}, Outbox: outbox, Tx: db}

	_, err := users.Credential(ctx, s.user.Email, nil)
	must(t, err)
	_, err = users.ByID(ctx, s.user.ID)
	must(t, err)
	_, err = sessions.ByToken(ctx, s.session.TokenHash)
	must(t, err)
	stale := s.session
	stale.SeenAt = time.Time{}
	must(t, sessions.Touch(ctx, stale))
	renewed := s.session
	renewed.TokenHash = random()
	must(t, sessions.Renew(ctx, s.session.TokenHash, renewed))
	_, err = newAttempts(db).Verdict(ctx, identity.Limit{Name: "n", Count: 1, Period: time.Hour, Burst: 1}, "k", false)
	must(t, err)
	g, c := s.grant, s.code
	g.ID, c.Hash, c.FlowID, c.SessionToken = uuid.New(), random(), uuid.New(), renewed.TokenHash
	must(t, db.InTx(ctx, func(ctx context.Context) error { return codes.Issue(ctx, g, c, ignored) }))
	must(t, db.InTx(ctx, func(ctx context.Context) error {
		again, code := g, c
		again.ID, code.Hash = uuid.New(), random()
		return codes.IssueLast(ctx, again, code, uuid.New())
	}))
	_, err = codes.Spend(ctx, s.client, c.Hash, provider.RefreshToken{Hash: random(), IdleTTL: time.Hour})
	must(t, err)
	_, _, err = refresh.Inspect(ctx, s.refresh)
	must(t, err)
	for range 2 { // a first use and a retry
		_, err = spends.Rotate(ctx, grants.Use{ClientID: s.client, Token: s.refresh, Grace: time.Minute},
			provider.RefreshToken{Hash: random(), IdleTTL: time.Hour}, nil)
		must(t, err)
	}
	_, _, _, err = access.Inspect(ctx, w.opaque(s))
	must(t, err)
	_, _, err = access.InspectJWT(ctx, "j", s.grant.ID)
	must(t, err)
	_, err = newConsents(db).Of(ctx, s.user.ID, s.client, random())
	must(t, err)
	flows, flow := newFlows(db), storedFlow("browser", "network")
	must(t, newFlows(w.db).Keep(ctx, flow, time.Hour)) // it counts what the tenant has, and is rare
	flow, err = flows.Find(ctx, flow.ID, flow.Browser)
	must(t, err)
	must(t, flows.Change(ctx, flow))
	must(t, flows.Drop(ctx, flow.ID, flow.Browser))
	must(t, spends.Revoke(ctx, s.grant.ID, "test"))
	ends := &identity.SessionEnder{Sessions: sessions, Outbox: outbox, Tx: db}
	must(t, ends.End(ctx, s.session.ID, event.SessionLoggedOut))
	return seen.sent
}

func connectAsTraced(t testing.TB, w *world, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	config := w.app.Config()
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// plan explains a statement as the app role, for tenant a.
func (w *world) plan(s sent) (plan string) {
	w.t.Helper()
	must(w.t, w.db.InTx(w.ctx(), func(ctx context.Context) error {
		lines, err := pg.Query(ctx, w.db, pgx.RowTo[string], "EXPLAIN "+s.sql, s.args...)
		plan = strings.Join(lines, "\n")
		return err
	}))
	return plan
}

// crowded are the tables that a crowd fills.
var crowded = strings.Fields(`users clients organizations memberships user_identifiers sessions attempts revoked_jwts user_consents flows
	grants codes refresh_tokens access_tokens passkeys totp_factors recovery_codes`)

// crowd adds n users to each tenant, each with a client and with all that can
// hang on both. Nothing of theirs is alive: an index on expiry looks tempting.
func (w *world) crowd(n int) {
	w.t.Helper()
	for _, t := range w.tenants {
		w.crowdOf(t, n)
	}
}

// crowdOf is crowd for one tenant.
func (w *world) crowdOf(t *tenant.Tenant, n int) {
	w.t.Helper()
	w.sql(`CREATE VIEW crowd AS
			SELECT '` + t.ID.String() + `'::uuid AS tenant_id, md5('` + t.Slug + `' || n)::uuid AS id, n::text AS name, sha256(n::text::bytea) AS hash
			FROM generate_series(1, ` + strconv.Itoa(n) + `) n`)
	for _, sql := range []string{
		`users (tenant_id, id) SELECT tenant_id, id`,
		`clients (tenant_id, id, client_id, metadata) SELECT tenant_id, id, name, '{}'`,
		`organizations (tenant_id, id, slug, name) SELECT tenant_id, id, name, name`,
		`memberships (tenant_id, organization_id, user_id) SELECT tenant_id, id, id`,
		`user_identifiers (tenant_id, canonical, kind, user_id) SELECT tenant_id, name, 'username', id`,
		`sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at) SELECT tenant_id, id, hash, id, now(), '1 hour', now()`,
		`attempts (tenant_id, key, tat) SELECT tenant_id, name, now()`,
		`revoked_jwts (tenant_id, jti, expires_at) SELECT tenant_id, name, now()`,
		`user_consents (tenant_id, user_id, client_id, shown, client_name, redirect_host, scopes, resources) SELECT tenant_id, id, id, hash, '', '', '{}', '{}'`,
		`flows (tenant_id, id, browser, network, sealed, expires_at) SELECT tenant_id, id, hash, name, '', now()`,
		`grants (tenant_id, id, client_id, user_id, session_id, scopes, auth_time, expires_at) SELECT tenant_id, id, id, id, id, '{}', now(), now()`,
		`codes (tenant_id, hash, flow_id, grant_id, redirect_uri, redirect_uri_sent, expires_at) SELECT tenant_id, hash, id, id, '', true, now()`,
		`refresh_tokens (tenant_id, hash, grant_id, expires_at) SELECT tenant_id, hash, id, now()`,
		`access_tokens (tenant_id, hash, jti, grant_id, client_id, subject, expires_at) SELECT tenant_id, hash, '', id, id, '', now()`,
		`passkeys (tenant_id, user_id, id, credential_id, public_key, aaguid, sign_count, transports, backup_eligible, backed_up, name)
				SELECT tenant_id, id, id, uuid_send(id), '', id, 0, '{}', false, false, ''`,
		`totp_factors (tenant_id, user_id, id, name, secret, last_step) SELECT tenant_id, id, id, '', '', 0`,
		`recovery_codes (tenant_id, user_id, hash) SELECT tenant_id, id, hash`,
		`connections (tenant_id, id, slug, spec) SELECT tenant_id, id, name, '{}'`,
		`user_identities (tenant_id, id, connection_id, issuer, subject, user_id) SELECT tenant_id, id, id, '', '', id`,
		`password_checks (tenant_id, user_id, checked_at, list) SELECT tenant_id, id, now(), ''`,
	} {
		w.sql(`INSERT INTO ` + sql + ` FROM crowd`)
	}
	w.sql(`DROP VIEW crowd`)
}
