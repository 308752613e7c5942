package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"plinto/tenant/registry"
)

// Every command, on a database and on a server, takes -o and --json, save those that write a format of their own.
func TestOutput_isWhatEveryCommandTakes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n, tree := range commandTrees(t) {
		for _, cmd := range leaves(tree) {
			_, path, _ := strings.Cut(cmd.CommandPath(), " ")
			if seen[path] = true; path == "help" || strings.HasPrefix(path, "completion ") || n == 1 && path == "user export" { // of the API, as data
				continue
			}
			asked, short := cmd.Flags().Lookup("output"), cmd.Flags().ShorthandLookup("o")
			if _, own := streams[path]; own != (asked == nil) || asked != nil && (short != asked || cmd.Flags().Lookup("json") == nil) {
				t.Errorf("plinto %s: -o is there: %t, and it has a format of its own: %t", path, asked != nil, own)
			}
		}
	}
	for path := range streams {
		if !seen[path] {
			t.Errorf("%q is no command", path)
		}
	}
}

// What commands show is data of the same names as JSON and as YAML, a list is a list also when it is empty, and who
// did something says so.
func TestOutput_isData(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	var made, changed tenantRow
	x.into(&made, "tenant", "create", "acme")
	x.into(&changed, "tenant", "update", "acme", "--name", "Acme Inc")
	if made.ID == "" || changed.ID != made.ID || changed.Name != "Acme Inc" {
		t.Errorf("created %+v, then %+v", made, changed)
	}
	for _, list := range [][]string{{"user", "list"}, {"client", "list"}, {"keys", "list"}, {"org", "list"}, {"webhook", "list"}, {"connection", "list"}, {"api-key", "list"}} {
		if out := x.ok(append(list, "--json")...); strings.TrimSpace(out) != "[]" {
			t.Errorf("plinto %s without any: %s", strings.Join(list, " "), out)
		}
	}
	x.ok("user", "create", "ann@example.com")
	var asJSON, asYAML []map[string]any
	x.into(&asJSON, "user", "list")
	if err := yaml.Unmarshal([]byte(x.ok("user", "list", "-o", "yaml")), &asYAML); err != nil || len(asJSON) != 1 || len(asYAML) != 1 || len(asYAML[0]) != len(asJSON[0]) {
		t.Errorf("as JSON %v, as YAML %v, %v", asJSON, asYAML, err)
	}
	for _, flag := range []string{"-ojson", "--output=json", "--json"} {
		var did confirmation
		out := x.ok("user", "sign-out", "ann@example.com", flag)
		if err := json.Unmarshal([]byte(out), &did); err != nil || len(did.Messages) != 1 || !strings.Contains(did.Messages[0], "signed out everywhere") {
			t.Errorf("%s: %s", flag, out)
		}
	}
	if out := x.ok("user", "sign-out", "ann@example.com", "-o", "yaml"); !strings.HasPrefix(out, "messages:") {
		t.Errorf("as YAML: %s", out)
	}
}

// failed runs a command that must fail, and reads what standard error says of it.
func (x *terminal) failed(code int, args ...string) []failure {
	x.t.Helper()
	_, stderr, got := x.run(args...)
	var said struct {
		Errors []failure `json:"errors"`
	}
	if err := json.Unmarshal([]byte(stderr), &said); err != nil || got != code || len(said.Errors) == 0 {
		x.t.Fatalf("plinto %s: exit %d, %v: %s", strings.Join(args, " "), got, err, stderr)
	}
	return said.Errors
}

