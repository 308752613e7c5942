package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/keeper"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/storage"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// A terminal runs commands as a shell would, on an installation of its own.
type terminal struct {
	t     *testing.T
	env   []string
	dir   string
	in    string
	owner string // URL of its database, as the superuser
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	server, owner := storagetest.URL(t)
	_, text := secret.NewRoot()
	return &terminal{t: t, dir: t.TempDir(), owner: owner, env: []string{
		"PLINTO_PUBLIC_URL=https://id.example.com", "DATABASE_URL=" + server, "PLINTO_ENCRYPTION_KEY=" + text.Reveal(),
	}}
}

// run returns what the command wrote and its exit code.
func (x *terminal) run(args ...string) (stdout, stderr string, code int) {
	x.t.Helper()
	var out, err bytes.Buffer
	code = run(x.t.Context(), &cli{in: strings.NewReader(x.in), out: &out, err: &err, environ: x.env, dir: x.dir}, args)
	return out.String(), err.String(), code
}

// ok runs a command that must work.
func (x *terminal) ok(args ...string) string {
	x.t.Helper()
	stdout, stderr, code := x.run(args...)
	if code != exitOK {
		x.t.Fatalf("plinto %s: exit %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// refused runs a command that must end with code and say want on stderr, in lines
// that each name the program.
func (x *terminal) refused(code int, want string, args ...string) {
	x.t.Helper()
	stdout, stderr, got := x.run(args...)
	if got != code || !strings.Contains(stderr, want) || stdout != "" {
		x.t.Errorf("plinto %s: exit %d, stderr %q, stdout %q; want exit %d and %q", strings.Join(args, " "), got, stderr, stdout, code, want)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(stderr), "\n") {
		if !strings.HasPrefix(line, "plinto: ") {
			x.t.Errorf("plinto %s: the line %q names no program", strings.Join(args, " "), line)
		}
	}
}

// into runs a command with -o json and reads its answer.
func (x *terminal) into(v any, args ...string) {
	x.t.Helper()
	out := x.ok(append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		x.t.Fatalf("plinto %s: %v in %s", strings.Join(args, " "), err, out)
	}
}

func (x *terminal) store() *storage.Store {
	x.t.Helper()
	url := strings.TrimPrefix(x.env[1], "DATABASE_URL=")
	keepers, err := keeper.Parse(strings.TrimPrefix(x.env[2], "PLINTO_ENCRYPTION_KEY="))
	if err != nil {
		x.t.Fatal(err)
	}
	s, err := storage.Open(x.t.Context(), storage.Config{URL: secret.NewString(url), Keepers: keepers})
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(s.Close)
	return s
}

func TestTenant_fromCreateToDelete(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.refused(exitFailed, "there is no tenant yet", "client", "list")
	if out := x.ok("tenant", "create", "acme", "--name", "Acme"); !strings.Contains(out, "https://id.example.com/t/acme") {
		t.Errorf("no issuer in %q", out)
	}
	x.refused(exitFailed, "Another tenant has that slug", "tenant", "create", "acme")
	x.refused(exitFailed, "A slug is 1 to 63", "tenant", "create", "Acme")
	x.refused(exitFailed, "A host is", "tenant", "create", "other", "--host", "https://other.example")
	x.refused(exitFailed, `there is no tenant "acne": did you mean acme?`, "tenant", "update", "acne", "--name", "x")
	x.ok("tenant", "update", "acme", "--host", "login.acme.example", "--disabled")
	var rows []tenantRow
	x.into(&rows, "tenant", "list")
	if len(rows) != 1 || rows[0].Issuer != "https://login.acme.example" || rows[0].State != "disabled" || rows[0].Name != "Acme" {
		t.Errorf("after update: %+v", rows)
	}
	x.refused(exitUsage, "add --yes", "tenant", "delete", "acme")
	x.refused(exitUsage, "cannot be deleted", "tenant", "delete", "system", "--yes")
	x.ok("tenant", "delete", "acme", "--yes")
	if x.into(&rows, "tenant", "list"); len(rows) != 0 {
		t.Errorf("after delete: %+v", rows)
	}
}

func TestClient_typesAreReadyToUse(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	for kind, want := range map[string]struct {
		args   []string
		public bool
		pkce   bool
		grants []string
	}{
		"spa":     {[]string{"--redirect-uri", "https://app.example.com/cb"}, true, true, []string{"authorization_code", "refresh_token"}},
		"web":     {[]string{"--redirect-uri", "http://localhost:3000/cb,https://app.example.com/cb"}, false, true, []string{"authorization_code", "refresh_token"}},
		"native":  {[]string{"--redirect-uri", "com.example.app:/cb"}, true, true, []string{"authorization_code", "refresh_token"}},
		"service": {nil, false, false, []string{"client_credentials"}},
	} {
		var made registered
		x.into(&made, append([]string{"client", "create", "my-" + kind, "--type", kind, "--name", "My " + kind}, want.args...)...)
		if (made.ClientSecret == "") != want.public || made.Issuer != "https://id.example.com/t/acme" {
			t.Errorf("%s: %+v", kind, made)
		}
		s := x.store()
		found, err := s.Tenants.BySlug(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Clients.ByClientID(tenant.With(t.Context(), found), "my-"+kind)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.grants, c.GrantTypes); diff != "" || c.Public() != want.public || c.RequirePKCE != want.pkce {
			t.Errorf("%s: %+v", kind, c.Metadata)
		}
		if !want.public && !provider.NewSecretHasher(s.RootKeys.Root()).Matches(found.ID, c, made.ClientSecret, time.Now()) {
			t.Errorf("%s: the secret that was shown is not the client's", kind)
		}
	}
	out := x.ok("client", "create", "--type", "service")
	for _, line := range []string{"OIDC_ISSUER=https://id.example.com/t/acme", "OIDC_CLIENT_ID=client_", "OIDC_CLIENT_SECRET=plcs_", "grant_type=client_credentials"} {
		if !strings.Contains(out, line) {
			t.Errorf("nothing to copy with %s in\n%s", line, out)
		}
	}
}

func TestClient_refusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.refused(exitUsage, "say what it is", "client", "create")
	for _, want := range []string{"is created", "is there already"} {
		if got := x.ok("client", "command-line"); !strings.Contains(got, want) {
			t.Errorf("client command-line: %s", got)
		}
	}
	x.refused(exitUsage, "must be spa, web, native or service", "client", "create", "--type", "app")
	x.refused(exitFailed, "redirect_uris: must have at least one URI", "client", "create", "--type", "web")
	x.refused(exitFailed, "redirect_uris[0]: invalid redirect URI", "client", "create", "--type", "spa", "--redirect-uri", "javascript:alert(1)")
	x.refused(exitFailed, "client_id: must be printable", "client", "create", "a b", "--type", "service")
	x.refused(exitUsage, "did you mean client_uri?", "client", "create", "--type", "service", "--set", "client_url=https://a.example")
	x.refused(exitFailed, "logo_uri: must start with https://", "client", "create", "--type", "service", "--set", "logo_uri=http://a.example/x")
	x.refused(exitFailed, `there is no client "nobody"`, "client", "show", "nobody")
	x.ok("client", "create", "one", "--type", "service")
	x.refused(exitFailed, "Another client has that client_id", "client", "create", "one", "--type", "service")
}

func TestClient_changesAndRotates(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	var first, second, third registered
	x.into(&first, "client", "create", "web", "--type", "web", "--redirect-uri", "https://a.example/cb")
	_, stderr, code := x.run("client", "update", "web", "--name", "Shop", "--set", "dpop_bound_access_tokens=true", "--set", "contacts=[\"a@example.com\"]")
	if code != exitOK || !strings.Contains(stderr, "plinto: warning: dpop_bound_access_tokens: not in effect") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	var shown map[string]any
	x.into(&shown, "client", "show", "web")
	if shown["client_name"] != "Shop" || shown["dpop_bound_access_tokens"] != true || len(shown["client_secrets"].([]any)) != 1 {
		t.Errorf("shown %v", shown)
	}
	x.into(&second, "client", "rotate-secret", "web")
	if ends, err := time.Parse(time.RFC3339, second.PreviousExpiresAt); err != nil || time.Until(ends) > provider.RotationOverlap || time.Until(ends) < provider.RotationOverlap-time.Hour {
		t.Errorf("the first secret ends at %q", second.PreviousExpiresAt)
	}
	if len(second.EndedSecretIDs) != 0 {
		t.Errorf("the first rotation ended %v", second.EndedSecretIDs)
	}
	if out := x.ok("client", "rotate-secret", "web"); !strings.Contains(out, "ended by this: secret_") || !strings.Contains(out, "The one before is good until "+time.Now().UTC().Add(provider.RotationOverlap).Format("2006-01-02T")) {
		t.Errorf("rotate-secret says %s", out)
	}
	x.into(&second, "client", "rotate-secret", "web")
	x.into(&third, "client", "rotate-secret", "web")
	x.secretsAre("web", map[string]bool{first.ClientSecret: false, second.ClientSecret: true, third.ClientSecret: true})
	var last registered
	if x.into(&last, "client", "rotate-secret", "web", "--now"); last.PreviousExpiresAt != "" || len(last.EndedSecretIDs) != 2 {
		t.Errorf("the one before is good until %s, ended %v", last.PreviousExpiresAt, last.EndedSecretIDs)
	}
	x.secretsAre("web", map[string]bool{second.ClientSecret: false, third.ClientSecret: false, last.ClientSecret: true})
	if out := x.ok("client", "check", "web"); !strings.Contains(out, "post_logout_redirect_uris") || strings.Contains(out, "require_pkce") {
		t.Errorf("advice %s", out)
	}
	x.ok("client", "create", "spa", "--type", "spa", "--redirect-uri", "http://localhost:3000/cb")
	x.refused(exitFailed, "has no secret", "client", "rotate-secret", "spa")
	if out := x.ok("client", "list"); !strings.Contains(out, "Shop") || strings.Contains(out, "plcs_") {
		t.Errorf("list %s", out)
	}
	x.refused(exitUsage, "add --yes", "client", "delete", "web")
	x.ok("client", "delete", "web", "--yes")
	x.refused(exitFailed, "there is no client", "client", "show", "web")
}

// secretsAre checks which of some secrets are good for a client.
func (x *terminal) secretsAre(id string, want map[string]bool) {
	x.t.Helper()
	s := x.store()
	found, err := s.Tenants.BySlug(x.t.Context(), "acme")
	if err != nil {
		x.t.Fatal(err)
	}
	c, err := s.Clients.ByClientID(tenant.With(x.t.Context(), found), id)
	if err != nil {
		x.t.Fatal(err)
	}
	n := 0
	for plain, good := range want {
		n++
		if got := provider.NewSecretHasher(s.RootKeys.Root()).Matches(found.ID, c, plain, time.Now()); got != good {
			x.t.Errorf("secret %d of %s: good is %t", n, id, got)
		}
	}
}

func TestUser_fromCreateToDelete(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	x.in = "correct horse battery staple\n"
	out := x.ok("user", "create", "alice@example.com", "--name", "Alice", "--username", "alice", "--password-stdin")
	if !strings.Contains(out, "user_") || strings.Contains(out, "horse") {
		t.Errorf("create said %q", out)
	}
	x.refused(exitFailed, "Another user has that email address", "user", "create", "ALICE@example.com")
	x.refused(exitFailed, "not an email address", "user", "create", "alice")
	x.refused(exitUsage, "needs an EMAIL", "user", "create")
	x.refused(exitUsage, "is no terminal", "user", "create", "b@example.com", "--password")
	x.in = "short\n"
	x.refused(exitFailed, "at least 15 characters", "user", "create", "b@example.com", "--password-stdin")
	x.in = ""
	x.refused(exitFailed, "no password on standard input", "user", "set-password", "alice", "--password-stdin")
	x.in = "another horse battery staple"
	x.ok("user", "set-password", "alice", "--password-stdin")

	var u userRow
	x.into(&u, "user", "show", "ALICE")
	if u.Email != "alice@example.com" || u.Name != "Alice" || u.State != "enabled" {
		t.Errorf("shown %+v", u)
	}
	if out := x.ok("user", "require-password-change", "alice"); !strings.Contains(out, "has to choose a new password") {
		t.Errorf("require-password-change says %q", out)
	}
	if x.into(&u, "user", "show", "alice"); u.Password != "due" {
		t.Errorf("shown %+v", u)
	}
	x.refused(exitFailed, "there is no user", "user", "require-password-change", "nobody")
	if out := x.ok("user", "sign-out", u.ID); !strings.Contains(out, "signed out everywhere") {
		t.Errorf("sign-out says %q", out)
	}
	x.ok("user", "disable", u.ID)
	if x.into(&u, "user", "show", u.ID); u.State != "disabled" {
		t.Errorf("after disable %+v", u)
	}
	x.ok("user", "enable", "alice@example.com")
	x.ok("user", "create", "--username", "zoe")
	if out := x.ok("user", "list", "--limit", "1"); !strings.Contains(out, "alice@example.com  alice") || !strings.Contains(out, "--after "+u.ID) {
		t.Errorf("list %s", out)
	}
	if out := x.ok("user", "list", "--after", u.ID); strings.Contains(out, "alice") || !strings.Contains(out, "zoe") {
		t.Errorf("list after %s", out)
	}
	x.refused(exitUsage, "add --yes", "user", "delete", "alice")
	x.ok("user", "delete", "alice", "--yes")
	x.refused(exitFailed, `there is no user "alice" in the tenant`, "user", "show", "alice")
}

func TestTenantFlag_isAskedForWhenThereAreSeveral(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "system")
	x.ok("tenant", "create", "one")
	x.ok("user", "create", "a@example.com")
	x.ok("tenant", "create", "two")
	x.refused(exitUsage, "--tenant one or two", "user", "list")
	if out := x.ok("user", "list", "--tenant", "two"); strings.Contains(out, "a@example.com") {
		t.Errorf("a user of one is in two: %s", out)
	}
	if out := x.ok("user", "list", "--tenant", "one"); !strings.Contains(out, "a@example.com") {
		t.Errorf("list %s", out)
	}
	x.refused(exitFailed, `there is no tenant "three"`, "keys", "list", "--tenant", "three")
}

func TestKeys_rotate(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	if out := x.ok("keys", "list"); !strings.Contains(out, "No keys yet") {
		t.Errorf("list %s", out)
	}
	x.ok("keys", "rotate", "--alg", "ES256")
	x.ok("keys", "rotate", "--alg", "ES256")
	var rows []keyRow
	x.into(&rows, "keys", "list")
	states := map[string]int{}
	for _, r := range rows {
		states[r.State]++
	}
	if diff := cmp.Diff(map[string]int{"active": 1, "retiring": 1}, states); diff != "" {
		t.Errorf("after two rotations: %s", diff)
	}
	x.refused(exitUsage, "--alg\" flag: must be ", "keys", "rotate", "--alg", "none")
}

func TestApplyAndExport_byCommand(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	doc, err := os.ReadFile(filepath.Join("manifest", "testdata", "good.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, filepath.Join(x.dir, "plinto.yaml"), string(doc))
	stdout, stderr, code := x.run("apply", "-f", file, "--dry-run")
	if code != exitOK || !strings.Contains(stdout, "Nothing was written") || !strings.Contains(stdout, "8 to create") || !strings.Contains(stderr, "plinto.yaml:31:34: tenants[0].clients[0].tls_client_auth_san_dns: not in effect") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	x.ok("apply", "-f", file)
	if out := x.ok("apply", "-f", file, "--prune"); out != "0 to create, 0 to update, 0 to delete, 8 unchanged.\n" {
		t.Errorf("again: %s", out)
	}
	x.in = x.ok("export")
	if out := x.ok("apply", "-f", "-", "--prune"); out != "0 to create, 0 to update, 0 to delete, 8 unchanged.\n" {
		t.Errorf("the export again: %s", out)
	}
	x.refused(exitFailed, `there is no tenant "nobody"`, "export", "--tenant", "nobody")
	x.refused(exitUsage, "say which file", "apply")
	x.refused(exitFailed, "no such file", "apply", "-f", filepath.Join(x.dir, "absent.yaml"))
	x.in = "tenants: [{slug: A}, {slug: b, clients: [{client_id: x, redirect_urls: []}]}]"
	x.refused(exitFailed, "standard input:1:57: tenants[1].clients[0].redirect_urls: is unknown: did you mean redirect_uris?", "apply", "-f", "-")
	x.in = "tenants: [{slug: other, host: \"localhost:8080\"}]"
	x.refused(exitFailed, "Another tenant answers on that host", "apply", "-f", "-")
	x.in = "tenants: [{slug: fresh, clients: [{client_id: api, grant_types: [client_credentials]}]}]"
	var result applied
	x.into(&result, "apply", "-f", "-")
	if len(result.Secrets) != 1 || !secret.WellFormed(provider.ClientSecretPrefix, result.Secrets[0].Secret) || len(result.Changes) != 2 {
		t.Errorf("applied %+v", result)
	}
}

func TestApply_readsAManifestAsEditorsSaveIt(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	const doc = "tenants:\r\n  - slug: acme\r\n    name: \"Acme\"\r\n    clients:\r\n      - {client_id: api, grant_types: [client_credentials]}\r\n"
	wide := "\xff\xfe"
	for _, r := range doc {
		wide += string([]byte{byte(r), 0})
	}
	for what, saved := range map[string]string{"CR LF": doc, "a mark": "\xef\xbb\xbf" + doc, "UTF-16": wide} {
		x.in = saved
		if out := x.ok("apply", "-f", "-", "--dry-run"); !strings.Contains(out, "2 to create") {
			t.Errorf("%s: %s", what, out)
		}
	}
	x.in = "tenants:\n  - slug: acme\n    name: Caf\xe9\n"
	x.refused(exitFailed, "read standard input: line 3 is not UTF-8: save the file as UTF-8", "apply", "-f", "-")
}

func TestRun_usageErrorsExitWith2(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	x.refused(exitUsage, `unknown command "xyzzy"`, "xyzzy")
	x.refused(exitUsage, "unknown flag: --nope", "version", "--nope")
	x.refused(exitUsage, "unknown command", "tenant", "nope")
	x.refused(exitUsage, "needs one of its commands", "tenant")
	x.refused(exitUsage, "accepts 1 arg", "tenant", "create")
	x.refused(exitUsage, "must be table, json or yaml", "version", "-o", "xml")
	x.refused(exitFailed, "PLINTO_ENCRYPTION_KEY is not set: 32 random bytes", "tenant", "list")
	if out := x.ok("--help"); !strings.Contains(out, "apply") {
		t.Errorf("help %s", out)
	}
}

func TestConfigCommand_showsSourcesAndNoSecrets(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir(), env: []string{"DATABASE_URL=postgres://u:hunter2@db/x", "PLINTO_LISTEN=:1"}}
	var rows []setting
	x.into(&rows, "config")
	if len(rows) != len(variables()) || rows[2] != (setting{"PLINTO_DATABASE_URL", "(secret)", "environment (DATABASE_URL)"}) {
		t.Errorf("config %+v", rows)
	}
	for _, format := range []string{"table", "yaml", "json"} {
		if out := x.ok("config", "-o", format); strings.Contains(out, "hunter2") || !strings.Contains(out, "PLINTO_LISTEN") {
			t.Errorf("%s: %s", format, out)
		}
	}
	x.env = append(x.env, "PLINTO_LISTNE=:2")
	if stdout, stderr, code := x.run("config"); code != exitFailed || !strings.Contains(stderr, "did you mean PLINTO_LISTEN?") || !strings.Contains(stdout, "PLINTO_LISTEN") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestVersion_namesGo(t *testing.T) {
	t.Parallel()
	x := &terminal{t: t, dir: t.TempDir()}
	var v Version
	if x.into(&v, "version"); !strings.HasPrefix(v.Go, "go1.") || v.Version == "" {
		t.Errorf("version %+v", v)
	}
}
