package storage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/federation"
	"plinto/identity/bulk"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// alone are the columns of JSON of which no list is made, and why.
var alone = map[string]string{
	"tenants.settings":           "of the tenant: TestDamage_ofOneTenantIsItsOwn_KEY_12",
	"clients.metadata":           "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12",
	"connections.spec":           "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12",
	"connections.metadata":       "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12",
	"connections.metadata_state": "TestDamage_ofOneRowLeavesItsNeighbours_KEY_12",
	"one_time_tokens.data":       "read by the hash of its token",
	"pushed_requests.request":    "read by the hash of its request_uri",
	"events.body":                "each is a job of its own; statistics leave it out: TestDamage_ofOneTenantIsItsOwn_KEY_12",
	"audit_log.data":             "shown as it is stored",
	"audit_pending.detail":       "TestAuditLog_showsRowsBesideOneThatCannotBeRead_KEY_14",
}

// unreadables are what columns are damaged with: what is no JSON object or array, and for some a member of another type.
var unreadables = map[string][]string{
	"users.profile":           {`{"name": 1}`},
	"organizations.policy":    {`{"mfa": 1}`, `{"session_ttl": "for ever"}`},
	"organizations.branding":  {`{"logo": 1}`},
	"resource_servers.scopes": {`{"name": "read"}`, `[{"name": 1}]`},
	"jobs.actor":              {`{"type": 1}`},
	"user_identities.given":   {`[{"organization": 1}]`, `[7]`},
	"request_trails.body":     {`{"status": "x"}`},
	"tenant_facts.body":       {`{"actor": 1}`},
}

// A damagedRow is a tenant in which one row of two is damaged.
type damagedRow struct {
	*damaged
	ctx           context.Context
	column, value string
}

// breaks damages the column of one row.
func (d *damagedRow) breaks(id uuid.UUID) {
	d.t.Helper()
	table, column, _ := strings.Cut(d.column, ".")
	tag, err := d.owner.Exec(d.t.Context(), fmt.Sprintf(`UPDATE %s SET %s = $1::jsonb WHERE id = $2`, table, column), d.value, id)
	if err != nil || tag.RowsAffected() != 1 {
		d.t.Fatalf("damage %s: %d rows, %v", d.column, tag.RowsAffected(), err)
	}
}

// wants fails unless a list has both rows, and says what of the bad one cannot be read; "": all of it can.
func (d *damagedRow) wants(what string, got map[uuid.UUID]string, err error, good, bad uuid.UUID, unreadable string) {
	d.t.Helper()
	if want := map[uuid.UUID]string{good: "", bad: unreadable}; err != nil || !maps.Equal(got, want) {
		d.t.Errorf("%s = %s: %s: got %v, %v; want %v", d.column, d.value, what, got, err, want)
	}
}

// refused fails unless an error is the one that names what cannot be read, and says nothing of its content.
func (d *damagedRow) refused(what string, err, want error) {
	d.t.Helper()
	f, ok := fault.As(err)
	if !errors.Is(err, want) || !ok || strings.Contains(err.Error(), "damaged\"") {
		d.t.Errorf("%s = %s: %s: got %v (%v), want %v", d.column, d.value, what, err, f, want)
	}
}

// listed are the ids of rows, with what of them cannot be read.
func listed[T any](all []T, of func(*T) (uuid.UUID, string)) map[uuid.UUID]string {
	got := map[uuid.UUID]string{}
	for i := range all {
		id, unreadable := of(&all[i])
		got[id] = unreadable
	}
	return got
}

// KEY-14: of rows of one tenant that are shown beside each other, one that cannot be read is named, and takes no other along. It
// is not found alone, and can be deleted. Each column of JSON in the schema is damaged.
func TestDamage_ofOneRowIsItsOwn_KEY_14(t *testing.T) {
	t.Parallel()
	d := newDamaged(t)
	checks := map[string]func(*damagedRow){
		"users": damagedUser, "organizations": damagedOrganization, "resource_servers": damagedServer, "jobs": damagedJob, "grants": damagedGrant,
		"user_identities": damagedIdentity, "request_trails": damagedTrail, "tenant_facts": damagedFact,
	}
	rows, _ := d.owner.Query(t.Context(), `
		SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE 'river%'
			AND a.atttypid = 'jsonb'::regtype ORDER BY 1`)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(columns) < 20 {
		t.Fatalf("only %d columns are looked at", len(columns))
	}
	for n, column := range columns {
		table, _, _ := strings.Cut(column, ".")
		check := checks[table]
		if why, known := alone[column]; check == nil && (!known || why == "") {
			t.Errorf("nobody looks at lists of %s", column)
		}
		if check == nil || alone[column] != "" {
			continue
		}
		for m, value := range append([]string{`"damaged"`, `7`, `null`}, unreadables[column]...) {
			made := storagetest.Create(t, d.Store, testworld.Tenant(fmt.Sprintf("c%d-%d", n, m)))
			check(&damagedRow{d, testworld.In(made), column, value})
		}
	}
}

