package rules

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"plinto/event"
	"plinto/tenant"
)

const top = "../.."

// written calls visit with the text of every file of the repository whose name ends
// like one of suffixes. Names are relative to the top of the repository.
func written(t *testing.T, visit func(name, text string), suffixes ...string) {
	t.Helper()
	visited := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") && name != ".." {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		visited++
		visit(filepath.ToSlash(rel), string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if visited == 0 {
		t.Fatalf("no file ends like %q: the search is broken", suffixes)
	}
}

// names holds everything that documents may name: paths of files and directories, the
// base names of files, and the identifiers of the source.
type names struct {
	paths, bases, words map[string]bool
}

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

func namesOf(t *testing.T) names {
	t.Helper()
	n := names{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	written(t, func(name, text string) {
		n.bases[filepath.Base(name)] = true
		for p := name; p != "."; p = filepath.ToSlash(filepath.Dir(p)) {
			n.paths[p] = true
		}
		if strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, "internal/rules/") {
			for _, w := range word.FindAllString(text, -1) {
				n.words[w] = true
			}
		}
	}, "")
	return n
}

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// ours matches a path below one of our directories, with what follows it.
	ours = regexp.MustCompile(`^(?:cmd|docs|event|identity|internal|migrations|organization|provider|scripts|storage|tenant|tools|ui)/[A-Za-z0-9_./-]+`)
	// file matches the name of a file alone.
	file = regexp.MustCompile(`^[a-z0-9_]+\.(?:go|templ|sql|sh|yaml|json)$`)
	// member matches package.Name, package.Type.Name or Type.Name.
	member = regexp.MustCompile(`^(?:[a-z]+\.)?[A-Za-z]+\.[A-Z][A-Za-z0-9]+$`)
)

// TestDocs_namePathsAndIdentifiersThatExist looks up what pages put in backquotes and
// what looks like ours: paths, files, and identifiers with their package or type.
func TestDocs_namePathsAndIdentifiersThatExist(t *testing.T) {
	t.Parallel()
	n := namesOf(t)
	found := 0
	written(t, func(name, text string) {
		for _, q := range quoted.FindAllStringSubmatch(text, -1) {
			s := strings.TrimSuffix(q[1], "()")
			switch {
			case strings.ContainsAny(s, "*<>"): // a pattern
			case ours.MatchString(s):
				found++
				path, member := cutMember(n, strings.TrimRight(ours.FindString(s), "/."))
				if !n.paths[path] {
					t.Errorf("%s: there is no %s", name, path)
				}
				if member != "" && !n.words[member] {
					t.Errorf("%s: %s has no %s", name, path, member)
				}
			case file.MatchString(s):
				found++
				if !n.bases[s] && !strings.HasPrefix(s, "my.") && s != "plinto.yaml" {
					t.Errorf("%s: there is no file %s", name, s)
				}
			case member.MatchString(s):
				found++
				for _, part := range strings.Split(s, ".") {
					if !n.words[part] {
						t.Errorf("%s: nothing in the source is called %s (%s)", name, part, s)
					}
				}
			}
		}
	}, ".md")
	if found < 50 {
		t.Fatalf("only %d names found in the pages: the search is broken", found)
	}
}

// cutMember splits pages/signin.Handler.Submit into the path and the last name.
func cutMember(n names, s string) (path, last string) {
	if n.paths[s] {
		return s, ""
	}
	slash := strings.LastIndex(s, "/")
	base, rest, ok := strings.Cut(s[slash+1:], ".")
	if !ok || rest == "" || strings.ToUpper(rest[:1]) != rest[:1] {
		return s, ""
	}
	return s[:slash+1] + base, rest[strings.LastIndex(rest, ".")+1:]
}

