package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"plinto/cmd/plinto/manifest"
	"plinto/event"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/egress"
	"plinto/internal/password"
	"plinto/internal/secret"
	"plinto/internal/testservice"
	"plinto/organization"
	"plinto/organization/domain"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
	"plinto/tenant/registry"
)

// A scene is an installation to apply manifests to.
type scene struct {
	t      *testing.T
	store  *storage.Store
	owner  *pgx.Conn
	target *manifest.Target
}

func newScene(t *testing.T) *scene {
	t.Helper()
	server, owner := storagetest.URL(t)
	store, err := storage.Open(t.Context(), storage.Config{URL: secret.NewString(server), Owner: secret.NewString(owner), RedisURL: secret.NewString(testservice.Redis(t))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	root, _ := secret.NewRoot()
	addresses, err := egress.New(egress.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hasher := password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}})
	return &scene{t: t, store: store, owner: storagetest.Owner(t, owner), target: &manifest.Target{
		Tenants: store.Tenants, Logos: store.Logos, Brandings: store.Brandings, Registry: &registry.Service{Tenants: store.Tenants, Writes: store.Tenants, Outbox: store.Tenants, Tx: store.Tenants}, ResourceServers: store.ResourceServers, Resources: &provider.ResourceServerService{Servers: store.ResourceServers, Outbox: store.Outbox, Tx: store.DB}, Clients: store.Clients, Users: store.Users,
		Directory: &identity.Directory{
			Users: store.Users, Managed: store.Users, Writes: store.Users, Deletions: store.Users, Sessions: store.Sessions, Hasher: hasher, Outbox: store.Outbox, Tx: store.DB,
		},
		Organizations: &organization.Service{Organizations: store.Organizations, Writes: store.Organizations, Roles: &organization.RoleService{Store: store.Roles, Outbox: store.Outbox, Tx: store.DB}, Outbox: store.Outbox, Tx: store.DB}, Tx: store.DB,
		Domains: &domain.Service{Domains: store.Domains, Resolver: &domain.DNS{}, Outbox: store.Outbox, Tx: store.DB},
		Registrar: &provider.Registrar{
			Clients: store.Clients, Writes: store.Clients, Registrations: store.Registrations, Consents: store.Consents, InitialTokens: store.InitialTokens,
			Secrets: provider.NewSecretHasher(root), Outbox: store.Outbox, Tx: store.DB,
		},
		Connections: &federation.Service{
			Connections: store.Connections, Writes: store.Connections, Vault: federation.NewVault(root),
			CheckURL: addresses.CheckURL, Outbox: store.Outbox, Tx: store.DB, Now: time.Now,
			Roles: &federation.RoleGiver{Given: store.Identities, Roles: &organization.RoleService{Store: store.Roles, Outbox: store.Outbox, Tx: store.DB}},
		},
		Webhooks: &webhook.Service{
			Endpoints: store.Webhooks, Writes: store.Webhooks, Deliveries: store.WebhookDeliveries, Vault: webhook.NewVault(root),
			CheckURL: addresses.CheckURL, Outbox: store.Outbox, Tx: store.DB, Now: time.Now,
		},
	}}
}

