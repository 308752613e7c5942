// Command check fails when a package's texts are incomplete: `check ./ui` compares the
// languages of ui/locales, and looks for texts that the sources of the package ask for by
// name and English has not. The build runs it first.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"plinto/internal/locale"
)

const dir = "locales"

// asked is how sources ask for a text by name.
var asked = regexp.MustCompile(`\.(?:T|own)\("([^"]+)"`)

func main() {
	failed := false
	for _, where := range os.Args[1:] {
		problems, err := check(where)
		if err != nil {
			problems = []string{err.Error()}
		}
		for _, p := range problems {
			fmt.Fprintf(os.Stderr, "%s: %s\n", where, p)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(where string) ([]string, error) {
	problems, err := locale.Check(os.DirFS(where), dir)
	if err != nil {
		return nil, err
	}
	english := locale.Load(os.DirFS(where), dir, language.English)
	sources, err := filepath.Glob(filepath.Join(where, "*.*"))
	if err != nil {
		return nil, err
	}
	for _, name := range sources {
		if ext := filepath.Ext(name); ext != ".templ" && ext != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name) //nolint:gosec // of the package that is checked
		if err != nil {
			return nil, err
		}
		for _, found := range asked.FindAllSubmatch(source, -1) {
			if key := string(found[1]); !english.Has(0, key) {
				problems = append(problems, fmt.Sprintf("%s asks for a text %q, which English has not", filepath.Base(name), key))
			}
		}
	}
	return problems, nil
}