// TestDocs_linksLeadSomewhere follows every relative link, and its anchor into the
// headings of the page it leads to.
func TestDocs_linksLeadSomewhere(t *testing.T) {
	t.Parallel()
	anchors := map[string][]string{}
	heading := regexp.MustCompile(`(?m)^#+ (.+)$`)
	written(t, func(name, text string) {
		for _, h := range heading.FindAllStringSubmatch(text, -1) {
			anchors[name] = append(anchors[name], anchor(h[1]))
		}
	}, ".md")
	written(t, func(name, text string) {
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			path, fragment, _ := strings.Cut(l[1], "#")
			target := name
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), path))
			}
			if _, err := os.Stat(filepath.Join(top, target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, l[1])
			}
			if fragment != "" && !slices.Contains(anchors[target], fragment) {
				t.Errorf("%s: %s has no heading for #%s", name, target, fragment)
			}
		}
	}, ".md")
}

// anchor is the fragment that GitHub makes of a heading.
func anchor(heading string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.ToLower(heading))
	return kept
}

var setting = regexp.MustCompile(`PLINTO_[A-Z0-9_]*[A-Z0-9]`)

// notOurs are variables that Kubernetes sets for a Service of our name, and those of commands that work
// on a server (docs/command-line.md): no settings of an installation.
var notOurs = []string{"PLINTO_PORT", "PLINTO_SERVICE_HOST", "PLINTO_API_KEY", "PLINTO_PROFILE", "PLINTO_SERVER"}

// TestDocs_nameTheSettingsThatExist compares the variables of docs/operations.md with
// those of the configuration, in both directions.
func TestDocs_nameTheSettingsThatExist(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join(top, "cmd/plinto/config.go"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, tag := range regexp.MustCompile(`env:"(PLINTO_[A-Z_]+)`).FindAllStringSubmatch(string(config), -1) {
		known[tag[1]] = true
	}
	if len(known) < 10 {
		t.Fatalf("only %d settings found: the search is broken", len(known))
	}
	operations := ""
	written(t, func(name, text string) {
		if name == "docs/operations.md" {
			operations = text
		}
		for _, s := range setting.FindAllString(text, -1) {
			if !known[s] && !known[strings.TrimSuffix(s, "_FILE")] && !slices.Contains(notOurs, s) {
				t.Errorf("%s: there is no setting %s", name, s)
			}
		}
	}, ".md", ".service", ".env")
	for s := range known {
		if !strings.Contains(operations, "`"+s+"`") {
			t.Errorf("docs/operations.md does not say what %s is", s)
		}
	}
}

// TestDocs_nameEverySettingOfATenant compares the first table of docs/tenants.md with the
// fields of tenant.Settings, in both directions.
func TestDocs_nameEverySettingOfATenant(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs/tenants.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(string(page), -1)
	var described, fields []string
	for _, row := range rows {
		described = append(described, row[1])
	}
	for f := range reflect.TypeFor[tenant.Settings]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		fields = append(fields, name)
	}
	slices.Sort(described)
	slices.Sort(fields)
	if !slices.Equal(described, fields) {
		t.Errorf("docs/tenants.md describes %v, want %v", described, fields)
	}
}

// TestComments_citeAttacksOfThePage holds that an attack id in the source is a row of
// docs/attacks.md, and that no id has two rows.
func TestComments_citeAttacksOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs/attacks.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	classes := map[string]bool{}
	id := regexp.MustCompile(`\b([A-Z]{3})-([0-9]{2})\b`)
	span := regexp.MustCompile(`\b([A-Z]{3})-([0-9]{2}) – [A-Z]{3}-([0-9]{2})\b`)
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 6 {
			continue
		}
		for _, m := range id.FindAllStringSubmatch(cells[1], -1) {
			if rows[m[0]] && !strings.Contains(cells[1], "–") {
				t.Errorf("docs/attacks.md has two rows %s", m[0])
			}
			rows[m[0]], classes[m[1]] = true, true
		}
		for _, m := range span.FindAllStringSubmatch(cells[1], -1) {
			for i := 1; i < 100; i++ {
				if nn := fmt.Sprintf("%02d", i); nn >= m[2] && nn <= m[3] {
					rows[m[1]+"-"+nn] = true
				}
			}
		}
	}
	if len(rows) < 100 {
		t.Fatalf("only %d rows found: the search is broken", len(rows))
	}
	written(t, func(name, text string) {
		for _, m := range id.FindAllStringSubmatch(text, -1) {
			if classes[m[1]] && !rows[m[0]] {
				t.Errorf("%s cites %s, which docs/attacks.md does not have", name, m[0])
			}
		}
	}, ".go")
}

