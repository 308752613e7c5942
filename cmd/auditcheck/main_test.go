package main

import (
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// Whoever does not trust the server reads this tool: it is short, and imports nothing of it.
func TestTool_canBeReadByAnOutsider(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	code := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			code++
		}
	}
	if code > 100 || code < 50 {
		t.Errorf("%d lines of code, want at most 100", code)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "main.go", text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") && !strings.HasPrefix(path, "golang.org/x/mod/") || first == "plinto" {
			t.Errorf("imports %s", path)
		}
	}
}

func TestRun_refusesWhatIsNoProof(t *testing.T) {
	t.Parallel()
	const key = "example+00a3fe97+AbpYQzH4wFbKcB1qEC8iC9mBR8dF4N7v6l9YkHGkXWIZ"
	for name, c := range map[string]struct {
		args []string
		in   string
	}{
		"no key":    {nil, "{}"},
		"a bad key": {[]string{"x"}, "{}"},
		"no JSON":   {[]string{key}, "x"},
		"nothing":   {[]string{key}, "{}"},
	} {
		if err := run(c.args, strings.NewReader(c.in), &strings.Builder{}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
