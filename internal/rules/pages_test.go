package rules

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// typed returns what a page has between backquotes, and the lines of its blocks of code.
func typed(text string) (all []string) {
	fenced := false
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			all = append(all, trimmed)
		default:
			for _, q := range quoted.FindAllStringSubmatch(line, -1) {
				all = append(all, q[1])
			}
		}
	}
	return all
}

// TestDocs_linksElsewhereAreWellFormed looks at links to others without following them: a test asks nobody.
func TestDocs_linksElsewhereAreWellFormed(t *testing.T) {
	t.Parallel()
	found := 0
	written(t, func(name, text string) {
		for _, l := range link.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(l[1], "://") {
				continue
			}
			found++
			if u, err := url.Parse(l[1]); err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || !strings.Contains(u.Host, ".") {
				t.Errorf("%s: %s is no address of a page", name, l[1])
			}
		}
	}, ".md")
	if found < 10 {
		t.Fatalf("only %d links found: the search is broken", found)
	}
}

// TestDocs_nameTargetsOfTheMakefile holds that each `make …` of a page is there.
func TestDocs_nameTargetsOfTheMakefile(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	goal, found := regexp.MustCompile(`^[a-z][a-z-]*$`), 0
	written(t, func(name, text string) {
		for _, c := range typed(text) {
			goals, ok := strings.CutPrefix(c, "make ")
			for w := range strings.FieldsSeq(goals) {
				if !ok || !goal.MatchString(w) {
					break // variables and comments come last
				}
				found++
				if !targets[w] {
					t.Errorf("%s: there is no make %s (%s)", name, w, c)
				}
			}
		}
	}, ".md")
	if found < 30 {
		t.Fatalf("only %d targets found: the search is broken", found)
	}
}

// TestDocs_nameMetricsThatExist holds that what pages call like a metric is one of docs/metrics.md, which a test of
// cmd/plinto compares with the program, or a word of the source.
func TestDocs_nameMetricsThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	metric := regexp.MustCompile(`\bplinto_[a-z_]*[a-z]\b`)
	written(t, func(name, text string) {
		if strings.HasPrefix(name, "internal/rules/") || strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, m := range metric.FindAllString(text, -1) {
			known[m] = true
		}
	}, ".go", ".sql", ".yaml")
	table := 0
	written(t, func(name, text string) {
		for _, m := range regexp.MustCompile("(?m)^\\| `(plinto_[a-z_]+)` \\|").FindAllStringSubmatch(text, -1) {
			if name == "docs/metrics.md" {
				known[m[1]] = true
				table++
			}
		}
	}, ".md")
	if table < 40 {
		t.Fatalf("only %d metrics found in docs/metrics.md: the search is broken", table)
	}
	written(t, func(name, text string) {
		for _, m := range metric.FindAllString(text, -1) {
			base := m
			for _, part := range []string{"_bucket", "_sum", "_count"} { // of histograms
				base = strings.TrimSuffix(base, part)
			}
			if !known[m] && !known[base] {
				t.Errorf("%s: there is no metric %s", name, m)
			}
		}
	}, ".md")
}

// testsOf returns the names of all tests of the repository.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	written(t, func(_, text string) {
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(text, -1) {
			all[m[1]] = true
		}
	}, "_test.go")
	return all
}

// TestDocs_nameTestsThatAreThere holds that a test that a page names as proof exists, whatever the page.
func TestDocs_nameTestsThatAreThere(t *testing.T) {
	t.Parallel()
	tests, found := testsOf(t), 0
	written(t, func(name, text string) {
		if name == "CHANGELOG.md" { // of versions that had others
			return
		}
		for _, m := range regexp.MustCompile(`\bTest[A-Z][A-Za-z0-9]*_\w+`).FindAllString(text, -1) {
			found++
			if !tests[m] {
				t.Errorf("%s: there is no test %s", name, m)
			}
		}
	}, ".md")
	if found < 500 {
		t.Fatalf("only %d tests found in the pages: the search is broken", found)
	}
}

