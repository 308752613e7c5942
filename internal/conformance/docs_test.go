package conformance

import (
	"os"
	"strings"
	"testing"
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
