package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// A control whose defence moved or whose test was renamed proves nothing any more.
func TestControls_standWhereTheyPoint(t *testing.T) {
	t.Parallel()
	for _, c := range all() {
		if err := c.check(root); err != nil {
			t.Errorf("%s, %s: %v", c.attacks, c.test, err)
		}
	}
}

func TestCheck_noticesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	good := control{attacks: "X-01", pkg: "scripts/controls", test: "TestCheck_noticesWhatDoesNotFit", edits: []edit{{"scripts/controls/control.go", "return files, nil", "return nil, nil"}}}
	if err := good.check(root); err != nil {
		t.Fatalf("control: %v", err)
	}
	for name, change := range map[string]func(*control){
		"no attack":           func(c *control) { c.attacks = "" },
		"no edit":             func(c *control) { c.edits = nil },
		"a defence that left": func(c *control) { c.edits = []edit{{"scripts/controls/control.go", "no such " + "text", "x"}} },
		"a defence twice":     func(c *control) { c.edits = []edit{{"scripts/controls/control.go", "return nil, fmt.Errorf(", "x"}} },
		"no such file":        func(c *control) { c.edits = []edit{{"nowhere.go", "a", "b"}} },
		"no Go any more": func(c *control) {
			c.edits = []edit{{"scripts/controls/control.go", "return files, nil", "return files, nil }"}}
		},
		"no such test":     func(c *control) { c.test = "TestNobody_wroteThis" },
		"a test elsewhere": func(c *control) { c.pkg = "scripts/bench" },
	} {
		c := good
		change(&c)
		if c.check(root) == nil {
			t.Errorf("%s: nobody noticed", name)
		}
	}
}

func TestJudge_tellsAFailedTestFromNone(t *testing.T) {
	t.Parallel()
	exit := exec.Command(filepath.Join(os.TempDir(), "no such program")).Run() // any error will do
	var fail error = &exec.ExitError{}
	for name, c := range map[string]struct {
		output string
		err    error
		says   string
		want   outcome
	}{
		"failed":              {"--- FAIL: TestX (0.1s)\n x_test.go:1: a is not b\nFAIL\tplinto/x", fail, "", killed},
		"failed as it must":   {"--- FAIL: TestX (0.1s)\n x_test.go:1: a is not b\nFAIL\tplinto/x", fail, "a is not b", killed},
		"failed otherwise":    {"--- FAIL: TestX (0.1s)\n x_test.go:1: c is not d\nFAIL\tplinto/x", fail, "a is not b", survived},
		"passed":              {"ok  \tplinto/x\t0.1s", nil, "", survived},
		"not compiled":        {"# plinto/x\nx.go:1: declared and not used\nFAIL\tplinto/x [build failed]", fail, "", broken},
		"not set up":          {"FAIL\tplinto/x [setup failed]", fail, "", broken},
		"not there":           {"testing: warning: no tests to run\nok  \tplinto/x\t0.1s [no tests to run]", nil, "", broken},
		"without end":         {"panic: test timed out after 5m\n--- FAIL: TestX", fail, "", broken},
		"without any verdict": {"signal: killed", fail, "", broken},
		"without go":          {"", errors.Join(exit), "", broken},
	} {
		one := control{says: c.says}
		if got := one.judge([]byte(c.output), c.err); got.outcome != c.want {
			t.Errorf("%s: %v, want %v", name, got.outcome, c.want)
		}
	}
}

// The page says "yes" where there is a control and nowhere else, and names tests
// that exist.
func TestDocs_sayWhatIsControlled(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "attacks.md"))
	if err != nil {
		t.Fatal(err)
	}
	declared, controlled := tests(t), map[string]bool{}
	for _, c := range all() {
		for _, id := range c.ids() {
			controlled[id] = true
		}
	}
	rows := map[string]bool{}
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 5 || !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| id") {
			continue
		}
		for _, name := range regexp.MustCompile(`Test\w+`).FindAllString(cells[3], -1) {
			if !declared[name] {
				t.Errorf("%s: there is no %s", cells[0], name)
			}
		}
		said := strings.HasPrefix(cells[4], "yes")
		for _, id := range strings.Split(strings.TrimPrefix(cells[0], "| "), ", ") {
			rows[id] = true
			if said != controlled[id] {
				t.Errorf("%s: the page says %q, there is a control: %v", id, cells[4], controlled[id])
			}
		}
	}
	for id := range controlled {
		if !rows[id] {
			t.Errorf("the page has no row for %s", id)
		}
	}
	if len(rows) < 130 {
		t.Errorf("only %d rows", len(rows))
	}
}

// tests returns the names of all tests.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