// asvs are the levels of the requirements of OWASP ASVS 5.0.0, chapters V6, V7, V9 and V10: a digit each, in order.
var asvs = []struct{ section, levels string }{
	{"6.1", "122"},
	{"6.2", "111111112222"},
	{"6.3", "11223333"},
	{"6.4", "112233"},
	{"6.5", "22222333"},
	{"6.6", "2223"},
	{"6.7", "33"},
	{"6.8", "2222"},
	{"7.1", "222"},
	{"7.2", "1111"},
	{"7.3", "22"},
	{"7.4", "11222"},
	{"7.5", "223"},
	{"7.6", "22"},
	{"9.1", "111"},
	{"9.2", "1222"},
	{"10.1", "22"},
	{"10.2", "223"},
	{"10.3", "22223"},
	{"10.4", "1111122222233333"},
	{"10.5", "22222"},
	{"10.6", "22"},
	{"10.7", "222"},
}

// TestSecurityModel_answersEachRequirement holds that docs/security-model.md has a row for each requirement of these
// chapters, in order and with its level; that what is met names a test or a file, and what is not says why.
func TestSecurityModel_answersEachRequirement(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(top, "docs/security-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| (\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(string(page), -1)
	var want, got []string
	states := map[string]int{"met": 0, "by setting": 0, "partly": 0, "not met": 0, "not applicable": 0}
	for _, s := range asvs {
		for i, level := range s.levels {
			want = append(want, fmt.Sprintf("%s.%d level %c", s.section, i+1, level))
		}
	}
	proof := regexp.MustCompile("\\bTest[A-Z]\\w+|\\]\\(|`[a-z]+/[a-z/_.]+`")
	for _, row := range rows {
		got = append(got, row[1]+" level "+row[2])
		state := strings.TrimSpace(row[4])
		if _, known := states[state]; !known {
			t.Errorf("%s is %q", row[1], state)
		}
		states[state]++
		switch {
		case (state == "met" || state == "by setting") && !proof.MatchString(row[5]):
			t.Errorf("%s is %s, and nothing shows it", row[1], state)
		case len(strings.TrimSpace(row[5])) < 20:
			t.Errorf("%s is %s for no reason", row[1], state)
		}
	}
	for state, n := range states {
		if !strings.Contains(string(page), fmt.Sprintf("\n| %s | %d |\n", state, n)) {
			t.Errorf("the table of states does not say that %d rows are %s", n, state)
		}
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("%d rows, want %d; the first that differs is number %d", len(got), len(want), i+1)
			}
		}
	}
}

// TestTroubleshooting_knowsWhatPeopleAndDoctorSay holds that docs/troubleshooting.md has the title of each page that says that
// something went wrong, and each check of plinto doctor.
func TestTroubleshooting_knowsWhatPeopleAndDoctorSay(t *testing.T) {
	t.Parallel()
	page, english, checks := "", map[string]string{}, map[string]bool{}
	written(t, func(name, text string) {
		switch name {
		case "docs/troubleshooting.md":
			page = text
		case "ui/locales/en.json":
			if err := json.Unmarshal([]byte(text), &english); err != nil {
				t.Fatal(err)
			}
		}
	}, ".md", ".json")
	titles := 0
	for key, title := range english {
		if (strings.HasPrefix(key, "error.") || strings.HasPrefix(key, "provider.")) && strings.HasSuffix(key, ".title") && key != "provider.connect.title" { // a question
			titles++
			if title = strings.ReplaceAll(title, "{provider}", "…"); !strings.Contains(page, "“"+title+"”") {
				t.Errorf("docs/troubleshooting.md says nothing of “%s”", title)
			}
		}
	}
	check := regexp.MustCompile(`(?:d\.(?:ok|warn|fail)\((?:fmt\.Sprintf\()?|\b(?:check|name)(?:, remedy)? := )"([A-Za-z ]+)`)
	written(t, func(name, text string) {
		if strings.HasPrefix(name, "cmd/plinto/doctor") && !strings.HasSuffix(name, "_test.go") {
			for _, m := range check.FindAllStringSubmatch(text, -1) {
				checks[strings.TrimSpace(m[1])] = true
			}
		}
	}, ".go")
	for name := range checks {
		if !strings.Contains(page, "`"+name) {
			t.Errorf("docs/troubleshooting.md says nothing of what plinto doctor calls %q", name)
		}
	}
	if titles < 15 || len(checks) < 14 {
		t.Fatalf("only %d titles and %d checks: the search is broken", titles, len(checks))
	}
}
