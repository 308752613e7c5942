package explain

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/errors.md")

// docs/errors.md has each code with the words that plinto explain has for it.
func TestErrorsPage_hasEveryCode(t *testing.T) {
	t.Parallel()
	const page, row = "../../docs/errors.md", "|---|---|---|\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for heading, all := range map[string]map[string]words{
		"What clients are answered": protocolWords, "What pages show and logs hold": serverWords,
		"The management API": managementWords, "Organizations": organizationWords, "Identity providers": federationWords,
	} {
		before, after, found := strings.Cut(want, "\n## "+heading+"\n")
		intro, table, hasTable := strings.Cut(after, row)
		_, rest, _ := strings.Cut("\n"+table, "\n\n")
		if !found || !hasTable || len(all) < 20 {
			t.Fatalf("%s: there is no such table, or there are only %d codes", heading, len(all))
		}
		want = before + "\n## " + heading + "\n" + intro + row + tableOf(all) + "\n" + rest
	}
	switch {
	case string(text) == want:
	case *update:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("docs/errors.md is old: go test ./event/explain -run ErrorsPage -args -update")
	}
}

func tableOf(all map[string]words) string {
	var b strings.Builder
	for _, code := range slices.Sorted(maps.Keys(all)) {
		w := all[code]
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, w.cause, w.remedy)
	}
	return b.String()
}
