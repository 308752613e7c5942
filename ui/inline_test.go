package ui_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// A page or a part of one that the compiler may inline is in the binary once for everybody who draws it: half a
// megabyte as soon as there are two, as package preview is of every page.
func TestPages_areNotInlined(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.templ")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^(.*)\ntempl (\w+)`).FindAllStringSubmatch(string(text), -1) {
			if m[1] != "//go:noinline" {
				t.Errorf("%s: write //go:noinline above templ %s", name, m[2])
			}
		}
	}
}
