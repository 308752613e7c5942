package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A tree is the source that controls are about. A control names the file of a defence and
// the package of a test as they were when it was written. Code moves: what is not there
// any more is looked for everywhere else, so a control breaks only when its defence or
// its test is gone, or is no longer the only one of its kind.
type tree struct {
	root  string
	files map[string][]byte // all of ours, by path from the root
	tests map[string][]string
}

// notOurs are directories that hold no source of ours.
var notOurs = []string{".git", "node_modules", "testdata", "bin"}

var declaredTest = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

func readTree(root string) (*tree, error) {
	t := &tree{root: root, files: map[string][]byte{}, tests: map[string][]string{}}
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notOurs, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".sql", ".templ"}, filepath.Ext(at)):
			return nil
		}
		name, err := filepath.Rel(root, at)
		if err != nil {
			return err
		}
		return t.add(filepath.ToSlash(name), at)
	})
	if err != nil {
		return nil, fmt.Errorf("read the source: %w", err)
	}
	return t, nil
}

func (t *tree) add(name, at string) error {
	text, err := os.ReadFile(at)
	if err != nil {
		return err
	}
	t.files[name] = text
	if !strings.HasSuffix(name, "_test.go") {
		return nil
	}
	for _, found := range declaredTest.FindAllSubmatch(text, -1) {
		t.tests[string(found[1])] = append(t.tests[string(found[1])], path.Dir(name))
	}
	return nil
}

// locate makes a control name the places where its defences and its test are now.
func (t *tree) locate(c *control) error {
	for i := range c.edits {
		file, err := t.file(&c.edits[i])
		if err != nil {
			return err
		}
		c.edits[i].file = file
	}
	name, _, _ := strings.Cut(c.test, "/")
	switch where := t.tests[name]; {
	case slices.Contains(where, c.pkg):
	case len(where) == 1:
		c.pkg = where[0]
	default:
		return fmt.Errorf("%s is not in %s but in %d other packages, want one", name, c.pkg, len(where))
	}
	return nil
}

// file returns where the defence of an edit is. A file that holds it more than once is
// an answer, too: whoever applies the edit says so.
func (t *tree) file(e *edit) (string, error) {
	old := []byte(e.old)
	if text, ok := t.files[e.file]; ok && bytes.Contains(text, old) || !ok && t.exists(e.file) {
		return e.file, nil
	}
	var found []string
	for name, text := range t.files {
		if path.Ext(name) == path.Ext(e.file) && !strings.HasPrefix(name, "scripts/controls/") && bytes.Contains(text, old) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("the defence is not in %s but in %d other files, want one:\n%s", e.file, len(found), e.old)
	}
	return found[0], nil
}

// exists reports whether there is a file that is not source: a style sheet, a script.
func (t *tree) exists(name string) bool {
	_, err := os.Stat(filepath.Join(t.root, name))
	return err == nil
}
