package schema

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/tenant"
)

// migratedTo has the tables of a version before: up to the migration whose number that is.
func migratedTo(t *testing.T, number string) testservice.Template {
	t.Helper()
	all, err := allMigrations()
	must(t, err)
	at := slices.IndexFunc(all, func(m migration) bool { return strings.HasPrefix(m.name, number) })
	return testservice.Template{Name: "until" + number + hashOf(all[:at+1]), Migrate: func(ctx context.Context, url string) error {
		conn, err := connectOwner(ctx, url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		if err := ensureRoles(ctx, conn); err != nil {
			return err
		}
		if _, err := pendingOn(ctx, conn); err != nil { // makes the table of migrations
			return err
		}
		if _, err := applyAll(ctx, conn, all[:at+1]); err != nil {
			return err
		}
		if _, err := migrateQueue(ctx, url); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, grantSchema+grantQueue+tellQueue)
		return err
	}}
}

// A bundle of a version before is restored into the tables of this one. What they did not have yet is as it is in rows
// that were there when it was added.
func TestRestore_takesABundleOfEarlierTables(t *testing.T) {
	t.Parallel()
	const before = "0050"
	older, newer := testservice.Database(t, migratedTo(t, before)), testservice.Database(t, migrated(t))
	from, err := connectOwner(t.Context(), older)
	must(t, err)
	defer from.Close(context.Background())
	to, err := connectOwner(t.Context(), newer)
	must(t, err)
	defer to.Close(context.Background())
	id, user, connection := uuid.Must(uuid.NewV7()), uuid.New(), uuid.New()
	for _, sql := range []string{
		`INSERT INTO tenants (id, slug, name) VALUES ($1, 'acme', 'Acme')`,
		`INSERT INTO users (tenant_id, id, email, profile) SELECT $1, gen_random_uuid(), n || '@example.com', '{"name":"A\tB"}' FROM generate_series(1, 300) n`,
	} {
		_, err := from.Exec(t.Context(), sql, id)
		must(t, err)
	}
	_, err = from.Exec(t.Context(), `INSERT INTO users (tenant_id, id, email) VALUES ($1, $2, 'ann@example.com')`, id, user)
	must(t, err)
	_, err = from.Exec(t.Context(), `INSERT INTO connections (tenant_id, id, slug, spec, sealed) VALUES ($1, $2, 'idp', '{"kind":"saml"}', 'x')`, id, connection)
	must(t, err)
	_, err = from.Exec(t.Context(), `INSERT INTO sessions (tenant_id, id, token_hash, user_id, auth_time, idle_ttl, expires_at) VALUES ($1, gen_random_uuid(), 'h', $2, now(), '1 hour', now())`, id, user)
	must(t, err)

	root, _ := secret.NewRoot()
	dbs, err := NewDatabases(secret.NewString(older), root)
	must(t, err)
	file, _ := secret.NewRoot()
	key := secret.NewKeeper(file)
	var bundle bytes.Buffer
	head, err := (&Saver{Databases: dbs, OwnerURL: older, Tenant: tenant.ID(id), At: Spot{Isolation: tenant.Shared}, Keys: root.KeysOf(id)}).Save(t.Context(), &bundle, key)
	must(t, err)
	if !strings.HasPrefix(head.Migration, before) {
		t.Fatalf("the bundle is of %s", head.Migration)
	}

	b, err := OpenBundle(t.Context(), &bundle, key)
	must(t, err)
	at, err := NewDatabases(secret.NewString(newer), root)
	must(t, err)
	r := &Restorer{
		Databases: at, OwnerURL: newer, At: Spot{Isolation: tenant.Shared}, Tenant: b.Head.Tenant, SameKeys: true,
		Fact: RestoredFact{ID: uuid.New(), Type: "tenant.restored", Body: "{}"},
	}
	must(t, r.Load(t.Context(), b))
	var users, sessions, newColumns int
	must(t, to.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM users WHERE tenant_id = $1 AND (profile = '{}' OR profile ->> 'name' = E'A\tB')), (SELECT count(*) FROM sessions WHERE tenant_id = $1),
			(SELECT count(*) FROM connections WHERE tenant_id = $1 AND id = $2 AND sealed = 'x' AND metadata IS NULL AND metadata_due_at IS NULL)`, id, connection).
		Scan(&users, &sessions, &newColumns))
	if users != 301 || sessions != 1 || newColumns != 1 {
		t.Errorf("there are %d users, %d sessions and %d connections, want 301, 1 and 1", users, sessions, newColumns)
	}
}

// BAK-10: rows of other tables are not guessed at: those of a version that is not known, of migrations that were altered, or from
// before a migration that changes rows.
func TestBundle_ofOtherTablesIsRefused_BAK_10(t *testing.T) {
	t.Parallel()
	all, err := allMigrations()
	must(t, err)
	last := all[len(all)-1]
	upTo := func(number string) BundleHead {
		at := slices.IndexFunc(all, func(m migration) bool { return strings.HasPrefix(m.name, number) })
		return BundleHead{Migration: all[at].name, Schema: hashOf(all[:at+1]), TakenAt: time.Now()}
	}
	for name, c := range map[string]struct {
		head BundleHead
		same bool
		says string
	}{
		"these":               {head: upTo(last.name), same: true},
		"earlier ones":        {head: upTo("0050")},
		"later ones":          {head: BundleHead{Migration: "9999_do_more", Schema: upTo(last.name).Schema}, says: "9999_do_more, which is not one of this version"},
		"altered ones":        {head: BundleHead{Migration: last.name, Schema: upTo("0050").Schema}, says: "which is not one of this version"},
		"before rows changed": {head: upTo("0023"), says: "0024_brand_tenants changes rows"},
		"before what is dark": {head: upTo("0033"), says: "0034_manage_many_users changes rows"},
		"without a version":   {head: BundleHead{}, says: "which is not one of this version"},
	} {
		same, err := c.head.fits()
		said, _ := fault.As(err)
		if same != c.same || (err != nil) != (c.says != "") || err != nil && (!errors.Is(err, ErrBundleOlder) || !strings.Contains(said.Message, c.says)) {
			t.Errorf("%s: %v, %v", name, same, err)
		}
	}
	tables := []table{{Name: "users", Columns: []string{"a", "b", "c"}, Types: []string{"text", "text", "uuid"}}}
	for name, c := range map[string]struct {
		in       bundleTable
		same     bool
		accepted bool
	}{
		"fewer columns":                {bundleTable{"users", []string{"a", "c"}, []string{"text", "uuid"}}, false, true},
		"all columns":                  {bundleTable{"users", []string{"a", "b", "c"}, []string{"text", "text", "uuid"}}, true, true},
		"fewer of the same version":    {bundleTable{"users", []string{"a", "c"}, []string{"text", "uuid"}}, true, false},
		"one that is gone":             {bundleTable{"users", []string{"a", "d"}, []string{"text", "text"}}, false, false},
		"one of another type":          {bundleTable{"users", []string{"a", "c"}, []string{"text", "text"}}, false, false},
		"one without a type":           {bundleTable{"users", []string{"a", "c"}, []string{"text"}}, false, false},
		"a table that is gone":         {bundleTable{"people", []string{"a"}, []string{"text"}}, false, false},
		"a table that is never in one": {bundleTable{"codes", []string{"a"}, []string{"text"}}, false, false},
	} {
		if _, err := c.in.now(append(tables, table{Name: "codes", Columns: []string{"a"}, Types: []string{"text"}}), c.same); (err == nil) != c.accepted || err != nil && !errors.Is(err, ErrSchema) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
