package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// redirected are HTTP clients that may follow any redirect.
var redirected = []string{
	"client/client_gen.go",         // for whoever gives no other; client.New does
	"internal/webdriver/webkit.go", // asks the driver that it started
}

// LEAK-11: net/http follows redirects, with the body again by 307 and 308. Every client says where it lets itself be sent.
func TestHTTPClients_sayWhichRedirectsTheyFollow_LEAK_11(t *testing.T) {
	t.Parallel()
	var silent []string
	made := 0
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			file := strings.TrimPrefix(p.ImportPath, module) + "/" + name
			ast.Inspect(f, func(n ast.Node) bool {
				is, says := httpClient(n)
				if is {
					made++
				}
				if is && !says {
					silent = append(silent, file)
				}
				return true
			})
		}
	}
	slices.Sort(silent)
	if silent = slices.Compact(silent); !slices.Equal(silent, redirected) {
		t.Errorf("clients without CheckRedirect are made in %v, want %v only", silent, redirected)
	}
	if made < 6 {
		t.Errorf("found %d clients: what are they called now?", made)
	}
}

// httpClient reports whether a node makes an http.Client or sends by the one of everybody, and whether it says which redirects
// are followed.
func httpClient(n ast.Node) (is, says bool) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if !ofHTTP(n.Type, "Client") {
			return false, false
		}
		return true, slices.ContainsFunc(n.Elts, func(e ast.Expr) bool {
			pair, ok := e.(*ast.KeyValueExpr)
			if !ok {
				return false
			}
			key, ok := pair.Key.(*ast.Ident)
			return ok && key.Name == "CheckRedirect"
		})
	case *ast.CallExpr:
		made, ok := n.Fun.(*ast.Ident)
		return ok && made.Name == "new" && len(n.Args) == 1 && ofHTTP(n.Args[0], "Client") || ofHTTP(n.Fun, "PostForm"), false
	case *ast.ValueSpec:
		return ofHTTP(n.Type, "Client"), false
	}
	return false, false
}

// ofHTTP reports whether an expression is a name of net/http.
func ofHTTP(e ast.Expr, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	return ok && of.Name == "http"
}
