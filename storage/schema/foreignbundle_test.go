package schema

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/tenant"
)

// rewritten is a bundle as somebody writes it anew who has its key: with another head, and with more rows of a table.
func rewritten(t *testing.T, file []byte, key secret.Keeper, head func(*BundleHead), table string, more []byte) []byte {
	t.Helper()
	b, err := OpenBundle(t.Context(), bytes.NewReader(file), key)
	must(t, err)
	if head != nil {
		head(&b.Head)
	}
	var out bytes.Buffer
	w, err := newBundle(t.Context(), &out, key)
	must(t, err)
	must(t, w.value(frameHead, b.Head))
	for in := (bundleTable{}); ; {
		must(t, b.next())
		if b.kind != frameRows && in.Name == table && more != nil {
			must(t, w.frame(frameRows, more))
			more = nil
		}
		if b.kind == frameTable {
			in = bundleTable{}
			must(t, json.Unmarshal(b.body, &in))
		}
		if b.kind == frameEnd {
			break
		}
		must(t, w.frame(b.kind, bytes.Clone(b.body)))
	}
	must(t, w.close())
	return out.Bytes()
}

// A forgery is an installation with two tenants, whose backup of one somebody changes who has its key.
type forgery struct {
	t          *testing.T
	from       *pgx.Conn
	newer      string // URL of the database that it is restored into, which has the other tenant too
	to         *pgx.Conn
	id, victim uuid.UUID
	root       secret.Root
	key        secret.Keeper
	good       []byte
}

func newForgery(t *testing.T) *forgery {
	t.Helper()
	older := testservice.Database(t, migrated(t))
	f := &forgery{t: t, newer: testservice.Database(t, migrated(t)), id: uuid.Must(uuid.NewV7()), victim: uuid.Must(uuid.NewV7())}
	for at, conn := range map[string]**pgx.Conn{older: &f.from, f.newer: &f.to} {
		opened, err := connectOwner(t.Context(), at)
		must(t, err)
		t.Cleanup(func() { _ = opened.Close(context.Background()) })
		_, err = opened.Exec(t.Context(), `INSERT INTO tenants (id, slug, name) VALUES ($1, 'victim', 'Victim')`, f.victim)
		must(t, err)
		*conn = opened
	}
	_, err := f.from.Exec(t.Context(), `INSERT INTO tenants (id, slug, name) VALUES ($1, 'acme', 'Acme')`, f.id)
	must(t, err)
	for _, sql := range []string{
		`INSERT INTO users (tenant_id, id, email) SELECT u, gen_random_uuid(), 'ann@example.com' FROM unnest(ARRAY[$1, $2]::uuid[]) u`,
		`INSERT INTO river_job (args, kind, max_attempts, queue) SELECT jsonb_build_object('tenant_id', u, 'task', 'user_deletion', 'of', u), 'task', 3, 'task' FROM unnest(ARRAY[$1, $2]::uuid[]) u`,
	} {
		_, err = f.from.Exec(t.Context(), sql, f.id, f.victim)
		must(t, err)
	}
	f.root, _ = secret.NewRoot()
	dbs, err := NewDatabases(secret.NewString(older), f.root)
	must(t, err)
	file, _ := secret.NewRoot()
	f.key = secret.NewKeeper(file)
	var good bytes.Buffer
	_, err = (&Saver{Databases: dbs, OwnerURL: older, Tenant: tenant.ID(f.id), At: Spot{Isolation: tenant.Shared}, Keys: f.root.KeysOf(f.id)}).Save(t.Context(), &good, f.key)
	must(t, err)
	f.good = good.Bytes()
	return f
}

// rows are one row as COPY writes it.
func (f *forgery) rows(sql string) []byte {
	f.t.Helper()
	var rows bytes.Buffer
	tag, err := f.from.PgConn().CopyTo(f.t.Context(), &rows, `COPY (`+sql+`) TO STDOUT`)
	must(f.t, err)
	if tag.RowsAffected() != 1 {
		f.t.Fatalf("%d rows: %s", tag.RowsAffected(), sql)
	}
	return rows.Bytes()
}