func damagedServer(d *damagedRow) {
	d.t.Helper()
	var ids [2]uuid.UUID
	for i, name := range []string{"good", "bad"} {
		r := testworld.API("https://"+name+".example.com", provider.FormatJWT, "read:"+name)
		r.ID = testworld.ID()
		ids[i] = r.ID
		must(d.t, d.ResourceServers.Put(d.ctx, r))
	}
	good, bad := ids[0], ids[1]
	d.breaks(bad)
	of := func(r *provider.ResourceServer) (uuid.UUID, string) { return r.ID, r.Unreadable }
	all, err := d.ResourceServers.All(d.ctx)
	d.wants("all", listed(all, of), err, good, bad, "scopes")
	for _, descending := range []bool{false, true} {
		all, err = d.ResourceServers.Find(d.ctx, keyset.Window{Limit: 10, Descending: descending})
		d.wants("a list", listed(all, of), err, good, bad, "scopes")
	}
	tokens := provider.WithManagement{ResourceServers: d.ResourceServers}
	all, err = tokens.All(d.ctx)
	if err != nil || len(all) != 2 || all[0].ID != good || all[1].Identifier != provider.ManagementResource(tenant.Must(d.ctx)) {
		d.t.Errorf("%s = %s: there are tokens for %+v, %v", d.column, d.value, all, err)
	}
	found, err := d.ResourceServers.ByID(d.ctx, bad)
	d.refused("alone", err, provider.ErrResourceUnreadable)
	service := &provider.ResourceServerService{Servers: d.ResourceServers, Managed: d.ResourceServers, Outbox: d.Outbox, Tx: d.DB}
	d.refused("written over", service.Put(d.ctx, found), provider.ErrResourceUnreadable)
	if err := service.Delete(d.ctx, found.Identifier); err != nil {
		d.t.Errorf("%s = %s: delete: %v", d.column, d.value, err)
	}
}

func damagedJob(d *damagedRow) {
	d.t.Helper()
	var ids [2]uuid.UUID
	for i := range ids {
		j := bulk.Job{ID: testworld.ID(), Kind: bulk.UserImport, Fingerprint: testworld.Hash(), Actor: event.Actor{Type: "operator"}, Rights: []string{"users:write"}}
		ids[i] = j.ID
		_, err := d.Jobs.Add(d.ctx, j)
		must(d.t, err)
	}
	d.breaks(ids[1])
	of := func(j *bulk.Job) (uuid.UUID, string) {
		if unknown := j.Actor.Type == "unknown"; unknown != (j.ID == ids[1]) || !slices.Equal(j.Rights, []string{"users:write"}) {
			d.t.Errorf("%s = %s: the job is %+v", d.column, d.value, j)
		}
		return j.ID, ""
	}
	all, err := d.Jobs.List(d.ctx, keyset.Window{Limit: 10})
	d.wants("a list", listed(all, of), err, ids[0], ids[1], "")
	found, err := d.Jobs.ByID(d.ctx, ids[1])
	if of(&found); err != nil {
		d.t.Errorf("%s = %s: alone: %v", d.column, d.value, err)
	}
	if err := d.DB.InTx(d.ctx, func(ctx context.Context) error { _, err := d.Jobs.Finish(ctx, ids[1], bulk.Canceled); return err }); err != nil {
		d.t.Errorf("%s = %s: end: %v", d.column, d.value, err)
	}
}

// grantOf stores what a user allowed a client, for an organization (uuid.Nil: for none).
func (d *damagedRow) grantOf(user, client, org uuid.UUID) uuid.UUID {
	d.t.Helper()
	id := testworld.ID()
	d.exec(`INSERT INTO grants (tenant_id, id, client_id, user_id, session_id, scopes, claims, auth_time, expires_at, organization_id)
		VALUES ($1, $2, $3, $4, gen_random_uuid(), '{openid}', '{}', now(), now() + interval '1 day', nullif($5, '00000000-0000-0000-0000-000000000000'::uuid))`,
		uuid.UUID(tenant.Must(d.ctx).ID), id, client, user, org)
	return id
}

func damagedGrant(d *damagedRow) {
	d.t.Helper()
	user, client := testworld.User(), testworld.Client("rp", testworld.Web())
	must(d.t, d.Users.Create(d.ctx, user, ""))
	must(d.t, d.Clients.Create(d.ctx, client))
	good, bad := d.grantOf(user.ID, client.ID, uuid.Nil), d.grantOf(user.ID, client.ID, uuid.Nil)
	d.breaks(bad)
	for _, descending := range []bool{false, true} {
		all, err := d.Grants.PageOfUser(d.ctx, user.ID, keyset.Window{Limit: 10, Descending: descending})
		d.wants("a list", listed(all, func(g *provider.Grant) (uuid.UUID, string) { return g.ID, "" }), err, good, bad, "")
	}
}