func (s *scene) plan(doc string, prune bool) *manifest.Plan {
	s.t.Helper()
	m, _, err := manifest.Parse("plinto.yaml", []byte(doc))
	if err != nil {
		s.t.Fatal(err)
	}
	plan, err := m.Plan(s.t.Context(), s.target, prune)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

func (s *scene) apply(doc string, prune bool) (*manifest.Plan, []manifest.GeneratedSecret) {
	s.t.Helper()
	plan := s.plan(doc, prune)
	made, err := plan.Apply(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return plan, made
}

// in acts for a tenant.
func (s *scene) in(slug string) context.Context {
	s.t.Helper()
	t, err := s.store.Tenants.BySlug(s.t.Context(), slug)
	if err != nil {
		s.t.Fatal(err)
	}
	return tenant.With(s.t.Context(), t)
}

// rows fingerprints every row version of the database.
func (s *scene) rows() map[string]string {
	s.t.Helper()
	rows, _ := s.owner.Query(s.t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	out := make(map[string]string)
	for _, table := range tables {
		var sum string
		sql := `SELECT coalesce(string_agg(ctid::text || ' ' || xmin::text, ',' ORDER BY ctid), '') FROM ` + pgx.Identifier{table}.Sanitize()
		if err := s.owner.QueryRow(s.t.Context(), sql).Scan(&sum); err != nil {
			s.t.Fatal(err)
		}
		out[table] = sum
	}
	return out
}

func changes(p *manifest.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		if c.Action == manifest.Unchanged {
			continue
		}
		line := fmt.Sprintf("%s %s %s/%s", c.Action, c.Kind, c.Tenant, c.Name)
		for _, f := range c.Fields {
			line += fmt.Sprintf(" [%s: %s > %s]", f.Name, f.From, f.To)
		}
		out = append(out, line)
	}
	return out
}

func TestApply_secondTimeWritesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doc := string(read(t, "good.yaml"))
	plan, made := s.apply(doc, false)
	want := []string{
		"create tenant demo/demo", "create resource server demo/https://api.example.com", "create client demo/demo-web",
		"create user demo/alice@example.com", "create user demo/bob@example.com", "create organization demo/acme",
		"create member demo/acme/alice@example.com", "create member demo/acme/bob",
	}
	if diff := cmp.Diff(want, changes(plan)); diff != "" {
		t.Errorf("first (-want +got):\n%s", diff)
	}
	if len(made) != 0 {
		t.Errorf("made secrets %v, and the file had one", made)
	}
	before := s.rows()
	for _, prune := range []bool{false, true} {
		plan, _ = s.apply(doc, prune)
		if got := changes(plan); len(got) != 0 || plan.Count(manifest.Unchanged) != len(want) {
			t.Errorf("prune %t: again changed %v", prune, got)
		}
	}
	if diff := cmp.Diff(before, s.rows()); diff != "" {
		t.Errorf("the second time wrote:\n%s", diff)
	}
}

func TestApply_keepsWhatWasDeclared(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(string(read(t, "good.yaml")), false)
	ctx := s.in("demo")
	demo := tenant.Must(ctx)
	c, err := s.target.Clients.Current(ctx, "demo-web")
	if err != nil {
		t.Fatal(err)
	}
	if !s.target.Registrar.Secrets.Matches(demo.ID, c, "demo-web-secret-0123456789abcdef", time.Now()) {
		t.Error("the declared secret is not the client's")
	}
	if !c.FirstParty || c.AccessTokenTTL != 90 || len(c.Extra) != 3 {
		t.Errorf("client %+v", c)
	}
	held, err := s.target.Users.Credential(ctx, "Bob", nil)
	u := held.User
	hash := held.PasswordHash
	if err != nil || u.Email != "bob@example.com" || u.Profile.Address.Country != "Germany" || !u.EmailVerified {
		t.Errorf("bob %+v, %v", u, err)
	}
	if ok, _, err := s.target.Directory.Hasher.Verify(ctx, identity.Hashing(ctx), "correct horse battery staple", hash); !ok || err != nil {
		t.Errorf("bob's password: %t, %v", ok, err)
	}
	if !demo.Settings.RequirePKCE || demo.Host != "localhost:8080" || demo.Settings.AccessTokenTTL != tenant.Duration(10*time.Minute) {
		t.Errorf("tenant %+v", demo)
	}
	var audited int
	err = s.owner.QueryRow(ctx, `SELECT count(*) FROM audit_log WHERE actor_type = 'operator' AND type IN
		('tenant.created', 'client.created', 'user.created', 'resource_server.updated', 'organization.created', 'organization.member_set')`).Scan(&audited)
	if err != nil || audited != 8 {
		t.Errorf("%d audit rows, want one for each of the 8 changes; %v", audited, err)
	}
}

func TestApply_updatesWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	doc := string(read(t, "good.yaml"))
	s.apply(doc, false)
	for old, new := range map[string]string{
		"    name: Demo\n": "    name: Demonstration\n", "access_token_ttl: 10m": "access_token_ttl: 5m", "token_format: opaque": "token_format: jwt",
		"client_name: Demo web app": "client_name: Demo", "demo-web-secret-0123456789abcdef": "another-secret-0123456789abcdefgh",
		"first_party: true": "first_party: false", "name: Alice Example": "name: Alice", "roles: [owner]": "roles: [member]", "name: Acme": "name: ACME",
		"dpop_bound_access_tokens: false": "dpop_bound_access_tokens: true", "battery staple": "battery stapler",
	} {
		if !strings.Contains(doc, old) {
			t.Fatalf("good.yaml has no %q", old)
		}
		doc = strings.ReplaceAll(doc, old, new)
	}
	plan, _ := s.apply(doc, false)
	want := []string{
		`update tenant demo/demo [name: "Demo" > "Demonstration"] [settings.access_token_ttl: "10m0s" > "5m0s"]`,
		`update resource server demo/https://api.example.com [token_format: "opaque" > "jwt"]`,
		`update client demo/demo-web [client_name: "Demo web app" > "Demo"] [dpop_bound_access_tokens:  > true] [first_party: true > ] [client_secret:  > (new; the one before ends at once)]`,
		`update user demo/alice@example.com [name: "Alice Example" > "Alice"] [password:  > (new)]`,
		`update user demo/bob@example.com [name: "Alice Example" > "Alice"] [password:  > (new)]`,
		`update organization demo/acme [name: "Acme" > "ACME"]`,
		`update member demo/acme/alice@example.com [roles: ["owner"] > ["member"]]`,
	}
	if diff := cmp.Diff(want, changes(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again, _ := s.apply(doc, false); len(changes(again)) != 0 {
		t.Errorf("again: %v", changes(again))
	}
	c, err := s.target.Clients.Current(s.in("demo"), "demo-web")
	if err != nil || len(c.Secrets) != 1 {
		t.Errorf("secrets %v, %v: the old one must be gone", c.Secrets, err)
	}
}

func TestApply_aNewPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const doc = `tenants: [{slug: a, users: [{email: a@example.com, password: "correct horse battery staple"}]}]`
	s.apply(doc, false)
	ctx := s.in("a")
	held, err := s.target.Users.Credential(ctx, "a@example.com", nil)
	u := held.User
	if err != nil {
		t.Fatal(err)
	}
	session := identity.Session{
		ID: uuid.Must(uuid.NewV7()), TokenHash: bytes.Repeat([]byte{1}, 32), UserID: u.ID, AuthTime: time.Now(),
		IdleTTL: time.Hour, ExpiresAt: time.Now().Add(time.Hour), CreatedAt: time.Now(), SeenAt: time.Now(), RotatedAt: time.Now(),
	}
	if err := s.store.Sessions.Create(ctx, session); err != nil {
		t.Fatal(err)
	}
	s.apply(doc, false)
	if _, err := s.store.Sessions.ByToken(ctx, session.TokenHash); err != nil {
		t.Errorf("the same password ended the session: %v", err)
	}
	s.apply(strings.Replace(doc, "staple", "stapler", 1), false)
	if _, err := s.store.Sessions.ByToken(ctx, session.TokenHash); !errors.Is(err, identity.ErrNoSession) {
		t.Errorf("after a new password: %v, want no session", err)
	}
}

func TestApply_makesTheSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const doc = `tenants: [{slug: a, clients: [
		{client_id: web, redirect_uris: ["https://a.example/cb"]},
		{client_id: spa, redirect_uris: ["https://a.example/cb"], token_endpoint_auth_method: none}]}]`
	_, made := s.apply(doc, false)
	if len(made) != 1 || made[0].ClientID != "web" {
		t.Fatalf("made %v", made)
	}
	ctx := s.in("a")
	c, err := s.target.Clients.Current(ctx, "web")
	if err != nil || !s.target.Registrar.Secrets.Matches(tenant.Must(ctx).ID, c, made[0].Secret, time.Now()) {
		t.Errorf("the secret that was shown is not the client's: %v", err)
	}
	if _, again := s.apply(doc, false); len(again) != 0 {
		t.Errorf("again made %v", again)
	}
	_, made = s.apply(strings.Replace(doc, "token_endpoint_auth_method: none", "client_name: not public any more", 1), false)
	if len(made) != 1 || made[0].ClientID != "spa" {
		t.Errorf("a client that got a method with a secret: made %v", made)
	}
}