// Who asks for JSON gets the errors so, too: each with a code, and nothing else is on standard error.
func TestErrors_areJSONWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	x := newTerminal(t)
	x.ok("tenant", "create", "acme")
	file := writeFile(t, filepath.Join(t.TempDir(), "m.yaml"), "tenants:\n  - slug: acme\n    settings: {refresh_gracs: 1s}\n    clients: [{client_id: c, redirect_uris: [x]}]\n")
	closed := closedPort(t)
	down := &terminal{t: t, dir: t.TempDir(), env: []string{"DATABASE_URL=postgres://plinto:hunter2@" + closed + "/plinto", "PLINTO_ENCRYPTION_KEY=" + randomKey()}}
	unset := &terminal{t: t, dir: t.TempDir(), env: []string{"PLINTO_LISTEN=nowhere"}}
	for _, c := range []struct {
		name  string
		x     *terminal
		exit  int
		args  []string
		codes []string
		says  string
	}{
		{"a flag", x, exitUsage, []string{"tenant", "list", "--json", "--outptu", "x"}, []string{"usage"}, "did you mean --output?"},
		{"a command", x, exitUsage, []string{"tenant", "lst", "-o", "json"}, []string{"usage"}, "did you mean list?"},
		{"a value", x, exitUsage, []string{"tenant", "create", "b", "-o", "json", "--isolation", "shard"}, []string{"usage"}, "must be shared, schema or database: did you mean shared?"},
		{"what is refused", x, exitFailed, []string{"tenant", "create", "acme", "--json"}, []string{"tenant_slug_taken"}, "Another tenant has that slug"},
		{"what is not there", x, exitFailed, []string{"tenant", "update", "acne", "--name", "x", "--json"}, []string{"failed"}, "did you mean acme?"},
		{"several members", x, exitFailed, []string{"client", "create", "--json", "--type", "web", "--set", "profile=strct"}, []string{"failed", "failed"}, "profile: must be oauth21, oidc-legacy or strict: did you mean strict?"},
		{"a manifest", x, exitFailed, []string{"apply", "-f", file, "--json"}, []string{"manifest", "manifest"}, "did you mean refresh_grace?"},
		{"a database", down, exitFailed, []string{"tenant", "list", "--json"}, []string{"database"}, "nobody listens at " + closed},
		{"settings", unset, exitFailed, []string{"tenant", "list", "--json"}, []string{"configuration", "configuration", "configuration"}, "PLINTO_DATABASE_URL"},
	} {
		var codes, said []string
		for _, f := range c.x.failed(c.exit, c.args...) {
			codes, said = append(codes, f.Code), append(said, f.Message+" → "+f.Remedy+" "+f.At)
		}
		if !slices.Equal(codes, c.codes) || !strings.Contains(strings.Join(said, "\n"), c.says) || strings.Contains(strings.Join(said, ""), "hunter2") {
			t.Errorf("%s: %v %s", c.name, codes, strings.Join(said, "\n"))
		}
	}
	_, stderr, _ := x.run("client", "create", "w", "--json", "--type", "web", "--redirect-uri", "https://a.example/cb", "--scope", "openid emial")
	if want := `{"warnings":[{"message":"scope: \"emial\" is no scope of the tenant, so it is never granted: did you mean email?"}]}`; strings.TrimSpace(stderr) != want {
		t.Errorf("a warning: %s", stderr)
	}
}

// Each of several errors is told in its own words, in text as in JSON.
func TestExplainFault_tellsEachOfSeveral(t *testing.T) {
	t.Parallel()
	err := errors.Join(errors.Join(nil, fmt.Errorf("end one: %w", registry.ErrOwner)), fmt.Errorf("end two: %w", registry.ErrOwner))
	want := "end one: " + registry.ErrOwner.Message + "\nend two: " + registry.ErrOwner.Message
	if got := explainFault(err); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if all := failures(err); len(all) != 2 || all[0].Code != "owner_needed" || all[1].Message != "end two: "+registry.ErrOwner.Message {
		t.Errorf("got %+v", all)
	}
	one := fmt.Errorf("%w, and %w", errNotSignedIn, registry.ErrOwner)
	if all := failures(one); len(all) != 1 {
		t.Errorf("got %+v", all)
	}
}
