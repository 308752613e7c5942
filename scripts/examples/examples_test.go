package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plinto/cmd/plinto/manifest"
)

const top = "../../examples"

// What make test-clients runs is checked without running it, and each example has its place in the pages.
func TestExamples_areWholeAndInTheDocuments(t *testing.T) {
	t.Parallel()
	s, err := readSeed(filepath.Join(top, "seed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(top)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	ports := map[string]string{}
	for _, e := range all {
		if err := e.check(s); err != nil {
			t.Error(err)
		}
		if !bytes.Contains(page, []byte("](../examples/"+e.name()+")")) {
			t.Errorf("docs/clients.md has no link to %s", e.name())
		}
		if c, _ := s.client(e.Client); c.port() != "" {
			if other := ports[c.port()]; other != "" && other != c.ClientID {
				t.Errorf("%s and %s have the same port", other, c.ClientID)
			}
			ports[c.port()] = c.ClientID
		}
	}
	entries, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, err := os.Stat(filepath.Join(top, entry.Name(), "example.yaml")); entry.IsDir() && err != nil {
			t.Errorf("examples/%s has no example.yaml", entry.Name())
		}
	}
}

// Who starts an example without telling it anything has one that fits plinto dev with the seed.
func TestExamples_haveDefaultsThatFitTheSeed(t *testing.T) {
	t.Parallel()
	s, err := readSeed(filepath.Join(top, "seed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		c, known := s.client(e.Client)
		if !known || e.Kind == kindAPI || e.Untried != "" {
			continue
		}
		text := textBelow(t, e.dir)
		for what, value := range map[string]string{"client_id": c.ClientID, "client_secret": c.ClientSecret, "port": c.port()} {
			if !strings.Contains(text, value) {
				t.Errorf("%s does not have the %s of the seed, %s", e.name(), what, value)
			}
		}
	}
}

// textBelow returns what the files of an example say, without those that an installation left.
func textBelow(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "target" || strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The seed is one that plinto takes.
func TestExamples_haveASeedThatIsAManifest(t *testing.T) {
	t.Parallel()
	name := filepath.Join(top, "seed.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, warnings, err := manifest.Parse(name, text); err != nil || len(warnings) > 0 {
		t.Errorf("got %v, %v", warnings, err)
	}
}

func TestCheck_noticesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s, err := readSeed(filepath.Join(top, "seed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	good := func() example {
		return example{
			dir: "x", Title: "X", Kind: kindWeb, Client: "node", Version: "v", Run: "r", Start: "/login", Expect: "Alice",
			After: []step{{Path: "/", Expect: "Alice"}}, Logout: &step{Path: "/logout", Expect: "Bye"},
		}
	}
	if e := good(); e.check(s) != nil {
		t.Fatalf("control: %v", e.check(s))
	}
	for name, change := range map[string]func(*example){
		"no title":             func(e *example) { e.Title = "" },
		"no kind":              func(e *example) { e.Kind = "" },
		"no client":            func(e *example) { e.Client = "" },
		"an unknown client":    func(e *example) { e.Client = "nobody" },
		"a client of no page":  func(e *example) { e.Client = "service" },
		"no version":           func(e *example) { e.Version = "" },
		"nothing expected":     func(e *example) { e.Expect = "" },
		"a step to nowhere":    func(e *example) { e.After = []step{{Expect: "x"}} },
		"a logout to nothing":  func(e *example) { e.Logout.Expect = "" },
		"pages of a command":   func(e *example) { e.Kind = kindCommand },
		"no scope of an API":   func(e *example) { e.Kind, e.After, e.Logout = kindAPI, nil, nil },
		"a server not waited":  func(e *example) { e.Beside = "x" },
		"a start that is none": func(e *example) { e.Kind, e.After, e.Logout, e.Start = kindCommand, nil, nil, "(" },
		"untried and run":      func(e *example) { e.Untried = "no" },
	} {
		e := good()
		change(&e)
		if e.check(s) == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

func TestChanged_isAnotherSignature(t *testing.T) {
	t.Parallel()
	for _, jwt := range []string{"a.b.ABC", "a.b.BBC", "a.b.xyz"} {
		if got := changed(jwt); got == jwt || len(got) != len(jwt) || !strings.HasPrefix(got, "a.b.") {
			t.Errorf("%s became %s", jwt, got)
		}
	}
}

// A process that prints what is waited for, one that ends instead, and one that starts another and is stopped.
func TestProcess_isWaitedForAndStopped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(command string) *process {
		p, err := start(command, dir, os.Environ(), &log{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	said := func(p *process) func() bool {
		return func() bool { return strings.Contains(p.out.String(), "ready") }
	}
	p := run("echo ready; sleep 600 & sleep 600")
	if err := p.until(t.Context(), "it was ready", said(p)); err != nil {
		t.Error(err)
	}
	began := time.Now()
	p.stop()
	if p.err == nil || time.Since(began) > graceTime {
		t.Errorf("it ended with %v after %v", p.err, time.Since(began))
	}
	p = run("echo broken >&2; exit 3")
	if err := p.until(t.Context(), "it was ready", said(p)); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
	if out, err := once(t.Context(), "echo one", dir, os.Environ(), &log{}); out != "one" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := once(t.Context(), "exit 1", dir, os.Environ(), &log{}); err == nil {
		t.Error("a command that fails is not told of")
	}
}

func TestReport_namesWhatFails(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := report(&out, []result{{name: "a", version: "lib 1"}, {name: "b", err: errors.New("no")}, {name: "c", untried: "no library"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "example  library  result               seconds\na        lib 1    works                0.0\nb                 FAILS                0.0\nc                 untried: no library  0.0\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
