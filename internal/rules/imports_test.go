package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A rule says what the packages matched by path may import of ours. A trailing
// slash matches everything below; entries of may match likewise.
type rule struct {
	path string
	may  []string
}

// rules is the picture of docs/architecture.md as data, most special first.
var rules = []rule{
	// Tools for tests know the whole server.
	{"internal/plintotest", []string{"*"}},
	{"internal/conformance", []string{"*"}},
	{"internal/testworld", []string{"internal/", "tenant", "event", "identity", "provider"}},
	{"internal/rules", nil},
	{"scripts/release", []string{"migrations"}},
	{"scripts/", []string{"internal/"}},
	// Everything internal knows nothing of ours but other internal packages.
	{"internal/", []string{"internal/"}},
	{"migrations", nil},
	{"tenant", []string{"internal/"}},
	{"tenant/ownership", []string{"internal/", "event"}},
	{"tenant/registry", []string{"internal/", "tenant", "event"}},
	{"event", []string{"internal/", "tenant"}},
	{"event/", []string{"internal/", "tenant", "event"}},
	{"identity", []string{"internal/", "tenant", "event"}},
	{"identity/account", []string{"internal/", "tenant", "event", "identity", "identity/mfa", "identity/passkey"}},
	{"identity/", []string{"internal/", "tenant", "event", "identity", "identity/mfa"}},
	{"organization", []string{"internal/", "tenant", "event", "identity"}},
	{"organization/", []string{"internal/", "tenant", "event", "identity", "organization"}},
	{"provider", []string{"internal/", "tenant", "event", "identity", "identity/mfa", "organization"}},
	{"provider/clientauth", []string{"internal/", "tenant", "event", "identity", "provider"}},
	{"provider/grants", []string{"internal/", "event", "identity", "provider"}},
	{"provider/inspection", []string{"internal/", "tenant", "identity", "provider", "provider/grants"}},
	{"provider/seal", []string{"internal/", "tenant", "provider"}},
	{"provider/engine", []string{"internal/", "tenant", "event", "identity", "provider", "provider/clientauth", "provider/grants", "provider/seal"}},
	{"provider/keys", []string{"internal/", "tenant", "event", "identity", "provider"}},
	{"provider/assembly", []string{"internal/", "tenant", "event", "identity", "provider"}},
	{"provider/clientkeys", []string{"internal/", "tenant", "event", "identity", "provider"}},
	{"provider/settings", []string{"internal/", "tenant", "event/mail", "provider"}},
	{"provider/access", []string{"internal/", "tenant", "identity", "provider", "provider/inspection"}},
	{"provider/authorize", []string{"internal/", "tenant", "identity", "provider", "provider/engine", "provider/seal", "provider/assembly", "dispatch", "pages/browser", "ui"}},
	{"provider/challenge", []string{
		"internal/", "tenant", "event", "identity", "identity/device", "identity/mailsignin", "identity/mfa", "identity/passkey", "provider", "provider/engine",
		"provider/clientauth", "provider/assembly", "dispatch",
	}},
	{"provider/checksession", []string{"internal/", "pages/browser"}},
	// Endpoints: never a sibling endpoint, never a page.
	{"provider/", []string{
		"internal/", "tenant", "event", "identity", "provider", "provider/engine", "provider/clientauth", "provider/inspection", "provider/seal",
		"provider/assembly", "provider/access",
	}},
	// The management API: thin over the services, never storage.
	{"admin", []string{
		"internal/", "tenant", "tenant/registry", "event", "event/explain", "event/mail", "provider/settings", "provider/grants", "identity", "identity/account", "identity/recovery", "organization", "organization/", "provider", "provider/access", "provider/inspection", "admin/api", "event/audit", "event/stats", "event/webhook", "federation", "identity/addresses", "identity/bulk", "identity/mfa", "identity/passkey", "identity/passwords", "provider/keys",
	}},
	{"admin/", []string{"internal/"}},
	{"federation", []string{"internal/", "tenant", "event", "identity", "identity/mfa", "organization", "federation/preset"}},
	{"federation/preset", nil},
	{"federation/", []string{"internal/", "tenant", "identity", "federation", "federation/preset"}},
	// What programs of others import: nothing of the server.
	{"client", nil},
	{"client/", nil},
	{"dispatch", []string{"internal/", "tenant", "identity", "provider"}},
	{"pages/browser", []string{"internal/", "tenant", "event", "identity", "identity/device", "identity/passkey", "provider", "dispatch", "ui"}},
	// Pages: never a sibling page, an endpoint or the engine.
	{"pages/account", []string{"internal/", "tenant", "event", "event/audit", "federation", "identity", "identity/account", "identity/addresses", "identity/device", "identity/mfa", "identity/passkey", "identity/passwords", "organization", "organization/apikey", "provider", "dispatch", "pages/browser", "ui"}},
	{"pages/reference", []string{"internal/", "tenant", "event/explain", "pages/browser", "ui"}},
	{"pages/", []string{"internal/", "tenant", "event", "federation", "identity", "identity/addresses", "identity/device", "identity/mailsignin", "identity/mfa", "identity/passkey", "identity/passwords", "identity/recovery", "organization", "organization/invitation", "provider", "dispatch", "pages/browser", "ui"}},
	{"ui/preview", []string{"internal/", "ui"}},
	{"ui", []string{"internal/web", "internal/weburl", "internal/paths", "internal/displayname", "internal/locale"}},
	// Below storage: first what knows no aggregate.
	{"storage/internal/pg", []string{"internal/", "migrations", "tenant"}},
	{"storage/queue", []string{"tenant", "event", "internal/gcra", "internal/logs", "internal/tracing"}},
	{"storage/schema", []string{"internal/", "migrations", "storage/internal/pg", "tenant"}},
	{"storage", []string{
		"internal/", "tenant", "tenant/registry", "event", "event/audit", "event/explain", "event/stats", "event/webhook", "federation", "identity", "identity/addresses", "identity/bulk", "identity/mfa", "identity/passkey", "identity/recovery", "organization", "organization/apikey", "organization/domain", "organization/invitation", "provider",
		"storage/internal/pg", "storage/queue", "storage/schema",
	}},
	{"storage/storagetest", []string{"*"}},
	{"cmd/", []string{"*"}},
}