func TestPrune_deletesWhatIsNotDeclared(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(string(read(t, "good.yaml")), false)
	s.apply(`tenants: [{slug: system}, {slug: other}]`, false)
	const kept = `tenants: [{slug: demo, host: "localhost:8080", settings: {require_pkce: true, access_token_ttl: 10m, branding: {light: {primary: "#3b5bdb"}}}, name: Demo,
		users: [{email: alice@example.com, email_verified: true, name: Alice Example, birthdate: "1990-04-01", zoneinfo: Europe/Berlin, address: {locality: Berlin, country: Germany}}],
		organizations: [{slug: acme, name: Acme, members: [{email: alice@example.com, roles: [owner]}]}]}]`
	plan, _ := s.apply(kept, false)
	if got := changes(plan); len(got) != 2 || plan.Count(manifest.Delete) != 0 {
		t.Errorf("without prune: %v, want a resource server and a client given up", got)
	}
	plan, _ = s.apply(kept, true)
	want := []string{
		"delete member demo/acme/bob@example.com",
		"delete user demo/bob@example.com",
		"delete tenant other/other",
	}
	if diff := cmp.Diff(want, changes(plan)); diff != "" {
		t.Errorf("lists that are not in the file are left alone (-want +got):\n%s", diff)
	}
	plan, _ = s.apply(strings.Replace(kept, "name: Demo,", "name: Demo, clients: [], resource_servers: [],", 1), true)
	want = []string{"delete client demo/demo-web", "delete resource server demo/https://api.example.com"}
	if diff := cmp.Diff(want, changes(plan)); diff != "" {
		t.Errorf("empty lists (-want +got):\n%s", diff)
	}
	all, err := tenant.All(t.Context(), s.target.Tenants)
	if err != nil || len(all) != 2 {
		t.Errorf("tenants left %v, %v: want demo and system", all, err)
	}
}

