package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plinto/cmd/plinto/remote"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
)

// A desk is where somebody works on a server: a terminal without a database, and a browser.
type desk struct {
	*plintotest.Server
	t       *testing.T
	env     []string
	dir     string
	browser *plintotest.Browser
	asked   url.Values // what the last sign-in asked for
	in      string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{Server: plintotest.Start(t), t: t, dir: t.TempDir()}
	d.env = []string{"HOME=" + d.dir}
	d.browser = d.Browser()
	return d
}

// admin makes a user who has a role of the tenant.
func (d *desk) admin(role string) {
	d.t.Helper()
	u := d.User("alice@example.com")
	roles := organization.RoleService{Store: d.Store.Roles, Outbox: d.Store.Outbox, Tx: d.Store.DB}
	if err := roles.Assign(d.In(), u.ID, role); err != nil {
		d.t.Fatal(err)
	}
}

// lets makes the client of the command line.
func (d *desk) lets() {
	d.t.Helper()
	s := d.Store
	r := provider.Registrar{Clients: s.Clients, Writes: s.Clients, Outbox: s.Outbox, Tx: s.DB}
	for _, want := range []bool{true, false} {
		if made, err := r.EnsureCommandLine(d.In()); err != nil || made != want {
			d.t.Fatalf("made %v, want %v: %v", made, want, err)
		}
	}
}

// browse signs in as Alice, as a person would, and follows the browser to where it is sent.
func (d *desk) browse(ctx context.Context, address string) error {
	at, err := url.Parse(address)
	if err != nil {
		return err
	}
	d.asked = at.Query()
	p := d.browser.Open(address)
	if p.Left == nil {
		p = p.Submit("submit", plintotest.Alice())
	}
	if p.Left == nil {
		d.t.Fatalf("at %s: %s", p.URL, p.Doc.Find("main").Text())
	}
	// Another program of this machine guesses: it gets nothing, and spoils nothing.
	guess := *p.Left
	guess.RawQuery = url.Values{"code": {"other"}, "state": {"guessed"}, "iss": {d.Issuer()}}.Encode()
	if got := d.fetch(ctx, guess.String()); got != http.StatusBadRequest {
		d.t.Errorf("an answer with another state: %d", got)
	}
	if got := d.fetch(ctx, p.Left.String()); got != http.StatusOK {
		d.t.Errorf("the answer: %d", got)
	}
	return nil
}

func (d *desk) fetch(ctx context.Context, address string) int {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func (d *desk) run(args ...string) (stdout, stderr string, code int) {
	d.t.Helper()
	var out, failed bytes.Buffer
	c := &cli{in: strings.NewReader(d.in), out: &out, err: &failed, environ: d.env, dir: d.dir, browse: d.browse, transport: d.HTTP().Transport}
	code = run(d.t.Context(), c, args)
	return out.String(), failed.String(), code
}

func (d *desk) ok(args ...string) string {
	d.t.Helper()
	out, failed, code := d.run(args...)
	if code != exitOK {
		d.t.Fatalf("plinto %s: exit %d: %s", strings.Join(args, " "), code, failed)
	}
	return out
}

func (d *desk) refused(code int, want string, args ...string) {
	d.t.Helper()
	if out, failed, got := d.run(args...); got != code || !strings.Contains(failed, want) {
		d.t.Errorf("plinto %s: exit %d, want %d with %q: %s%s", strings.Join(args, " "), got, code, want, out, failed)
	}
}

// document runs a command and reads the JSON that it shows.
func (d *desk) document(args ...string) (v map[string]any) {
	d.t.Helper()
	out := d.ok(append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		d.t.Fatalf("%s: %v", out, err)
	}
	return v
}

// CMD-03, in browse: answers of others are refused.
func TestLogin_worksOnAServerByItsAPI(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.admin(organization.Administrator)
	d.ok("login", d.Issuer(), "--name", "work")
	if d.asked.Get("code_challenge_method") != "S256" || d.asked.Get("resource") != d.Issuer()+"/admin/v1" || !strings.HasPrefix(d.asked.Get("redirect_uri"), "http://127.0.0.1:") {
		t.Errorf("asked for %v", d.asked)
	}
	file := filepath.Join(d.dir, ".config", "plinto", "profiles.json")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token is in %v, %v", info, err)
	}
	if out := d.ok("profile", "list"); !strings.Contains(out, "work") || !strings.Contains(out, "in use") {
		t.Errorf("profiles: %s", out)
	}
}