// user is that of the other tenant.
func (f *forgery) user() []byte {
	f.t.Helper()
	all, err := tables(f.t.Context(), f.from)
	must(f.t, err)
	at := slices.IndexFunc(all, func(t table) bool { return t.Name == "users" })
	return f.rows(`SELECT ` + all[at].list() + ` FROM users WHERE tenant_id = '` + f.victim.String() + `'`)
}

// job is that of a tenant, with changes.
func (f *forgery) job(of uuid.UUID, change string) []byte {
	f.t.Helper()
	columns, err := columnsOfJobs(f.t.Context(), f.from, "river_job")
	must(f.t, err)
	jobs := table{Columns: columns}
	return f.rows(`SELECT ` + jobs.list() + ` FROM (SELECT (jsonb_populate_record(j, '` + change + `')).* FROM river_job j WHERE args ->> 'tenant_id' = '` + of.String() + `') j`)
}

// load restores a bundle.
func (f *forgery) load(bundle []byte) error {
	b, err := OpenBundle(f.t.Context(), bytes.NewReader(bundle), f.key)
	if err != nil {
		return err
	}
	at, err := NewDatabases(secret.NewString(f.newer), f.root)
	must(f.t, err)
	r := &Restorer{
		Databases: at, OwnerURL: f.newer, At: Spot{Isolation: tenant.Shared}, Tenant: b.Head.Tenant, SameKeys: true,
		Fact: RestoredFact{ID: uuid.New(), Type: "tenant.restored", Body: "{}"},
	}
	return r.Load(f.t.Context(), b)
}

// there is how many rows there are where it is restored.
func (f *forgery) there() (users, jobs, tenants int) {
	f.t.Helper()
	must(f.t, f.to.QueryRow(f.t.Context(), `SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM river_job), (SELECT count(*) FROM tenants)`).Scan(&users, &jobs, &tenants))
	return users, jobs, tenants
}

// BAK-11: whoever has the key of a backup, such as a customer who was given one, can write one. It brings nothing to other tenants, also
// where the owner of the tables is a superuser, as it is here.
func TestRestore_takesNothingThatIsOfOthers_BAK_11(t *testing.T) {
	t.Parallel()
	f := newForgery(t)
	for name, c := range map[string]struct {
		head  func(*BundleHead)
		table string
		more  []byte
		want  error
	}{
		"a user of another tenant": {nil, "users", f.user(), ErrBundleForeign},
		"a job of another tenant":  {nil, tasksTable, f.job(f.victim, `{}`), ErrBundleForeign},
		"a job of nobody":          {nil, tasksTable, f.job(f.id, `{"args": {}}`), ErrBundleForeign},
		"upkeep":                   {nil, tasksTable, f.job(f.id, `{"kind": "cleanup"}`), ErrBundleForeign},
		"workers of others":        {nil, tasksTable, f.job(f.id, `{"queue": "webhook"}`), ErrBundleForeign},
		"a key of upkeep":          {nil, tasksTable, f.job(f.id, `{"unique_key": "\\x01"}`), ErrBundleForeign},
		"the end of a sequence":    {func(h *BundleHead) { h.Events = 1<<63 - 2000 }, "", nil, ErrBundle},
		"the tenant that is none":  {func(h *BundleHead) { h.Tenant.ID = uuid.Nil }, "", nil, ErrBundle},
	} {
		if err := f.load(rewritten(t, f.good, f.key, c.head, c.table, c.more)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if users, jobs, tenants := f.there(); users+jobs > 0 || tenants != 1 {
			t.Fatalf("%s: there are %d users, %d jobs and %d tenants", name, users, jobs, tenants)
		}
	}
	must(t, f.load(rewritten(t, f.good, f.key, nil, "", nil))) // as it was made
	if users, jobs, tenants := f.there(); users != 1 || jobs != 1 || tenants != 2 {
		t.Errorf("there are %d users, %d jobs and %d tenants, want one, one and two", users, jobs, tenants)
	}
}
