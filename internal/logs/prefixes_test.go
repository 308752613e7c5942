package logs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// noSecrets are texts that look like the prefix of a token, and begin no secret.
var noSecrets = []string{
	"at_", "code_", "jti_", // of the identity provider of plinto dev
	"audit_", "tenant_", // names in the database
	"plinto_", // names of cookies
	"test_",
	"user_", // a public id
	"whpk_", // a public key
}

// LEAK-04: whatever begins a secret in the source is taken out of lines. A new prefix is in secret.Form, or no secret.
func TestClean_knowsEveryPrefixOfTheSource_LEAK_04(t *testing.T) {
	t.Parallel()
	prefix := regexp.MustCompile(`^[a-z]{2,10}_$`)
	secrets, others := map[string]bool{}, map[string]bool{}
	for text, file := range literals(t) {
		if !prefix.MatchString(text) {
			continue
		}
		if slices.Contains(noSecrets, text) {
			others[text] = true
			continue
		}
		secrets[text] = true
		for _, body := range []string{strings.Repeat("aB3-_", 10), strings.Repeat("A", 49)} {
			if line := Clean("token " + text + body + " was refused"); strings.Contains(line, body) {
				t.Errorf("%s begins secrets with %s, which stay in lines: %s", file, text, line)
			}
		}
	}
	if len(secrets) < 17 || len(others) != len(noSecrets) {
		t.Errorf("found the prefixes %v, and of %v only %v", secrets, noSecrets, others)
	}
}

// literals are the texts in the source of the program, with a file that has each.
func literals(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"scripts", "tools", "testdata", "examples", "node_modules", "clients"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil {
					found[text] = path
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
