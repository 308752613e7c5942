package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/organization/domain"
	"plinto/storage"
	"plinto/storage/queue"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// noRecords is a DNS in which there are none.
type noRecords struct{}

func (noRecords) TXT(context.Context, string) ([]string, error) { return nil, nil }

// undamaged are columns of the kinds that are looked at which belong to no tenant.
var undamaged = map[string]string{
	"root_keys.sealed": "the installation's: without it nothing opens, which every start says",
}

// A damaged is an installation in which tenants are damaged, one column each, and one stays as it is.
type damaged struct {
	*storage.Store
	t     *testing.T
	cfg   storage.Config
	owner *pgx.Conn
	well  *tenant.Tenant
}

func newDamaged(t *testing.T) *damaged {
	t.Helper()
	root, _ := secret.NewRoot()
	d := &damaged{t: t}
	d.Store, d.owner = storagetest.WithOwner(t, func(c *storage.Config) {
		c.Root, c.Log, c.DNS = root, slog.New(slog.DiscardHandler), noRecords{}
		d.cfg = *c
	})
	d.well = storagetest.Create(t, d.Store, testworld.Tenant("well"))
	return d
}

func (d *damaged) exec(sql string, args ...any) {
	d.t.Helper()
	if _, err := d.owner.Exec(d.t.Context(), sql, args...); err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
}

// columns are those whose content only the program understands, as "table.column", with the column that says whose the row is.
func (d *damaged) columns() (names []string, of map[string]string) {
	d.t.Helper()
	type column struct{ Table, Column, Of string }
	rows, _ := d.owner.Query(d.t.Context(), `
		SELECT c.relname::text, a.attname::text,
			CASE WHEN c.relname IN ('tenants', 'tenant_keys', 'tenant_databases') THEN 'id' ELSE coalesce((SELECT o.attname::text FROM pg_attribute o
				WHERE o.attrelid = c.oid AND o.attname IN ('tenant_id', 'tenant') AND NOT o.attisdropped), '') END
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE 'river%'
			AND a.atttypid IN ('jsonb'::regtype, 'bytea'::regtype) ORDER BY 1, 2`)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		d.t.Fatal(err)
	}
	of = map[string]string{}
	for _, c := range all {
		name := c.Table + "." + c.Column
		if undamaged[name] != "" {
			continue
		}
		if c.Of == "" {
			d.t.Errorf("nobody knows whose rows of %s are", c.Table)
			continue
		}
		names = append(names, name)
		of[name] = c.Of
	}
	return names, of
}

// required fills columns that have no default, by their type; some have to be as a check says.
const required = `
	SELECT coalesce(string_agg(quote_ident(a.attname), ', '), ''), coalesce(string_agg(CASE
		WHEN a.attname = 'state' AND c.relname = 'signing_keys' THEN '''next'''
		WHEN a.attname = 'outcome' THEN '''success'''
		WHEN a.attname IN ('from_level', 'to_level') THEN '''shared'''
		WHEN a.attname = 'scope' AND c.relname = 'roles' THEN '''tenant'''
		WHEN a.atttypid = 'uuid'::regtype THEN 'gen_random_uuid()'
		WHEN a.atttypid = 'text'::regtype THEN '''x'' || md5(random()::text)'
		WHEN a.atttypid = 'bytea'::regtype THEN 'decode(md5(random()::text), ''hex'')'
		WHEN a.atttypid = 'jsonb'::regtype THEN '''{}'''
		WHEN a.atttypid = 'timestamptz'::regtype THEN 'now()'
		WHEN a.atttypid = 'interval'::regtype THEN '''1 hour'''
		WHEN a.atttypid = 'boolean'::regtype THEN 'false'
		WHEN a.atttypid = 'date'::regtype THEN 'current_date'
		WHEN format_type(a.atttypid, NULL) LIKE '%[]' THEN '''{}'''
		ELSE '1' END, ', '), '')
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
	WHERE c.oid = $1::regclass AND a.attname <> $2`

