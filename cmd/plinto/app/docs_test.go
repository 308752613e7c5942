package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plinto/admin"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// notServed are paths in pages that are no addresses of ours, by how they begin.
var notServed = []string{
	"/etc/", "/proc", "/run/", "/tmp", "/usr/", "/var/", "/plinto", // files
	"/v1/traces",                                            // of a collector
	"/admin/realms/", "/realm_access/roles", "/user/emails", // of identity providers
	"/oauth2/sign_out", // of oauth2-proxy
	"//",               // comments
}

// Addresses that pages name between backquotes are served: routes, operations of the management API, and what the
// operations listener and development have.
func TestDocs_nameAddressesThatAreServed(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{
		SignUp: tenant.SignUp{Enabled: true}, Registration: tenant.Registration{Mode: tenant.RegistrationOpen},
	}})
	contract, err := admin.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	served := append(append(s.App.Routes(), "/assets/{file}"), literals(t, "../../../internal/operations", "../../../ui/preview", "..")...)
	for _, op := range contract.Operations {
		served = append(served, op.Path)
	}
	address := regexp.MustCompile("`(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/[^` ]*)`")
	found := 0
	err = filepath.WalkDir("../../../docs", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range address.FindAllStringSubmatch(string(text), -1) {
			at, _, _ := strings.Cut(m[1], "?")
			if at == "/" || slices.ContainsFunc(notServed, func(p string) bool { return strings.HasPrefix(at, p) }) {
				continue
			}
			found++
			if !slices.ContainsFunc(served, func(template string) bool { return fits(template, at) }) {
				t.Errorf("%s: nothing answers at %s", filepath.Base(path), at)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 100 {
		t.Fatalf("only %d addresses: the search is broken", found)
	}
}

// literals are the paths that the source below directories has in strings.
func literals(t *testing.T, dirs ...string) (all []string) {
	t.Helper()
	path := regexp.MustCompile(`"(?:GET |POST )?(/[a-z][a-z/.]+)[{"?]`)
	for _, dir := range dirs {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range path.FindAllStringSubmatch(string(text), -1) {
				if !strings.HasSuffix(file, "_test.go") {
					all = append(all, m[1])
				}
			}
		}
	}
	return all
}

// fits compares a path with a template, whose {parts} stand for anything, as <parts>, {parts} and names of examples do
// in pages. A star at the end of a page's path stands for what follows, a slash or an ellipsis for all that is below.
func fits(template, at string) bool {
	at = strings.TrimPrefix(at, "/admin/v1")
	if above, all := strings.CutSuffix(strings.TrimSuffix(at, "…"), "/"); all {
		have := strings.Split(template, "/")
		return len(have) > strings.Count(above, "/")+1 && fits(strings.Join(have[:strings.Count(above, "/")+1], "/"), above)
	}
	at, more := strings.CutSuffix(at, "*")
	have, want := strings.Split(strings.Trim(template, "/"), "/"), strings.Split(strings.Trim(at, "/"), "/")
	if len(want) > 1 && want[0] == "t" { // below a tenant's path
		return len(want) == 2 || fits(template, "/"+strings.Join(want[2:], "/"))
	}
	if len(have) != len(want) {
		return false
	}
	for i := range have {
		switch {
		case strings.HasPrefix(have[i], "{") || have[i] == want[i] || want[i] == "…":
		case more && i == len(have)-1 && strings.HasPrefix(have[i], want[i]):
		default:
			return false
		}
	}
	return true
}

func TestFits_comparesPartByPart(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"/users/{id}/sessions": true, "/users/user_1/sessions": true, "/t/<slug>/users/x/sessions": true, "/users/x/sess*": true,
		"/users/": true, "/users/…": true, "/users/…/sessions": true, "/admin/v1/users/x/sessions": true,
		"/user/": false, "/users/x/sessions/…": false, "/users/x": false, "/users/x/session": false, "/user/x/sessions": false, "/users/x/sessions/y": false,
	} {
		if got := fits("/users/{user_id}/sessions", at); got != want {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
}
