package schema

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/database.md has each table with its key, and each table whose changes are announced; and no others.
func TestDatabasePage_knowsEveryTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	conn := catalog(t)
	for name, want := range map[string]struct {
		page *regexp.Regexp // table, and what the page says of it
		sql  string         // the same of the catalog
	}{
		"tables": {regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|[^|]+\\| ([^|]+) \\|[^|]+\\|[^|]+\\|[^|]+\\|$"), `
			SELECT c.relname || ': ' || coalesce((
				SELECT string_agg('` + "`' || a.attname || '`" + `', ', ' ORDER BY k.n)
				FROM pg_index x, unnest(x.indkey) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a USING (attnum)
				WHERE x.indrelid = coalesce(p.inhrelid, c.oid) AND x.indisprimary AND a.attrelid = x.indrelid AND a.attname <> 'tenant_id'), 'the tenant alone')
			FROM pg_class c LEFT JOIN LATERAL (SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid LIMIT 1) p ON true
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`},
		"announcements": {regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]+()\\|$"), `
			SELECT DISTINCT c.relname || ': ' FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc f ON f.oid = g.tgfoid
			WHERE c.relnamespace = 'public'::regnamespace AND f.proname = 'announce_change' AND NOT c.relispartition`},
	} {
		_, section, _ := strings.Cut(string(text), "\n## "+strings.ToUpper(name[:1])+name[1:]+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		var said []string
		for _, row := range want.page.FindAllStringSubmatch(section, -1) {
			said = append(said, row[1]+": "+row[2])
		}
		found := rows(t, conn, want.sql)
		if len(found) < 10 {
			t.Fatalf("%s: only %d in the catalog: the search is broken", name, len(found))
		}
		for _, one := range found {
			if !slices.Contains(said, one) {
				t.Errorf("%s: docs/database.md does not say %s", name, one)
			}
		}
		for i, one := range said {
			if !slices.Contains(found, one) || slices.Contains(said[:i], one) {
				t.Errorf("%s: docs/database.md says %s, which the catalog does not, or says it twice", name, one)
			}
		}
	}
}
