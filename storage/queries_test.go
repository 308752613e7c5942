package storage

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/testservice"
)

var (
	statementStart = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	namedArgument  = regexp.MustCompile(`@([a-z_]+)`)
)

// literals returns every SQL statement of this package and those below by place. SQL must be made
// of constants only, so a statement is a string expression of literals and
// package constants.
func literals(t *testing.T) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	var names []string
	for _, folder := range []string{".", "internal/pg", "schema"} {
		found, err := filepath.Glob(filepath.Join(folder, "*.go"))
		must(t, err)
		names = append(names, found...)
	}
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	constants := map[string]ast.Expr{}
	for _, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, spec := range d.Specs {
					if v, ok := spec.(*ast.ValueSpec); ok {
						for i, name := range v.Names {
							if i < len(v.Values) {
								constants[name.Name] = v.Values[i]
							}
						}
					}
				}
			}
			return true
		})
	}
	found := map[string]string{}
	for _, f := range parsed {
		inner := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok || inner[n] {
				return true
			}
			sql, ok := text(e, constants)
			if !ok {
				return true
			}
			ast.Inspect(e, func(below ast.Node) bool { inner[below] = true; return true })
			if statementStart.MatchString(sql) {
				found[files.Position(e.Pos()).String()] = sql
			}
			return true
		})
	}
	return found
}

// text evaluates a constant string expression.
func text(e ast.Expr, constants map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.Ident:
		if value, ok := constants[e.Name]; ok {
			return text(value, constants)
		}
	case *ast.ParenExpr:
		return text(e.X, constants)
	case *ast.BinaryExpr:
		left, okLeft := text(e.X, constants)
		right, okRight := text(e.Y, constants)
		return left + right, okLeft && okRight && e.Op == token.ADD
	}
	return "", false
}

// Postgres itself reads every statement, so a renamed column is found here and
// not by a user.
func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	url := testservice.Database(t, migrated(t))
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), `SELECT set_config('plinto.tenant', '00000000-0000-0000-0000-000000000000', false)`); err != nil {
		t.Fatal(err)
	}
	statements := literals(t)
	if len(statements) < 40 {
		t.Fatalf("only %d statements found: the search is broken", len(statements))
	}
	for place, sql := range statements {
		sql = numbered(sql)
		if _, err := conn.Prepare(t.Context(), "", sql); err != nil {
			t.Errorf("%s: %v\n%s", place, err, sql)
		}
	}
}

// numbered has $1, $2 … for named arguments.
func numbered(sql string) string {
	numbers := map[string]int{}
	return namedArgument.ReplaceAllStringFunc(sql, func(name string) string {
		if numbers[name] == 0 {
			numbers[name] = len(numbers) + 1
		}
		return "$" + strconv.Itoa(numbers[name])
	})
}

// No statement may name a session-wide setting: it would outlive its transaction
// on a pooled connection and show one tenant's rows to the next. What a new connection
// is given for its life (see durable) is the same for all.
func TestNoQuery_setsASessionWide(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	session := regexp.MustCompile(`set_config\([^)]*,\s*false\)|\bSET (SESSION|ROLE|plinto)\b`)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		body, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.ReplaceAll(body, []byte(`set_config('synchronous_commit', 'on', false)`), nil)
		if found := session.Find(body); found != nil {
			t.Errorf("%s: %s", e.Name(), found)
		}
	}
}