// forTests are the packages that only test files and each other import. Whatever the rules
// let another package import, these are not in the server.
var forTests = []string{
	"internal/chromium", "internal/conformance", "internal/fakecollector", "internal/fakesaml", "internal/rules", "internal/plintotest", "internal/testservice", "internal/testservice/run",
	"internal/testworld", "internal/webdriver", "storage/storagetest",
}

// thirdParties says where a dependency may be imported. Test files are free. The linter
// (.golangci.yaml) has no rules of its own about this.
var thirdParties = map[string][]string{
	"github.com/ory/fosite":                      {"provider/engine"},
	"github.com/jackc/pgx":                       {"storage", "storage/", "internal/testservice", "internal/plintotest", "scripts/bench"},
	"github.com/redis/go-redis":                  {"storage", "internal/testservice", "scripts/bench"},
	"github.com/riverqueue/river":                {"storage/queue", "storage/schema"},
	"github.com/a-h/templ":                       {"ui", "ui/preview", "event/mail"},
	"github.com/alicebob/miniredis":              {"internal/embedded"},
	"github.com/pquerna/otp":                     {"identity/mfa"},
	"github.com/go-webauthn/webauthn":            {"identity/passkey"},
	"github.com/boombuler/barcode":               {"ui"},
	"github.com/ccojocar/zxcvbn-go":              {"internal/strength"},
	"github.com/oschwald/maxminddb-golang":       {"internal/place"},
	"github.com/spf13/cobra":                     {"cmd/plinto", "cmd/plinto/remote"},
	"github.com/gorilla/mux":                     {"cmd/plinto/app", "admin", "admin/api"},
	"github.com/oapi-codegen":                    {"admin", "admin/api", "client"},
	"golang.org/x/oauth2":                        {"client", "internal/playground", "cmd/plinto"},
	"github.com/coreos/go-oidc":                  {"internal/playground", "federation/oidc"},
	"github.com/russellhaering":                  {"federation/saml", "internal/fakesaml"},
	"github.com/beevik/etree":                    {"federation/saml", "internal/fakesaml"},
	"github.com/crewjam/saml":                    {},
	"github.com/santhosh-tekuri/jsonschema":      {"admin"},
	"gocloud.dev":                                {"internal/blobfile/s3"},
	"go.opentelemetry.io":                        {"internal/tracing", "internal/otlp", "internal/plintotest", "internal/fakecollector"},
	"google.golang.org/protobuf":                 {"internal/otlp", "internal/fakecollector"},
	"github.com/fergusstrange/embedded-postgres": {"internal/embedded"},
}

// module is how the paths of our packages begin, whatever go.mod calls it.
var module = strings.TrimSuffix(reflect.TypeFor[rule]().PkgPath(), "internal/rules")

type listed struct {
	ImportPath string
	Imports    []string
	Dir        string
	GoFiles    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Dir,GoFiles", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func matches(pattern, path string) bool {
	if pattern == "*" {
		return true
	}
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(path, pattern)
	}
	return path == pattern
}

func ruleFor(path string) (rule, bool) {
	for _, r := range rules {
		if r.path == path {
			return r, true
		}
	}
	for _, r := range rules {
		if strings.HasSuffix(r.path, "/") && strings.HasPrefix(path, r.path) {
			return r, true
		}
	}
	return rule{}, false
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		r, ok := ruleFor(path)
		if !ok {
			t.Errorf("%s is in no rule: give it a place in the picture", path)
			continue
		}
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				if !slices.ContainsFunc(r.may, func(m string) bool { return matches(m, ours) }) {
					t.Errorf("%s must not import %s", path, ours)
				}
				continue
			}
			for third, where := range thirdParties {
				if imported != third && !strings.HasPrefix(imported, third+"/") {
					continue
				}
				if !slices.ContainsFunc(where, func(w string) bool { return matches(w, path) }) {
					t.Errorf("%s must not import %s", path, imported)
				}
			}
		}
	}
}

