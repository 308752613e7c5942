package schema

import (
	"context"
	"net/url"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
)

// before returns a connection to a database with the migrations before that one, all
// owned by a role that is no superuser, and the migration.
func before(t *testing.T, name string) (*pgx.Conn, migration) {
	t.Helper()
	all, err := allMigrations()
	must(t, err)
	template := testservice.Template{Name: "before " + name, Migrate: func(ctx context.Context, url string) error {
		conn, err := connectOwner(ctx, url)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(ctx) }()
		if err := ensureRoles(ctx, conn); err != nil {
			return err
		}
		if _, err := pendingOn(ctx, conn); err != nil {
			return err
		}
		for _, m := range all {
			if m.name == name {
				return nil
			}
			if err := apply(ctx, conn, m); err != nil {
				return err
			}
		}
		return nil
	}}
	conn, err := pgx.Connect(t.Context(), testservice.Database(t, template))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, m := range all {
		if m.name == name {
			return conn, m
		}
	}
	t.Fatalf("there is no migration %s", name)
	return nil, migration{}
}

// applyAsOwner applies a migration as a role that owns every table and is no superuser.
func applyAsOwner(t *testing.T, conn *pgx.Conn, m migration) {
	t.Helper()
	ctx, owner := t.Context(), "owner_"+uuid.NewString()[:8]
	do := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do(`CREATE ROLE ` + owner + ` NOSUPERUSER; GRANT CREATE ON SCHEMA public TO ` + owner)
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), `RESET ROLE; REASSIGN OWNED BY `+owner+` TO CURRENT_USER; DROP OWNED BY `+owner+`; DROP ROLE `+owner)
	})
	do(`DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
			EXECUTE format('ALTER TABLE %I OWNER TO ` + owner + `', t);
		END LOOP; END $$; SET ROLE ` + owner)
	must(t, apply(ctx, conn, m))
	do(`RESET ROLE`)
}

// oldSector is how the version before derived the sector at every use.
func oldSector(clientID, uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return clientID
	}
	return u.Host
}

// The subjects that users of pairwise clients have must not change with the update,
// whoever owns the tables.
func TestMigration_keepsTheSectorsOfPairwiseClients(t *testing.T) {
	t.Parallel()
	conn, m := before(t, "0005_bind_consents")
	ctx := t.Context()
	do := func(sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	tenant := uuid.New()
	do(`INSERT INTO tenants (id, slug, name) VALUES ($1, 'a', 'a')`, tenant)
	add := func(id, metadata string) {
		do(`INSERT INTO clients (tenant_id, id, client_id, metadata) VALUES ($1, $2, $3, $4)`, tenant, uuid.New(), id, metadata)
	}
	uris := map[string]string{
		"plain": "https://rp.example/cb", "port": "https://rp.example:8443/cb", "bare": "https://rp.example", "query": "https://rp.example?x=/y@z", "capitals": "HTTPS://Rp.Example/cb",
		"scheme": "com.example.app:/cb", "scheme with a host": "myapp://callback", "IPv6": "http://[::1]:3000/cb", "loopback": "http://127.0.0.1/cb", "at": "https://rp.example/a@b",
		"user": "https://u@rp.example/cb", "dots": "com.example.app:///cb",
	}
	for id, uri := range uris {
		add(id, `{"subject_type":"pairwise","redirect_uris":["`+uri+`","https://second.example/cb"]}`)
	}
	add("sector", `{"subject_type":"pairwise","redirect_uris":["https://rp.example/cb"],"sector_identifier_uri":"https://sector.example/uris"}`)
	add("none", `{"subject_type":"pairwise"}`)
	add("public", `{"subject_type":"public","redirect_uris":["https://rp.example/cb"]}`)
	applyAsOwner(t, conn, m)

	want := map[string]string{"sector": "sector.example", "none": "none", "public": ""}
	for id, uri := range uris {
		want[id] = oldSector(id, uri)
	}
	rows, err := conn.Query(ctx, `SELECT client_id, sector FROM clients`)
	must(t, err)
	var id, sector string
	_, err = pgx.ForEachRow(rows, []any{&id, &sector}, func() error {
		if sector != want[id] {
			t.Errorf("%s: sector %q, want %q", id, sector, want[id])
		}
		delete(want, id)
		return nil
	})
	must(t, err)
	if len(want) > 0 {
		t.Errorf("not seen: %v", want)
	}
	var forced bool
	must(t, conn.QueryRow(ctx, `SELECT relforcerowsecurity FROM pg_class WHERE relname = 'clients'`).Scan(&forced))
	if !forced {
		t.Error("row-level security is no longer forced on clients")
	}
	// An instance of the version before goes on: it knows no sector, and its own consents.
	do(`INSERT INTO clients (tenant_id, id, client_id, metadata, first_party, disabled_at) VALUES ($1, $2, 'late', '{}', false, NULL)`, tenant, uuid.New())
	do(`UPDATE clients SET metadata = '{"subject_type":"pairwise"}', updated_at = now() WHERE client_id = 'plain'`)
	do(`SELECT scopes FROM consents`)
}

// The color of buttons that a tenant had stays, for the version before too.
func TestMigration_keepsTheColorOfButtons(t *testing.T) {
	t.Parallel()
	conn, m := before(t, "0024_brand_tenants")
	for slug, settings := range map[string]string{
		"red": `{"accent_color": "#a3132a", "require_pkce": true}`, "none": `{"require_pkce": true}`, "odd": `{"accent_color": "red"}`, "bare": `{}`,
	} {
		_, err := conn.Exec(t.Context(), `INSERT INTO tenants (id, slug, name, settings) VALUES ($1, $2, $2, $3)`, uuid.New(), slug, settings)
		must(t, err)
	}
	applyAsOwner(t, conn, m)
	for slug, want := range map[string]string{
		"red":  `{"branding": {"light": {"primary": "#a3132a"}}, "accent_color": "#a3132a", "require_pkce": true}`,
		"none": `{"require_pkce": true}`, "odd": `{"accent_color": "red"}`, "bare": `{}`,
	} {
		var got string
		must(t, conn.QueryRow(t.Context(), `SELECT settings::text FROM tenants WHERE slug = $1`, slug).Scan(&got))
		if got != want {
			t.Errorf("%s: got %s, want %s", slug, got, want)
		}
	}
}