func TestPlan_writesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before := s.rows()
	s.plan(string(read(t, "good.yaml")), true)
	if diff := cmp.Diff(before, s.rows()); diff != "" {
		t.Errorf("a plan wrote:\n%s", diff)
	}
}

func TestApply_isAllOrNothingWithinATenant(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(`tenants: [{slug: a, users: [{email: c@example.com}, {email: taken@example.com, username: taken}]}]`, false)
	before := s.rows()
	plan := s.plan(`tenants: [{slug: a, clients: [{client_id: web, redirect_uris: ["https://a.example/cb"]}],
		users: [{email: b@example.com}, {email: c@example.com, username: taken}]}]`, false)
	made, err := plan.Apply(t.Context())
	if !errors.Is(err, identity.ErrUsernameTaken) && !errors.Is(err, identity.ErrEmailTaken) {
		t.Fatalf("%v, want a conflict", err)
	}
	if !strings.Contains(err.Error(), "update user c@example.com of tenant a") {
		t.Errorf("%v does not say where", err)
	}
	if len(made) != 0 {
		t.Errorf("secrets %v of clients that were rolled back", made)
	}
	if diff := cmp.Diff(before, s.rows()); diff != "" {
		t.Errorf("a failed apply wrote:\n%s", diff)
	}
}

func TestPlan_refusesRolesOfMembersThatDoNotExist(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file, _, err := manifest.Parse("plinto.yaml", []byte("tenants:\n  - slug: demo\n    users: [{email: a@example.com}]\n    roles: [{key: known, scope: organization}, {key: tenantwide}]\n"+
		"    organizations:\n      - slug: acme\n        members:\n          - {email: a@example.com, roles: [known, owner, tenantwide]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Plan(t.Context(), s.target, false)
	if err == nil || !strings.Contains(err.Error(), `there is no role "tenantwide" of organizations`) || strings.Count(err.Error(), "there is no role") != 1 {
		t.Errorf("got %v", err)
	}
}

func TestPlan_refusesMembersWhoDoNotExist(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	m, _, err := manifest.Parse("plinto.yaml", []byte("tenants:\n  - slug: a\n    organizations:\n      - slug: o\n        members: [{email: nobody@example.com}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Plan(t.Context(), s.target, false)
	const want = `plinto.yaml:5:19: tenants[0].organizations[0].members[0]: there is no user "nobody@example.com" in the tenant`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A user who made another address the primary one is the same user, and gets the declared one back.
func TestApply_findsUsersByEveryAddress(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const declared = `tenants: [{slug: a, users: [{email: old@example.com, email_verified: true}]}]`
	s.apply(declared, false)
	held, err := s.target.Users.Credential(s.in("a"), "old@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	emails := &addresses.Service{Store: s.store.Emails, Users: s.store.Users, Outbox: s.store.Outbox, Tx: s.store.DB}
	other, err := emails.Provide(s.in("a"), event.Actor{Type: "operator"}, &held.User, "new@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if plan, _ := s.apply(declared, true); len(changes(plan)) != 0 {
		t.Errorf("another address is a change: %v", changes(plan))
	}
	if err := emails.MakePrimary(s.in("a"), event.Actor{Type: "operator"}, &held.User, other.ID); err != nil {
		t.Fatal(err)
	}
	plan, _ := s.apply(declared, true)
	if diff := cmp.Diff([]string{`update user a/old@example.com [email: "new@example.com" > "old@example.com"]`}, changes(plan)); diff != "" {
		t.Error(diff)
	}
	if again, err := s.target.Users.Credential(s.in("a"), "old@example.com", nil); err != nil || again.User.ID != held.User.ID || again.User.Email != "old@example.com" {
		t.Errorf("the user is %+v, %v", again.User, err)
	}
}

func TestApply_keepsTheUserWhoseEmailChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(`tenants: [{slug: a, users: [{email: old@example.com, username: ann}]}]`, false)
	held, err := s.target.Users.Credential(s.in("a"), "ann", nil)
	before := held.User
	if err != nil {
		t.Fatal(err)
	}
	plan, _ := s.apply(`tenants: [{slug: a, users: [{email: new@example.com, username: ann}]}]`, true)
	if diff := cmp.Diff([]string{`update user a/new@example.com [email: "old@example.com" > "new@example.com"]`}, changes(plan)); diff != "" {
		t.Error(diff)
	}
	held, err = s.target.Users.Credential(s.in("a"), "new@example.com", nil)
	after := held.User
	if err != nil || after.ID != before.ID {
		t.Errorf("user %s became %s, %v", before.ID, after.ID, err)
	}
}
