package preview_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/brand"
	"plinto/ui"
	"plinto/ui/preview"
)

// functions returns the functions of Go files.
func functions(t *testing.T, pattern string) (all []*ast.FuncDecl) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				all = append(all, f)
			}
		}
	}
	return all
}

// pages are the names of the exported components of package ui: those that templ made of its pages.
func pages(t *testing.T) (names []string) {
	t.Helper()
	for _, f := range functions(t, "../*_templ.go") {
		if f.Recv == nil && f.Name.IsExported() {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// drawings are the types of views by the components that draw them, as the cases of this package say.
func drawings(t *testing.T) map[string]string {
	t.Helper()
	drawn := map[string]string{}
	for _, f := range functions(t, "*.go") {
		if !strings.HasPrefix(f.Name.Name, "draw") {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CaseClause)
			if !ok || len(c.List) != 1 || len(c.Body) != 1 {
				return true
			}
			back, _ := c.Body[0].(*ast.ReturnStmt)
			call, _ := back.Results[0].(*ast.CallExpr)
			page, _ := call.Fun.(*ast.SelectorExpr)
			view := "preview."
			switch of := c.List[0].(type) {
			case *ast.SelectorExpr:
				view = "ui." + of.Sel.Name
			case *ast.Ident:
				view += of.Name
			}
			drawn[page.Sel.Name] = view
			return true
		})
	}
	return drawn
}

// A page that is added to ui and not here is missing on the sheet, in make screenshots and in the tests of ui.
func TestEntries_haveEveryPage(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, e := range preview.Entries(ui.Page{}) {
		shown[fmt.Sprintf("%T", e.View)] = true
	}
	all, drawn := pages(t), drawings(t)
	if len(all) < 70 {
		t.Fatalf("%d pages are found in ui: this shows nothing", len(all))
	}
	for _, page := range all {
		if view := drawn[page]; view == "" {
			t.Errorf("the page ui.%s has no case in a draw function of ui/preview", page)
		} else if !shown[view] {
			t.Errorf("the page ui.%s has no sample: no entry has a view %s", page, view)
		}
	}
	for page := range drawn {
		if !slices.Contains(all, page) {
			t.Errorf("ui.%s is drawn and is no page", page)
		}
	}
}

func TestEntries_haveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, e := range preview.Entries(ui.Page{}) {
		slug := e.Slug()
		if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(slug) || seen[slug] != "" {
			t.Errorf("%q is at %q, like %q", e.Name, slug, seen[slug])
		}
		seen[slug] = e.Name
	}
}

// Scripts run where they show something, and nowhere else: an answer to an application would be sent.
func TestEntries_runScriptsThatShowSomething(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, e := range preview.Entries(ui.Page{}) {
		var out bytes.Buffer
		if err := preview.Draw(e.View).Render(t.Context(), &out); err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		doc, err := goquery.NewDocumentFromReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		if shows := doc.Find("#use-passkey").Length() == 1; shows != e.Scripts {
			t.Errorf("%s: scripts %v, shows a passkey %v", e.Name, e.Scripts, shows)
		}
		if e.Scripts {
			ran++
		}
	}
	if ran == 0 {
		t.Error("no script runs")
	}
}

func TestPresets_areBrandsThatTenantsMayHave(t *testing.T) {
	t.Parallel()
	fonts := map[string]bool{}
	for _, b := range preview.Presets() {
		for _, p := range brand.Check(b.Look) {
			t.Errorf("%s: %s %s", b.Key, p.Path, p.Says)
		}
		fonts[b.Look.Font] = true
		for _, path := range []string{b.Brand.Logo, b.LogoDark} {
			if path == "" {
				continue
			}
			png, err := b.Logo(t.Context(), filepath.Base(path))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := brand.DrawLogo(png); err != nil {
				t.Errorf("%s: %s: %v", b.Key, path, err)
			}
		}
	}
	if got := slices.Sorted(maps.Keys(fonts)); !slices.Equal(got, []string{"", "humanist", "rounded", "serif"}) {
		t.Errorf("the fonts are %q", got)
	}
}
