package manifest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/cmd/plinto/manifest"
	"plinto/provider"
)

var update = flag.Bool("update", false, "write the golden files")

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, name)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestParse_readsEverything(t *testing.T) {
	t.Parallel()
	m, warnings, err := manifest.Parse("plinto.yaml", read(t, "good.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	demo := m.Find("demo")
	if demo == nil || len(demo.Clients) != 1 || len(demo.Users) != 2 || len(demo.Organizations) != 1 {
		t.Fatalf("read %+v", m)
	}
	c := demo.Clients[0]
	want := provider.Metadata{
		ClientName: "Demo web app", ApplicationType: "web", TokenEndpointAuthMethod: "client_secret_basic",
		RedirectURIs: []string{"http://127.0.0.1:5555/callback"}, PostLogoutRedirectURIs: []string{"http://127.0.0.1:5555/"},
		GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, ResponseTypes: []string{"code"},
		Scope: "openid profile email offline_access orders:read", Resources: []string{"https://api.example.com"},
		AccessTokenTTL: 90, SubjectType: "public", IDTokenSignedAlg: "RS256",
		Extra: c.Metadata.Extra,
	}
	if diff := cmp.Diff(want, c.Metadata); diff != "" {
		t.Errorf("client (-want +got):\n%s", diff)
	}
	if !c.FirstParty || c.ClientSecret.Reveal() != "demo-web-secret-0123456789abcdef" || len(c.Metadata.Extra) != 3 {
		t.Errorf("client %+v", c)
	}
	alice, bob := demo.Users[0], demo.Users[1]
	if alice.Address.Locality != "Berlin" || alice.Birthdate != "1990-04-01" || alice.Password.Reveal() != "correct horse battery staple" {
		t.Errorf("alice %+v", alice)
	}
	if bob.Email != "bob@example.com" || bob.Username != "bob" || bob.Name != "Alice Example" {
		t.Errorf("bob, merged from alice: %+v", bob)
	}
	var said []string
	for _, w := range warnings {
		said = append(said, w.In("plinto.yaml"))
	}
	golden(t, "good.warnings", strings.Join(said, "\n")+"\n")
}

func TestParse_reportsAllProblemsWithTheirPlaces(t *testing.T) {
	t.Parallel()
	_, _, err := manifest.Parse("plinto.yaml", read(t, "bad.yaml"))
	if err == nil {
		t.Fatal("accepted")
	}
	golden(t, "bad.problems", err.Error()+"\n")
	for _, shown := range []string{"short", "12345678901", "password1234"} {
		if strings.Contains(err.Error(), `"`+shown) {
			t.Errorf("the secret %q is shown", shown)
		}
	}
}

func TestParse_refusesWhatIsNoManifest(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		"":                              "m.yaml: is empty",
		"# nothing\n":                   "m.yaml: is empty",
		"7":                             "m.yaml:1:1: must be a mapping, not a number",
		"tenants: 7":                    "m.yaml:1:10: tenants: must be a list, not a number",
		"tenants:\n  - slug: [":         "m.yaml:2:11: is not YAML",
		"tenants: [\"secret value":      "m.yaml:1:11: is not YAML",
		"a: &a [*a]":                    "there is no anchor",
		"a: *secret value":              "m.yaml:1:12: is not YAML",
		"a: *secret-value":              "m.yaml:1:4: a: there is no anchor of that name",
		"a: !secret-value":              "m.yaml:1",
		"a: !!secret-value x":           "m.yaml:1",
		"%YAML secret-value\n---\na: b": "is not YAML",
		"tenants: []\n---\ntenants: []": "m.yaml:3:1: a manifest is one document",
		"tenants: [{slug: a, 7: b}]":    "a name must be a text",
		"tenants: [{slug: 18446744073709551615}]": "is too large",
	} {
		_, _, err := manifest.Parse("m.yaml", []byte(doc))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret value") || strings.Contains(err.Error(), "secret-value") {
			t.Errorf("%q: %v, want %q", doc, err, want)
		}
	}
}

func TestParse_boundsAliases(t *testing.T) {
	t.Parallel()
	var doc strings.Builder
	doc.WriteString("a: &a [x,x,x,x,x,x,x,x,x,x]\n")
	for c := 'b'; c <= 'h'; c++ {
		prev := string(c - 1)
		doc.WriteString(string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+prev+",", 9) + "*" + prev + "]\n")
	}
	if _, _, err := manifest.Parse("m.yaml", []byte(doc.String())); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a hundred million values: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"good.yaml", "bad.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, err := manifest.Parse("m.yaml", data)
		if (m == nil) == (err == nil) {
			t.Errorf("%v and %v", m, err)
		}
	})
}