// damage has a column of a tenant be what nobody can read, in all rows of it; there is one afterwards.
func (d *damaged) damage(table, column, of string, t *tenant.Tenant) {
	d.t.Helper()
	var n int
	if err := d.owner.QueryRow(d.t.Context(), fmt.Sprintf(`SELECT count(*) FROM %s WHERE %s = $1`, table, of), uuid.UUID(t.ID)).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	if n == 0 {
		var columns, values string
		if err := d.owner.QueryRow(d.t.Context(), required, table, of).Scan(&columns, &values); err != nil {
			d.t.Fatal(err)
		}
		if columns != "" {
			columns, values = ", "+columns, ", "+values
		}
		// Without foreign keys: what the row hangs on does not matter.
		d.exec(`SET session_replication_role = replica`)
		d.exec(fmt.Sprintf(`INSERT INTO %s (%s%s) VALUES ($1%s)`, table, of, columns, values), uuid.UUID(t.ID))
		d.exec(`SET session_replication_role = origin`)
	}
	var kind string
	if err := d.owner.QueryRow(d.t.Context(), `SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2`, table, column).Scan(&kind); err != nil {
		d.t.Fatal(err)
	}
	with := map[string]string{"jsonb": `'"damaged"'`, "bytea": `decode(md5(random()::text), 'hex')`}[kind]
	d.exec(fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = $1`, table, column, with, of), uuid.UUID(t.ID))
}

// due has something of everything be due that upkeep does in a tenant, since some hours.
func (d *damaged) due(t *tenant.Tenant, hours int) {
	d.t.Helper()
	ctx, user, leaves, org := testworld.In(t), testworld.User(), testworld.User(), uuid.New()
	for _, err := range []error{d.Users.Create(ctx, user, ""), d.Users.Create(ctx, leaves, "")} {
		if err != nil {
			d.t.Fatal(err)
		}
	}
	err := d.DB.InTx(ctx, func(ctx context.Context) error {
		return d.Outbox.Append(ctx, event.Event{Fact: event.UserCreated{}, Outcome: "success", Actor: event.Actor{Type: "operator"}, Subject: user.PublicID(), IP: "192.0.2.1"})
	})
	if err != nil {
		d.t.Fatal(err)
	}
	of := uuid.UUID(t.ID)
	d.exec(`UPDATE users SET delete_at = now() - $3 * interval '1 hour' WHERE tenant_id = $1 AND id = $2`, of, leaves.ID, hours)
	d.exec(`INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at)
		VALUES ($1, gen_random_uuid(), decode(md5(random()::text), 'hex'), $2, now(), '1 day', now() - $3 * interval '1 hour')`, of, user.ID, hours)
	d.exec(`INSERT INTO organizations (tenant_id, id, slug, name) VALUES ($1, $2, $3, 'North')`, of, org, org.String())
	d.exec(`INSERT INTO organization_domains (tenant_id, id, organization_id, domain, token, verified, verified_at, checked_at)
		VALUES ($1, gen_random_uuid(), $2, $4, 't', $4, now(), now() - interval '40 days' - $3 * interval '1 hour')`, of, org, hours, org.String())
}

// undone is what upkeep has to do in a tenant.
func (d *damaged) undone(t *tenant.Tenant) (left string) {
	d.t.Helper()
	rows, _ := d.owner.Query(d.t.Context(), `
		SELECT 'a session that expired has no end' WHERE EXISTS (SELECT FROM sessions WHERE tenant_id = $1 AND ended_at IS NULL AND expires_at < now())
		UNION ALL SELECT 'a user is not deleted' WHERE EXISTS (SELECT FROM users WHERE tenant_id = $1 AND delete_at < now())
		UNION ALL SELECT 'a domain is not looked at' WHERE EXISTS (SELECT FROM organization_domains WHERE tenant_id = $1 AND checked_at < now() - interval '1 day')
		UNION ALL SELECT 'the audit log is not sealed' WHERE EXISTS (SELECT FROM audit_pending WHERE tenant_id = $1)
		UNION ALL SELECT 'events are not counted' WHERE EXISTS (SELECT FROM audit_trees t LEFT JOIN statistics_progress p USING (tenant_id) WHERE t.tenant_id = $1 AND t.size > coalesce(p.seq, 0))`,
		uuid.UUID(t.ID))
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		d.t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

// works fails unless the tenant that nobody damaged is served, and looked after.
func (d *damaged) works(damage string) {
	d.t.Helper()
	// As in a process that has just begun; rows of tenant_keys announce nothing.
	_ = d.Tenants.InTx(d.t.Context(), func(context.Context) error { return nil })
	t, err := d.Tenants.BySlug(d.t.Context(), d.well.Slug)
	if err != nil || t.Unreadable != "" {
		d.t.Fatalf("%s: the other tenant is %+v, %v", damage, t, err)
	}
	ctx := tenant.With(d.t.Context(), t)
	_, keys := d.Keys.All(ctx)
	_, clients := d.Clients.List(ctx, "", 100)
	_, offered := d.Connections.Offered(ctx)
	_, listed := tenant.All(ctx, d.Tenants)
	if err := errors.Join(keys, clients, offered, listed); err != nil {
		d.t.Errorf("%s: %v", damage, err)
	}
	upkeep, err := d.Upkeep(d.cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	last := []string{"audit_seal", "statistics"} // what the others append to the log is sealed, and then counted
	slices.SortStableFunc(upkeep, func(a, b queue.Upkeep) int { return slices.Index(last, a.Name) - slices.Index(last, b.Name) })
	for _, u := range upkeep {
		_ = u.Run(d.t.Context()) // it may tell of what is damaged
	}
	if left := d.undone(t); left != "" {
		d.t.Errorf("%s: of the other tenant %s", damage, left)
	}
}

// KEY-12: whatever is stored of one tenant and cannot be read, sealed or not, the other tenants are served, listed and looked
// after. Each column of the schema that only the program understands is damaged, of a tenant of its own; they stay so.
func TestDamage_ofOneTenantIsItsOwn_KEY_12(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	columns, of := d.columns()
	if len(columns) < 60 {
		t.Fatalf("only %d columns are looked at", len(columns))
	}
	for n, name := range columns {
		table, column, _ := strings.Cut(name, ".")
		apart := table == "tenant_databases"
		victim := storagetest.Create(t, d.Store, testworld.Tenant(fmt.Sprintf("a-%d", n), func(t *tenant.Tenant) {
			if apart {
				t.Placement.Isolation = tenant.Database
			}
		}))
		if !apart {
			d.due(victim, 2)
		}
		d.due(d.well, 1)
		d.damage(table, column, of[name], victim)
		d.works(name)
		if t.Failed() {
			return // the next would fail for the same reason
		}
	}
	all, err := tenant.All(t.Context(), d.Tenants)
	if err != nil {
		t.Fatal(err)
	}
	var unreadable []string
	for _, one := range all {
		if one.Unreadable != "" {
			unreadable = append(unreadable, one.Unreadable)
			d.saysSo(&one)
		}
	}
	if len(all) != len(columns)+1 || len(unreadable) != 3 {
		t.Errorf("%d tenants are listed, want %d; those that cannot be read: %q", len(all), len(columns)+1, unreadable)
	}
}

// saysSo fails unless nobody works with a tenant that cannot be read, and everybody hears why.
func (d *damaged) saysSo(one *tenant.Tenant) {
	d.t.Helper()
	r := tenant.Resolver{Tenants: d.Tenants, Public: storagetest.Public}
	_, _, resolved := r.Resolve(d.t.Context(), one.Host, "/")
	ctx := tenant.With(d.t.Context(), one)
	_, read := d.Clients.List(ctx, "", 1)
	_, job := d.Source().Tenant(ctx, one.ID)
	registry := storagetest.Registry(d.Store)
	_, updated := registry.Update(ctx, one.Slug, func(t *tenant.Tenant) error { t.Name = "Other"; return nil })
	for what, err := range map[string]error{
		"a request": resolved, "a statement": read, "a transaction": d.DB.InTx(ctx, func(ctx context.Context) error {
			return d.Outbox.Append(ctx, event.Event{Fact: event.UserCreated{}})
		}), "a job": job, "an update": updated, "a deletion": registry.Delete(ctx, one),
	} {
		if f, ok := fault.As(err); !ok || !errors.Is(err, tenant.ErrUnreadable) || f.RetryAfter == 0 {
			d.t.Errorf("%s, %s: %v", one.Unreadable, what, err)
		}
	}
	if err := registry.Disable(ctx, one.Slug); err != nil {
		d.t.Errorf("it cannot be disabled: %v", err)
	}
}

// KEY-12: a tenant of which nothing can be done keeps nobody waiting, however much of it is due, and for how long it has been.
func TestDamage_isInNobodysWayHoweverMuchIsDue_KEY_12(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	d.due(d.well, 1)
	for _, slug := range []string{"a", "b"} {
		victim := storagetest.Create(t, d.Store, testworld.Tenant(slug))
		d.due(victim, 2)
		of := uuid.UUID(victim.ID)
		d.exec(`INSERT INTO users (tenant_id, id, delete_at) SELECT $1, gen_random_uuid(), now() - interval '2 days' FROM generate_series(1, 700)`, of)
		d.exec(`INSERT INTO organization_domains (tenant_id, id, organization_id, domain, token, verified, verified_at, checked_at)
			SELECT $1, gen_random_uuid(), o.id, n || '.example', 't', n || '.example', now(), now() - interval '90 days' FROM generate_series(1, 300) n, organizations o WHERE o.tenant_id = $1`, of)
		d.damage("tenants", "settings", "id", victim)
	}
	d.works("what is due of two others")
}

// KEY-12: a connection, or a client, that cannot be read is disabled, and named in lists; those beside it go on. It is not taken for
// one that demands nothing.
func TestDamage_ofOneRowLeavesItsNeighbours_KEY_12(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	ctx, of := testworld.In(d.well), uuid.UUID(d.well.ID)
	for _, slug := range []string{"good", "bad"} {
		if err := d.Clients.Create(ctx, testworld.Client(slug, testworld.Web("https://rp.example/cb"))); err != nil {
			t.Fatal(err)
		}
		d.exec(`INSERT INTO connections (tenant_id, id, slug, spec) VALUES ($1, gen_random_uuid(), $2::text, jsonb_build_object('kind', 'oidc', 'name', $2::text))`, of, slug)
	}
	for what, sql := range map[string]string{
		"of another kind":  `UPDATE connections SET spec = '"damaged"' WHERE slug = 'bad'`,
		"of another type":  `UPDATE connections SET spec = '{"kind": "oidc", "name": 1}' WHERE slug = 'bad'`,
		"metadata, a list": `UPDATE connections SET spec = '{"kind": "oidc"}', metadata = '[]' WHERE slug = 'bad'`,
	} {
		d.exec(sql)
		all, err := d.Connections.List(ctx)
		if err != nil || len(all) != 2 || all[0].Unreadable == "" || all[0].Enabled() || all[1].Unreadable != "" || !all[1].Enabled() {
			t.Errorf("%s: connections are %+v, %v", what, all, err)
		}
		if offered, err := d.Connections.Offered(ctx); err != nil || len(offered) != 1 || offered[0].Slug != "good" {
			t.Errorf("%s: connections are offered: %+v, %v", what, offered, err)
		}
	}
	for what, sql := range map[string]string{
		"of another kind": `UPDATE clients SET metadata = '"damaged"' WHERE client_id = 'bad'`,
		"of another type": `UPDATE clients SET metadata = '{"require_pkce": "yes", "redirect_uris": ["https://rp.example/cb"]}' WHERE client_id = 'bad'`,
	} {
		d.exec(sql)
		all, err := d.Clients.List(ctx, "", 10)
		if err != nil || len(all) != 2 || all[1].Unreadable != "" || !all[1].DisabledAt.IsZero() {
			t.Fatalf("%s: clients are %+v, %v", what, all, err)
		}
		if bad := all[0]; bad.Unreadable == "" || bad.DisabledAt.IsZero() || len(bad.RedirectURIs) > 0 {
			t.Errorf("%s: it goes on without what it demanded: %+v", what, bad)
		}
		if _, err := d.Clients.Current(ctx, "good"); err != nil {
			t.Errorf("%s: the other client: %v", what, err)
		}
	}
}

var _ domain.Resolver = noRecords{}
