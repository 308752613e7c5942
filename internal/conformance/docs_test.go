package conformance

import (
	"os"
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