// TestComments_citePagesThatExist holds that a page or decision named in the source is
// in the repository.
func TestComments_citePagesThatExist(t *testing.T) {
	t.Parallel()
	n := namesOf(t)
	numbers := map[string]bool{}
	entries, err := os.ReadDir(filepath.Join(top, "docs/decisions"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		numbers[e.Name()[:4]] = true
	}
	cited := regexp.MustCompile(`[A-Za-z0-9_/-]+\.md\b`)
	decision := regexp.MustCompile(`(?i)\bdecisions?[ /]([0-9]{4})\b`)
	written(t, func(name, text string) {
		if strings.HasPrefix(name, "internal/rules/") {
			return
		}
		for _, p := range cited.FindAllString(text, -1) {
			if p = strings.TrimPrefix(p, "/"); !n.paths[p] && !n.bases[p] {
				t.Errorf("%s cites %s, which is not here", name, p)
			}
		}
		for _, m := range decision.FindAllStringSubmatch(text, -1) {
			if !numbers[m[1]] {
				t.Errorf("%s cites decision %s, which is not here", name, m[1])
			}
		}
	}, ".go", ".templ", ".sql", ".yaml", ".sh", ".js", ".css", "Makefile")
}

// TestRules_areAboutWhatExists holds that no rule is about a package that is gone, or
// lets a module into a package that does not import it.
func TestRules_areAboutWhatExists(t *testing.T) {
	t.Parallel()
	all := packages(t)
	exists := func(pattern string) bool {
		return pattern == "*" || slices.ContainsFunc(all, func(p listed) bool { return matches(pattern, strings.TrimPrefix(p.ImportPath, module)) })
	}
	for _, r := range rules {
		for _, pattern := range append([]string{r.path}, r.may...) {
			if !exists(pattern) {
				t.Errorf("the rule for %s names %s, which does not exist", r.path, pattern)
			}
		}
	}
	for third, where := range thirdParties {
		for _, pattern := range where {
			if !slices.ContainsFunc(all, func(p listed) bool {
				return matches(pattern, strings.TrimPrefix(p.ImportPath, module)) && slices.ContainsFunc(p.Imports, func(i string) bool {
					return i == third || strings.HasPrefix(i, third+"/")
				})
			}) {
				t.Errorf("%s may import %s, and does not", pattern, third)
			}
		}
	}
}

// TestDocs_nameEveryEvent holds that the table of the audit log in docs/operations.md has
// every type of event that the server appends, and no other.
func TestDocs_nameEveryEvent(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs/operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{} // names of Go types
	written(t, func(name, text string) {
		for _, m := range regexp.MustCompile(`\bevent\.([A-Z]\w+)`).FindAllStringSubmatch(text, -1) {
			used[m[1]] = used[m[1]] || !strings.HasSuffix(name, "_test.go")
		}
	}, ".go")
	types := map[string]bool{}
	for _, fact := range event.Types() {
		types[string(fact.Type())] = true
		if name := reflect.TypeOf(fact).Name(); !used[name] {
			t.Errorf("nobody appends event.%s", name)
		}
	}
	_, table, _ := strings.Cut(string(page), "| `type` | when |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	listed := map[string]bool{}
	for _, row := range strings.Split(table, "\n") {
		subject := ""
		for _, q := range quoted.FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			if strings.HasPrefix(q[1], ".") { // `client.created`, `.updated`
				q[1] = subject + q[1]
			}
			subject, _, _ = strings.Cut(q[1], ".")
			if strings.Contains(q[1], ".") && !types[q[1]] {
				t.Errorf("docs/operations.md: there is no event %s", q[1])
			}
			listed[q[1]] = true
		}
	}
	for name := range types {
		if !listed[name] {
			t.Errorf("docs/operations.md does not say when %s is appended", name)
		}
	}
}