// docs/architecture.md says of each package what it owns. That it names none that is not there is for
// TestDocs_namePathsAndIdentifiersThatExist to see.
func TestArchitecture_namesEveryPackage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		if !strings.HasPrefix(path, "scripts/") && !strings.Contains(string(page), "`"+path+"`") {
			t.Errorf("docs/architecture.md does not say what %s owns", path)
		}
	}
}

func TestPackagesForTests_areImportedByNothingElse(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		if slices.Contains(forTests, path) {
			seen++
			continue
		}
		for _, imported := range p.Imports {
			tool := strings.TrimPrefix(imported, module)
			if imported == "testing" || slices.Contains(forTests, tool) && path != "scripts/bench" && path != "scripts/examples" {
				t.Errorf("%s imports %s, which is for tests only", path, tool)
			}
		}
	}
	if seen != len(forTests) {
		t.Errorf("found %d of the packages %v", seen, forTests)
	}
}

// fosite is known to one file, so that what is used of it can be read in one place.
func TestFosite_isImportedByOneFile(t *testing.T) {
	t.Parallel()
	var found []string
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				if strings.HasPrefix(i.Path.Value, `"github.com/ory/fosite`) {
					found = append(found, strings.TrimPrefix(p.ImportPath, module)+"/"+name)
				}
			}
		}
	}
	if want := []string{"provider/engine/kernel.go"}; !slices.Equal(found, want) {
		t.Errorf("got %v, want %v", found, want)
	}
}

// Repositories store what a service decided. The service appends the events: so there is
// one place to look for what is recorded of a change.
func TestRepositories_appendNoEvents(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../storage/*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Append" {
				t.Errorf("%s appends events", file)
			}
			return true
		})
	}
}

// There is one statement that writes events and audit rows: what is recorded reaches
// subscribers, is sealed, and is bounded, whoever records it.
func TestEvents_areWrittenByOneStatementOnly(t *testing.T) {
	t.Parallel()
	writes := regexp.MustCompile(`(?i)INSERT\s+INTO\s+(events|audit_log)\b|COPY\s+(events|audit_log)\b`)
	var found []string
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range writes.FindAllString(string(text), -1) {
				found = append(found, strings.TrimPrefix(p.ImportPath, module)+"/"+name+": "+one)
			}
		}
	}
	if want := []string{"storage/outbox.go: INSERT INTO events", "storage/outbox.go: INSERT INTO audit_log"}; !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
}

// Whoever ends a session says why, and the end is told: identity.SessionEnder does both, so
// nobody goes past it. Deleting a user or a tenant ends sessions through it first.
func TestSessions_areEndedByOneServiceOnly(t *testing.T) {
	t.Parallel()
	ends := regexp.MustCompile(`\b[sS]essions\.(End|EndEvicted|EndExpired)\(|UPDATE sessions SET ended_at`)
	allowed, found := []string{"identity/sessionender.go", "storage/evictions.go", "storage/expiry.go", "storage/sessions.go"}, []string(nil)
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if ends.Match(text) {
				found = append(found, strings.TrimPrefix(p.ImportPath, module)+"/"+name)
			}
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, allowed) {
		t.Errorf("sessions are ended in %v, want %v only", found, allowed)
	}
}

// Codes of authenticator apps are shown by a page of plinto dev, and by nothing that plinto serve has: the
// pages of plinto dev are made there alone.
func TestShowings_areForDevelopmentAlone(t *testing.T) {
	t.Parallel()
	shows := regexp.MustCompile(`\.Showings\(|&devPages\{`)
	allowed, found := []string{"cmd/plinto/dev_authenticator.go", "cmd/plinto/dev_welcome.go"}, []string(nil)
	for _, p := range packages(t) {
		if strings.HasPrefix(p.ImportPath, module+"scripts/") {
			continue // no part of the program
		}
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if shows.Match(text) {
				found = append(found, strings.TrimPrefix(p.ImportPath, module)+"/"+name)
			}
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, allowed) {
		t.Errorf("codes are shown, or pages of plinto dev made, in %v, want %v only", found, allowed)
	}
}

func TestEveryPackage_saysWhatItOwns(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		doc := ""
		for _, name := range p.GoFiles {
			if strings.HasSuffix(name, "_templ.go") {
				continue // generators head their files with notes of their own
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			doc += f.Doc.Text()
		}
		if len(doc) < 40 && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment worth the name: %q", p.ImportPath, doc)
		}
	}
}