// Nobody waits in front of a page that says it in the browser.
func TestLogin_saysAtOnceThatTheServerHasNoClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.refused(exitFailed, "does not know the client nobody, or not its redirect: an operator makes it with plinto client command-line", "login", d.Issuer(), "--client-id", "nobody")
	if d.asked != nil {
		t.Error("the browser was opened")
	}
}

func TestRemote_commandsAreTheContract(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.admin(organization.Administrator)
	d.ok("login", d.Issuer())
	ann := d.document("user", "create", "--email", "ann@example.com", "--with-profile", `{"name": "Ann"}`)
	id, _ := ann["id"].(string)
	if got := d.document("user", "get", id); got["email"] != "ann@example.com" {
		t.Errorf("got %v", got)
	}
	d.ok("user", "update", id, "--username", "ann", "--clear", "phone_number")
	if got := d.ok("user", "list", "--identifier", "ann"); !strings.Contains(got, "ann@example.com") || !strings.HasPrefix(got, "ID ") {
		t.Errorf("list: %s", got)
	}
	d.ok("user", "block", id)
	if got := d.ok("user", "get", id, "-o", "yaml"); !strings.Contains(got, "blocked: true") {
		t.Errorf("blocked, and yet: %s", got)
	}
	d.in = "slug: north\nname: North\n"
	org := d.document("org", "create", "-f", "-")
	d.ok("org", "member", "set", org["id"].(string), id, "--roles", "owner,admin")
	if got := d.ok("org", "member", "list", org["id"].(string)); !strings.Contains(got, "owner") {
		t.Errorf("members: %s", got)
	}
	d.ok("role", "create", "--scope", "tenant", "--key", "helper", "--name", "Helper", "--permissions", "users:read")
	d.ok("user", "role", "set", id, "helper")
	for n := range 3 {
		d.ok("user", "create", "--username", fmt.Sprintf("user%d", n))
	}
	if got := d.document("user", "list", "--limit", "2", "--all"); len(got["data"].([]any)) != 5 || got["has_more"] == true {
		t.Errorf("all users: %v", got)
	}
	if got := d.ok("user", "list", "--limit", "2"); !strings.Contains(got, "There are more: --after ") {
		t.Errorf("a part of the list: %s", got)
	}
	d.refused(exitUsage, "--yes", "org", "delete", org["id"].(string))
	if got := d.ok("org", "delete", org["id"].(string), "--yes"); got != "Done.\n" {
		t.Errorf("deleted: %q", got)
	}
	d.refused(exitFailed, "organization_not_found", "org", "get", org["id"].(string))
	d.refused(exitFailed, "invalid_body", "user", "create", "--email", "x")
	d.refused(exitUsage, "must be JSON", "user", "create", "--public-metadata", "x")
	d.refused(exitUsage, "no id", "user", "get", "..")
	if key := d.ok("key", "list"); !strings.Contains(key, "ES256") && !strings.Contains(key, "active") {
		t.Errorf("keys: %s", key)
	}
}

// CMD-01: what somebody may do at the command line is what their roles let them; without roles, nothing.
func TestRemote_givesNoRightsBeyondRoles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.User("alice@example.com")
	d.ok("login", d.Issuer())
	d.refused(exitFailed, "permission_missing", "user", "list")
}

// CMD-02: after signing out the token is good for nothing, and it is not on the machine any more.
func TestLogout_endsTheToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.admin(organization.Administrator)
	d.ok("login", d.Issuer(), "--name", "work")
	file := filepath.Join(d.dir, ".config", "plinto", "profiles.json")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d.ok("logout")
	after, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(after), "token") {
		t.Errorf("the file holds %s, %v", after, err)
	}
	if err := os.WriteFile(file, before, 0o600); err != nil {
		t.Fatal(err)
	}
	d.refused(exitFailed, "401", "user", "list")
	expire(t, file)
	d.refused(exitFailed, "not signed in", "user", "list")
}

