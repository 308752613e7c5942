package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

const config = `{"config":{"protocol_version":"v1.0.0","db_last_modified":"2026-11-05T00:00:00Z","go_version":"go1.26.11","scan_level":"symbol"}}`

// written has one vulnerability of each reach, told as govulncheck does: the same ones at every level.
const written = config + `
{"progress":{"message":"Checking"}}
{"osv":{"id":"GO-2026-0001","aliases":["CVE-2026-1"]}}
{"finding":{"osv":"GO-2026-0001","fixed_version":"v1.2.0","trace":[{"module":"example.com/a","version":"v1.1.0"}]}}
{"finding":{"osv":"GO-2026-0002","trace":[{"module":"example.com/b","version":"v1.0.0"}]}}
{"finding":{"osv":"GO-2026-0002","trace":[{"module":"example.com/b","version":"v1.0.0","package":"example.com/b/c"}]}}
{"finding":{"osv":"GO-2026-0003","fixed_version":"v1.26.12","trace":[{"module":"stdlib","version":"v1.26.11"}]}}
{"finding":{"osv":"GO-2026-0003","fixed_version":"v1.26.12","trace":[{"module":"stdlib","version":"v1.26.11","package":"net/url"}]}}
{"finding":{"osv":"GO-2026-0003","fixed_version":"v1.26.12","trace":[{"module":"stdlib","version":"v1.26.11","package":"net/url","function":"Parse","receiver":"*URL"},{"module":"plinto","package":"plinto/internal/egress","function":"Check"}]}}
`

func read(t *testing.T, text string) *report {
	t.Helper()
	rep, err := readReport(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func empty(t *testing.T) *document {
	t.Helper()
	d, err := parseDocument([]byte(`{"@context":"` + vexContext + `","@id":"urn:uuid:1","author":"us","timestamp":"2026-11-30T00:00:00Z","version":1,"statements":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReport_takesTheNearestOfEachVulnerability(t *testing.T) {
	t.Parallel()
	found := read(t, written).found
	if len(found) != 3 || found[0].reach != required || found[1].reach != imported || found[2].reach != called {
		t.Fatalf("found %v", found)
	}
	if got := summary(found); got != "1 called, 1 linked and not called, 1 not linked" {
		t.Errorf("summary: %s", got)
	}
	if found[2].path != "plinto/internal/egress.Check → net/url.URL.Parse" {
		t.Errorf("path: %s", found[2].path)
	}
}

// A scan that did not take place finds nothing, and must not pass for a clean one.
func TestReport_isNeededWhole(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":          "",
		"cut off":          written[:len(written)-9],
		"modules only":     strings.Replace(config, `"symbol"`, `"module"`, 1),
		"another protocol": strings.Replace(config, "v1.0.0", "v2.0.0", 1),
	} {
		if _, err := readReport(strings.NewReader(text)); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// What is found needs a statement that fits, and every statement needs what it is about.
func TestVEX_explainsWhatIsFoundAndNothingElse_DEP_01(t *testing.T) {
	t.Parallel()
	found := read(t, written).found
	d := empty(t)
	if problems := d.check(found); len(problems) != 3 || !strings.Contains(problems[2], "nothing explains GO-2026-0003 in stdlib@v1.26.11, mended in v1.26.12, called: ") {
		t.Fatalf("without statements: %q", problems)
	}
	d.explain(found, time.Now())
	if problems := d.check(found); len(problems) != 1 || !strings.Contains(problems[0], "GO-2026-0003") {
		t.Fatalf("what is called was explained by a program: %q", problems)
	}
	byHand := found[2].statement
	found[2].reach = imported // for the words of a statement
	s := byHand()
	found[2].reach, s.Justification, s.Impact = called, "vulnerable_code_cannot_be_controlled_by_adversary", "Only addresses of the operator are read by it."
	d.Statements = append(d.Statements, s)
	if problems := d.check(found); len(problems) > 0 {
		t.Fatalf("explained: %q", problems)
	}
	for name, change := range map[string]func(*document, []finding) []finding{
		"is explained, and not found": func(_ *document, f []finding) []finding { return f[1:] },
		"GO-2026-0002 says":           func(_ *document, f []finding) []finding { f[1].reach = called; return f },
		"GO-2026-0003 says":           func(_ *document, f []finding) []finding { f[2].reach = imported; return f },
		"has the status affected":     func(d *document, f []finding) []finding { d.Statements[0].Status = "affected"; return f },
		"gives no reason":             func(d *document, f []finding) []finding { d.Statements[2].Impact = " "; return f },
		"nothing explains GO-2026-0001": func(d *document, f []finding) []finding {
			d.Statements[0].Products[0].ID = "pkg:golang/other"
			return f
		},
		"nothing explains GO-2026-0002 in x": func(_ *document, f []finding) []finding { f[1].module = "x"; return f },
		"a second time": func(d *document, f []finding) []finding {
			d.Statements = append(d.Statements, d.Statements[0])
			return f
		},
	} {
		changed, err := parseDocument(d.text())
		if err != nil {
			t.Fatal(err)
		}
		if problems := strings.Join(changed.check(change(changed, append([]finding{}, found...))), "\n"); !strings.Contains(problems, name) {
			t.Errorf("%s: nobody noticed: %s", name, problems)
		}
	}
}

// Writing keeps what people said as long as it is right, and changes nothing when nothing changed.
func TestVEX_writingKeepsWhatPeopleSaid(t *testing.T) {
	t.Parallel()
	found := read(t, written).found
	d := empty(t)
	d.explain(found, time.Now())
	d.Statements[0].Impact = "In other words."
	version := d.Version
	d.explain(found, time.Now())
	if d.Statements[0].Impact != "In other words." || d.Version != version {
		t.Errorf("version %d, was %d: %+v", d.Version, version, d.Statements[0])
	}
	found[0].reach = imported
	d.explain(found, time.Now())
	if d.Statements[0].Impact != usual[imported] || d.Version != version+1 {
		t.Errorf("it is linked now: version %d, was %d: %+v", d.Version, version, d.Statements[0])
	}
}

// The document of the repository can be read. What it explains is compared by make vuln.
func TestVEX_ofTheRepository(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/vex.openvex.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := parseDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(d.text()) != string(text) {
		t.Error("it is not written as the program writes it")
	}
	for _, broken := range []string{`{}`, `{"@context":"x"}`, string(text) + "{}", strings.Replace(string(text), `"author"`, `"writer"`, 1)} {
		if _, err := parseDocument([]byte(broken)); err == nil {
			t.Errorf("taken: %.60s", broken)
		}
	}
}
