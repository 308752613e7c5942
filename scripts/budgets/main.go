package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	fileLines = 400
	mostLines = 35 // of nine functions of ten
	allLines  = 60 // of every function, as funlen in .golangci.yaml
)

// A function is what a budget counts: from "func" to the closing brace.
type function struct {
	name  string
	lines int
}

// A survey is everything measured.
type survey struct {
	functions []function
	files     []function // name and lines of each file
}

func main() {
	found, err := measure(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "budgets:", err)
		os.Exit(1)
	}
	broken := found.broken()
	for _, complaint := range broken {
		fmt.Fprintln(os.Stderr, "budgets:", complaint)
	}
	fmt.Printf("budgets: %d functions in %d files, nine of ten have at most %d lines\n",
		len(found.functions), len(found.files), found.p90())
	if len(broken) > 0 {
		os.Exit(1)
	}
}

// measure reads every Go file below root that people write for production.
func measure(root string) (survey, error) {
	var s survey
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return s.add(path)
	})
	return s, err
}

func (s *survey) add(path string) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
	if err != nil {
		return fmt.Errorf("parse %s: %w", path, err)
	}
	if ast.IsGenerated(file) {
		return nil
	}
	s.files = append(s.files, function{path, set.File(file.Pos()).LineCount()})
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			start := set.Position(f.Type.Func)
			lines := set.Position(f.End()).Line - start.Line + 1
			s.functions = append(s.functions, function{fmt.Sprintf("%s:%d: %s", path, start.Line, f.Name.Name), lines})
		}
	}
	return nil
}

// p90 returns the length that nine functions of ten do not exceed.
func (s *survey) p90() int {
	if len(s.functions) == 0 {
		return 0
	}
	lengths := make([]int, 0, len(s.functions))
	for _, f := range s.functions {
		lengths = append(lengths, f.lines)
	}
	slices.Sort(lengths)
	return lengths[(len(lengths)*9+9)/10-1]
}

// broken lists what exceeds its budget, in words.
func (s *survey) broken() []string {
	var complaints []string
	for _, f := range s.files {
		if f.lines > fileLines {
			complaints = append(complaints, fmt.Sprintf("%s has %d lines, at most %d are allowed", f.name, f.lines, fileLines))
		}
	}
	if p90 := s.p90(); p90 > mostLines {
		complaints = append(complaints, fmt.Sprintf("the 90th percentile of functions is %d lines, at most %d are allowed", p90, mostLines))
	}
	for _, f := range s.functions {
		if f.lines > allLines {
			complaints = append(complaints, fmt.Sprintf("%s has %d lines, at most %d are allowed", f.name, f.lines, allLines))
		}
	}
	return complaints
}