func damagedIdentity(d *damagedRow) {
	d.t.Helper()
	of := uuid.UUID(tenant.Must(d.ctx).ID)
	connection := testworld.ID()
	d.exec(`INSERT INTO connections (tenant_id, id, slug, spec) VALUES ($1, $2, 'idp', '{"kind": "oidc", "name": "Provider"}')`, of, connection)
	user, other := testworld.User(), testworld.User()
	must(d.t, d.Users.Create(d.ctx, user, ""))
	must(d.t, d.Users.Create(d.ctx, other, ""))
	add := func(user uuid.UUID, subject string) uuid.UUID {
		id := testworld.ID()
		d.exec(`INSERT INTO user_identities (tenant_id, id, connection_id, issuer, subject, user_id, label) VALUES ($1, $2, $3, 'https://idp.example', $4, $5, $4)`, of, id, connection, subject, user)
		return id
	}
	good, bad, third := add(user.ID, "good"), add(user.ID, "bad"), add(other.ID, "third")
	d.breaks(bad)
	d.breaks(third)
	all, err := d.Identities.Of(d.ctx, user.ID)
	d.wants("a list", listed(all, func(i *federation.Identity) (uuid.UUID, string) { return i.ID, "" }), err, good, bad, "")
	if _, err := d.Identities.ByKey(d.ctx, connection, "https://idp.example", "good", nil); err != nil {
		d.t.Errorf("%s = %s: the other one: %v", d.column, d.value, err)
	}
	if _, err = d.Identities.ByKey(d.ctx, connection, "https://idp.example", "bad", nil); d.value != "null" { // which is no role
		d.refused("a sign-in", err, fault.Unavailable)
	}
	if _, err := d.Identities.Remove(d.ctx, user.ID, bad); err != nil {
		d.t.Errorf("%s = %s: remove: %v", d.column, d.value, err)
	}
	if err := d.Users.Delete(d.ctx, other.ID); err != nil {
		d.t.Errorf("%s = %s: delete the user: %v", d.column, d.value, err)
	}
}

func damagedTrail(d *damagedRow) {
	d.t.Helper()
	of := uuid.UUID(tenant.Must(d.ctx).ID)
	var ids [2]uuid.UUID
	for i := range ids {
		ids[i] = testworld.ID()
		d.exec(`INSERT INTO request_trails (tenant_id, id, request_id, at, flow, body) VALUES ($1, $2, $3, now(), 'flow', '{"method": "GET", "route": "/login"}')`, of, ids[i], fmt.Sprint("request-", i))
	}
	d.breaks(ids[1])
	found, err := d.Trails.ByFlow(d.ctx, "flow")
	if err != nil || len(found) != 2 || found[0].Route != "/login" || found[1].Cause == "" {
		d.t.Errorf("%s = %s: requests of the flow: %+v, %v", d.column, d.value, found, err)
	}
	if found, err = d.Trails.ByRequest(d.ctx, "request-1"); err != nil || len(found) != 1 {
		d.t.Errorf("%s = %s: the request: %+v, %v", d.column, d.value, found, err)
	}
	recorded, err := d.Trails.Events(d.ctx, "request-1", time.Now())
	if err != nil || len(recorded) != 0 {
		d.t.Errorf("%s = %s: its events: %+v, %v", d.column, d.value, recorded, err)
	}
}

func damagedFact(d *damagedRow) {
	d.t.Helper()
	apart := storagetest.Create(d.t, d.Store, testworld.Tenant("f"+strings.ReplaceAll(uuid.NewString(), "-", "")[:10], func(t *tenant.Tenant) { t.Placement.Isolation = tenant.Database }))
	var ids [2]uuid.UUID
	for i := range ids {
		ids[i] = testworld.ID()
		d.exec(`INSERT INTO tenant_facts (id, tenant, type, occurred_at, body) VALUES ($1, $2, 'tenant.disabled', now() - $3 * interval '1 hour', '{"outcome": "success", "actor": {"type": "operator"}}')`,
			ids[i], uuid.UUID(apart.ID), i) // the damaged one was first
	}
	d.breaks(ids[1])
	if err := storage.TellFacts(d.ctx, d.Store, apart.ID); err != nil {
		d.t.Errorf("%s = %s: tell: %v", d.column, d.value, err)
	}
	rows, _ := d.owner.Query(d.t.Context(), `SELECT id FROM tenant_facts WHERE tenant = $1`, uuid.UUID(apart.ID))
	if left, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil || !slices.Equal(left, ids[1:]) {
		d.t.Errorf("%s = %s: left to tell: %v, %v; want the damaged one", d.column, d.value, left, err)
	}
}

// must fails the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