// expire makes the tokens of a file old.
func expire(t *testing.T, file string) {
	t.Helper()
	profiles, err := remote.ReadProfiles(file)
	if err != nil {
		t.Fatal(err)
	}
	err = profiles.Change(func(p *remote.Profiles) {
		for name, old := range p.All {
			old.Token.Expires = time.Now().Add(-time.Hour)
			p.All[name] = old
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProfiles_areRenewedChosenAndCompleted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.admin(organization.Administrator)
	d.ok("login", d.Issuer(), "--name", "work")
	file := filepath.Join(d.dir, ".config", "plinto", "profiles.json")
	before, _ := os.ReadFile(file)
	expire(t, file)
	d.ok("user", "list")
	if after, _ := os.ReadFile(file); bytes.Equal(before, after) {
		t.Error("the token was not renewed")
	}
	d.ok("user", "list")
	if out := d.ok("__complete", "profile", "use", ""); !strings.Contains(out, "work") {
		t.Errorf("completed %q", out)
	}
	if out := d.ok("__complete", "--profile", "w"); !strings.Contains(out, "work") {
		t.Errorf("completed %q", out)
	}
	if out := d.ok("__complete", "user", "l"); !strings.Contains(out, "list") {
		t.Errorf("completed %q", out)
	}
	d.refused(exitUsage, "no profile", "--profile", "other", "user", "list")
	d.ok("profile", "use", "none")
	d.refused(exitFailed, "PLINTO_DATABASE_URL", "user", "list") // on the database, which is not there
	d.ok("--profile", "work", "user", "list")
	d.ok("profile", "use", "work")
	d.refused(exitFailed, "PLINTO_DATABASE_URL", "--profile", "none", "user", "list")
	d.ok("profile", "remove", "work")
	if out := d.ok("profile", "list", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("profiles: %s", out)
	}
}

func TestServer_isCalledWithAnAPIKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.lets()
	d.admin(organization.Administrator)
	d.ok("login", d.Issuer())
	secret, _ := d.document("api-key", "create", "--name", "ci", "--permissions", "users:read")["secret"].(string)
	d.ok("profile", "use", "none")
	d.refused(exitFailed, "not signed in", "--server", d.Issuer(), "user", "list")
	name := filepath.Join(d.dir, "key")
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.ok("--server", d.Issuer(), "--api-key-file", name, "user", "list")
	d.env = append(d.env, "PLINTO_API_KEY="+secret, "PLINTO_SERVER="+d.Issuer())
	d.ok("user", "list")
	d.refused(exitFailed, "403", "org", "create", "--slug", "x", "--name", "X")
	d.refused(exitUsage, "in the clear", "--server", "http://id.example.com", "user", "list")
}

// CMD-04: a server that claims to be another one gets no code, and no token is sent in the clear.
func TestDiscover_refusesOtherServers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, address := range []string{"http://id.example.com", "ftp://x", "https://", "https://a@b.example", "x"} {
		d.refused(exitUsage, "", "login", address)
	}
	other := plintotest.Start(t)
	claims := map[string]string{
		"another issuer": `{"issuer":"https://other.example"}`,
		"plain http":     `{"issuer":"` + other.Issuer() + `","authorization_endpoint":"http://evil.example/a","token_endpoint":"http://evil.example/t","revocation_endpoint":"http://evil.example/r"}`,
	}
	for name, document := range claims {
		h := &http.Client{Transport: says(document)}
		if _, err := remote.Discover(t.Context(), h, other.Issuer()); err == nil {
			t.Errorf("%s is believed", name)
		}
	}
}

// says answers everything with a document.
type says string

// RoundTrip implements http.RoundTripper.
func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s)))}, nil
}

// LEAK-12: what cannot be read of a file is told by its place, and its lines, which may hold secrets, are not.
func TestRemote_quotesNothingOfAFile_LEAK_12(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.env = append(d.env, "PLINTO_SERVER="+d.Issuer(), "PLINTO_API_KEY=plk_x")
	const hidden = "hunter2hunter2"
	for text, want := range map[string]string{
		"name: a\npassword: \"" + hidden:                 "-:2:11: is not YAML: could not find end character of double-quoted text",
		"password: " + hidden + "\n  x: [\n":             "is not YAML",
		"- " + hidden + "\n":                             "- must be an object",
		hidden:                                           "- must be an object",
		`{"password": "` + hidden + `", "password": "x"`: "is not YAML",
		"password: " + hidden + "\npassword: " + hidden:  "-:2:1: is not YAML: mapping key",
		"password: *" + hidden:                           "-:1:12: is not YAML: could not find alias",
	} {
		d.in = text
		out, failed, code := d.run("user", "create", "-f", "-")
		if code == exitOK || !strings.Contains(failed, want) || strings.Contains(out+failed, hidden) {
			t.Errorf("%q: exit %d, want %q: %s%s", text, code, want, out, failed)
		}
	}
}
