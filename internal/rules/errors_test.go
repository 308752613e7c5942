package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plinto/internal/fault"
	"plinto/internal/web"
)

// kinds by the names they have in the source.
var kinds = map[string]fault.Kind{
	"Invalid": fault.Invalid, "Unauthenticated": fault.Unauthenticated, "Forbidden": fault.Forbidden, "NotFound": fault.NotFound,
	"Conflict": fault.Conflict, "TooMany": fault.TooMany, "Precondition": fault.Precondition, "Unprocessable": fault.Unprocessable, "Unavailable": fault.Unavailable,
}

var code = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// sources parses every file of ours that is neither a test nor generated.
func sources(t *testing.T, visit func(name string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() != ".." && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 1) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err == nil {
			visit(path, f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every error that the code can make has an answer in HTTP and a code of its own
// that clients can rely on.
func TestEveryErrorHasAnAnswer(t *testing.T) {
	t.Parallel()
	seen := map[string]string{} // code → where
	sources(t, func(name string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || fun.Sel.Name != "New" {
				return true
			}
			if pkg, ok := fun.X.(*ast.Ident); !ok || pkg.Name != "fault" {
				return true
			}
			kind, ok := call.Args[0].(*ast.SelectorExpr)
			if !ok {
				return true // made from another error's kind
			}
			k, known := kinds[kind.Sel.Name]
			if !known || web.StatusOf(fault.New(k, "x", "")) >= http.StatusInternalServerError && k != fault.Unavailable {
				t.Errorf("%s: fault.%s has no answer", name, kind.Sel.Name)
			}
			lit, ok := call.Args[1].(*ast.BasicLit)
			if !ok {
				return true
			}
			c, err := strconv.Unquote(lit.Value)
			if err != nil || !code.MatchString(c) {
				t.Errorf("%s: code %s is not lower-case words with underscores", name, lit.Value)
			}
			if where, twice := seen[c]; twice && filepath.Dir(where) != filepath.Dir(name) {
				t.Errorf("%s: code %q is used in %s too", name, c, where)
			}
			seen[c] = name
			return true
		})
	})
	if len(seen) < 30 {
		t.Fatalf("only %d errors found: the search is broken", len(seen))
	}
}
