package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// An edit is one replacement in one file. Old must occur exactly once.
type edit struct {
	file     string // from the root of the repository; see tree
	old, new string
}

// A control is one defence and the test that notices when it is gone.
type control struct {
	attacks string // ids of docs/attacks.md, separated by blanks
	pkg     string // of the test, from the root of the repository; see tree
	test    string // name of the test; subtests may follow a slash
	says    string // what the failure must hold, where a test is about many attacks; "" for anything
	edits   []edit // several where a second wall stands behind the first
}

// ids returns the attacks one by one.
func (c *control) ids() []string { return strings.Fields(c.attacks) }

// class is the letters an id starts with: RED of RED-01, F of F1.
func class(id string) string {
	return strings.TrimRight(strings.ReplaceAll(id, "-", ""), "0123456789")
}

// mutated returns the files without the defence, by their path from the root.
func (c *control) mutated(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, e := range c.edits {
		text, seen := files[e.file]
		if !seen {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, e.file)); err != nil {
				return nil, fmt.Errorf("read %s: %w", e.file, err)
			}
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return nil, fmt.Errorf("%s: the defence occurs %d times, want once:\n%s", e.file, n, e.old)
		}
		files[e.file] = []byte(strings.Replace(string(text), e.old, e.new, 1))
	}
	for file, text := range files {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), file, text, 0); err != nil {
			return nil, fmt.Errorf("without the defence: %w", err)
		}
	}
	return files, nil
}

// check reports why a control does not fit the source, without running it, and has it
// name where its defences and its test are.
func (c *control) check(t *tree) error {
	if len(c.ids()) == 0 || len(c.edits) == 0 {
		return errors.New("a control needs attacks and edits")
	}
	if err := t.locate(c); err != nil {
		return err
	}
	_, err := c.mutated(t.root)
	return err
}

// pattern selects the test and nothing else.
func (c *control) pattern() string {
	parts := strings.Split(c.test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
