package conformance

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
)

func TestDocs_haveARowPerModule(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if !strings.Contains(string(page), "| "+m.name+" |") {
			t.Errorf("docs/conformance.md has no row for %s", m.name)
		}
	}
	// The modules of the other plans, some of which share a row.
	for name := range strings.FieldsSeq(`oidcc-discovery-endpoint-verification oidcc-idtoken-rs256 oidcc-idtoken-unsigned oidcc-userinfo-rs256
		oidcc-ensure-redirect-uri-in-authorization-request oidcc-redirect-uri-query-OK -mismatch -added oidcc-redirect-uri-regfrag
		oidcc-registration-logo-uri -policy-uri -tos-uri oidcc-registration-jwks-uri oidcc-registration-sector-uri -sector-bad
		oidcc-server-rotate-keys oidcc-refresh-token-rp-key-rotation oidcc-request-uri-signed-rs256 oidcc-request-uri-unsigned
		oidcc-unsigned-request-object oidcc-ensure-request-object-with-redirect-uri oidcc-ensure-client-assertion-with-iss-aud-succeeds
		oidcc-3rdparty-init-login oidcc-3rdparty-init-login-nohttps oidcc-rp-initiated-logout -no-state -bad-post-logout-redirect-uri
		-query-added-to-post-logout-redirect-uri -modified-id-token-hint -bad-id-token-hint -no-id-token-hint -no-params -only-state
		-no-post-logout-redirect-uri oidcc-frontchannel-rp-initiated-logout oidcc-backchannel-rp-initiated-logout
		oidcc-session-management-rp-initiated-logout oidcc-server-client-secret-jwt`) {
		if !strings.Contains(string(page), name) {
			t.Errorf("docs/conformance.md has nothing about %s", name)
		}
	}
}

// The tests that the documents name are there.
func TestDocs_nameTestsThatExist(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return cmp.Or(err, filepath.SkipDir)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, name := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
			found[string(name[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"protocol.md", "conformance.md"} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile("`(Test\\w+)").FindAllSubmatch(text, -1) {
			if !found[string(name[1])] {
				t.Errorf("docs/%s names %s, which is not there", page, name[1])
			}
		}
	}
}

// The file that prepares a tenant for the suite is one that plinto apply takes.
func TestDocs_theTenantForTheSuiteCanBeApplied(t *testing.T) {
	t.Parallel()
	const name = "../../docs/conformance.yaml"
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	declared, warnings, err := manifest.Parse(name, content)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	if len(declared.Tenants) != 1 || len(declared.Tenants[0].Clients) != 5 || len(declared.Tenants[0].Users) != 1 {
		t.Errorf("%+v", declared)
	}
}
