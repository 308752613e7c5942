package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// A control whose defence moved or whose test was renamed proves nothing any more.
func TestControls_standWhereTheyPoint(t *testing.T) {
	t.Parallel()
	source := sourceTree(t)
	for _, c := range all() {
		if err := c.check(source); err != nil {
			t.Errorf("%s, %s: %v", c.attacks, c.test, err)
		}
	}
}

func TestCheck_noticesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	source := sourceTree(t)
	good := control{attacks: "X-01", pkg: "scripts/controls", test: "TestCheck_noticesWhatDoesNotFit", edits: []edit{{"scripts/controls/control.go", "return files, nil", "return nil, nil"}}}
	if err := good.check(source); err != nil {
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
		"no such test": func(c *control) { c.test = "TestNobody_wroteThis" },
	} {
		c := good
		change(&c)
		if c.check(source) == nil {
			t.Errorf("%s: nobody noticed", name)
		}
	}
}

func sourceTree(t *testing.T) *tree {
	t.Helper()
	source, err := readTree(root)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// Moving code breaks no control.
func TestLocate_findsWhatMoved(t *testing.T) {
	t.Parallel()
	source := &tree{root: t.TempDir(), files: map[string][]byte{
		"a/new.go": []byte("if ok {"), "a/other.go": []byte("if !ok {"), "b/twice.go": []byte("both"), "b/again.go": []byte("both"),
	}, tests: map[string][]string{"TestMoved": {"b"}, "TestTwice": {"a", "b"}}}
	for name, c := range map[string]struct {
		control control
		want    string // file and package; "" for none
	}{
		"where it was":         {control{pkg: "b", test: "TestMoved", edits: []edit{{"a/new.go", "if ok {", ""}}}, "a/new.go b"},
		"moved":                {control{pkg: "a", test: "TestMoved/one", edits: []edit{{"a/gone.go", "if ok {", ""}}}, "a/new.go b"},
		"out of a file":        {control{pkg: "a", test: "TestMoved", edits: []edit{{"a/other.go", "if ok {", ""}}}, "a/new.go b"},
		"in two places":        {control{pkg: "b", test: "TestMoved", edits: []edit{{"a/gone.go", "both", ""}}}, ""},
		"nowhere":              {control{pkg: "b", test: "TestMoved", edits: []edit{{"a/new.go", "no more", ""}}}, ""},
		"a test in two places": {control{pkg: "c", test: "TestTwice", edits: []edit{{"a/new.go", "if ok {", ""}}}, ""},
		"one of the two":       {control{pkg: "a", test: "TestTwice", edits: []edit{{"a/new.go", "if ok {", ""}}}, "a/new.go a"},
		"no test":              {control{pkg: "a", test: "TestGone", edits: []edit{{"a/new.go", "if ok {", ""}}}, ""},
	} {
		got := ""
		if err := source.locate(&c.control); err == nil {
			got = c.control.edits[0].file + " " + c.control.pkg
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
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
	declared, controlled := sourceTree(t).tests, map[string]bool{}
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
			if len(declared[name]) == 0 {
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

func TestShard_partsAreTheWhole(t *testing.T) {
	t.Parallel()
	whole := all()
	for _, n := range []int{1, 2, 5, len(whole) + 3} {
		var together []control
		for k := 1; k <= n; k++ {
			part, err := shard(whole, fmt.Sprintf("%d/%d", k, n))
			if err != nil {
				t.Fatal(err)
			}
			together = append(together, part...)
		}
		if !slices.EqualFunc(together, whole, func(a, b control) bool { return a.attacks == b.attacks && a.test == b.test }) {
			t.Errorf("%d parts are %d controls of %d", n, len(together), len(whole))
		}
	}
	for _, wrong := range []string{"", "2", "0/2", "3/2", "a/b", "1/0"} {
		if _, err := shard(whole, wrong); err == nil {
			t.Errorf("-shard %q was taken", wrong)
		}
	}
}
