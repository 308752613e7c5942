package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDecisions_areIndexed holds that docs/decisions/README.md lists each decision under its
// title, with a status that says who amends it.
func TestDecisions_areIndexed(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile(filepath.Join(top, "docs/decisions/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(top, "docs/decisions/[0-9]*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d decisions, %v", len(pages), err)
	}
	amended := regexp.MustCompile(`(?m)^Amended by (\[[0-9]{4}\]\([^)]*\))`)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(page)
		title, _, _ := strings.Cut(strings.TrimPrefix(string(text), "# "), "\n")
		status := "holds"
		if m := amended.FindSubmatch(text); m != nil {
			status = "amended by " + string(m[1])
		}
		if row := fmt.Sprintf("| [%s](%s) | %s | %s |\n", name[:4], name, title, status); !strings.Contains(string(index), row) {
			t.Errorf("the index has no row %s", row)
		}
	}
	if rows := strings.Count(string(index), "\n| ["); rows != len(pages) {
		t.Errorf("the index has %d rows, want %d", rows, len(pages))
	}
}
