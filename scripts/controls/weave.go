package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Linking a test binary for each control would be most of the work. So the controls
// are woven into one source: a function without its defence stands beside the one
// with it, which calls the other when the environment names its control.
//
//	func (h *Handler) f(x int) error {            func (h *Handler) f(x int) error {
//		if x > 9 { return errX }            →       if control__ == "7" { return h.f__7(x) }
//		…                                           if x > 9 { return errX }
//
// What is not inside of functions (constants, SQL outside of them, migrations)
// cannot be woven: such controls are built by themselves.

// controlEnv names the control that a woven binary runs.
const controlEnv = "PLINTO_TEST_CONTROL"

// A weaver collects the woven files.
type weaver struct {
	root  string
	files map[string]*woven
}

// A woven file is the source as it is, with what is to be put where.
type woven struct {
	text    []byte
	set     *token.FileSet
	tree    *ast.File
	inserts map[int]string // by offset in text
	cuts    map[int]int    // offset → length, replaced by the insert there
	imports map[string]bool
	tail    strings.Builder
}

var errNotWoven = errors.New("not inside of functions")

// weave returns the woven files, and which controls are in them.
func weave(root string, controls []control) (files map[string][]byte, in []bool, err error) {
	w := &weaver{root: root, files: map[string]*woven{}}
	in = make([]bool, len(controls))
	for i := range controls {
		altered, err := controls[i].mutated(root)
		if err != nil {
			return nil, nil, err
		}
		changes, err := w.changes(altered)
		if errors.Is(err, errNotWoven) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", controls[i].attacks, err)
		}
		for _, c := range changes {
			c.apply(strconv.Itoa(i))
		}
		in[i] = true
	}
	files = map[string][]byte{}
	for name, f := range w.files {
		files[name] = f.render()
		dir := filepath.Dir(name)
		files[filepath.Join(dir, "zz_control.go")] = fmt.Appendf(nil, "package %s\n\nimport \"os\"\n\nvar control__ = os.Getenv(%q)\n", f.tree.Name.Name, controlEnv)
	}
	return files, in, nil
}

// A change is what one control does to one file.
type change struct {
	file    *woven
	pairs   []pair // functions as they are and without the defence
	text    []byte // of the file without the defence
	set     *token.FileSet
	added   []ast.Decl // declarations that the file has not
	imports []string
}

type pair struct{ with, without *ast.FuncDecl }

// changes finds what a control's files change.
func (w *weaver) changes(altered map[string][]byte) (all []*change, err error) {
	for _, name := range slices.Sorted(maps.Keys(altered)) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil, errNotWoven
		}
		f, err := w.file(name)
		if err != nil {
			return nil, err
		}
		c := &change{file: f, text: altered[name], set: token.NewFileSet()}
		tree, err := parser.ParseFile(c.set, name, c.text, 0)
		if err != nil {
			return nil, err
		}
		if err := c.compare(tree); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (w *weaver) file(name string) (*woven, error) {
	if f := w.files[name]; f != nil {
		return f, nil
	}
	text, err := os.ReadFile(filepath.Join(w.root, name))
	if err != nil {
		return nil, err
	}
	f := &woven{text: text, set: token.NewFileSet(), inserts: map[int]string{}, cuts: map[int]int{}, imports: map[string]bool{}}
	if f.tree, err = parser.ParseFile(f.set, name, text, parser.ParseComments); err != nil {
		return nil, err
	}
	w.files[name] = f
	return f, nil
}

// compare looks for functions that differ, and refuses other differences.
func (c *change) compare(tree *ast.File) error {
	had, imported := map[string]*ast.FuncDecl{}, map[string]bool{}
	values := map[string]bool{}
	for _, decl := range c.file.tree.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			had[key(f)] = f
		} else {
			values[string(source(c.file.text, c.file.set, decl))] = true
		}
	}
	for _, i := range c.file.tree.Imports {
		imported[i.Path.Value] = true
	}
	for _, i := range tree.Imports {
		if !imported[i.Path.Value] {
			c.imports = append(c.imports, i.Path.Value)
		}
	}
	known := 0
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			with := had[key(d)]
			if with == nil {
				c.added = append(c.added, d)
			} else if !bytes.Equal(source(c.file.text, c.file.set, with), source(c.text, c.set, d)) {
				c.pairs = append(c.pairs, pair{with, d})
			}
		case *ast.GenDecl:
			if d.Tok == token.IMPORT {
				continue
			}
			if values[string(source(c.text, c.set, d))] {
				known++
			} else {
				c.added = append(c.added, d)
			}
		}
	}
	for _, p := range c.pairs {
		if p.with.Recv != nil && strings.Contains(string(source(c.file.text, c.file.set, p.with.Recv)), "[") {
			return errNotWoven
		}
	}
	if known < len(values)-imports(c.file.tree) { // one of them was changed
		return errNotWoven
	}
	return nil
}

func imports(tree *ast.File) (n int) {
	for _, decl := range tree.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.IMPORT {
			n++
		}
	}
	return n
}

func source(text []byte, set *token.FileSet, n ast.Node) []byte {
	return text[set.Position(n.Pos()).Offset:set.Position(n.End()).Offset]
}

// key tells the functions of a file apart.
func key(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	name := f.Recv.List[0].Type
	if star, ok := name.(*ast.StarExpr); ok {
		name = star.X
	}
	return fmt.Sprint(name, ".", f.Name.Name)
}

// apply puts the functions without the defence into the file, under a name of the
// control's own, and the calls of them.
func (c *change) apply(id string) {
	for _, path := range c.imports {
		c.file.imports[path] = true
	}
	for _, decl := range c.added {
		fmt.Fprintf(&c.file.tail, "\n%s\n", source(c.text, c.set, decl))
	}
	for _, p := range c.pairs {
		text := source(c.text, c.set, p.without)
		at := c.set.Position(p.without.Name.Pos()).Offset - c.set.Position(p.without.Pos()).Offset
		name := p.without.Name.Name
		fmt.Fprintf(&c.file.tail, "\n%s%s__%s%s\n", text[:at], name, id, text[at+len(name):])
		c.file.call(p.with, name+"__"+id, id)
	}
}

// call has a function begin with a call of another one that takes the same.
func (f *woven) call(with *ast.FuncDecl, name, id string) {
	args, spread := f.names(with.Type.Params, "p__"), ""
	if list := with.Type.Params.List; len(list) > 0 {
		if _, variadic := list[len(list)-1].Type.(*ast.Ellipsis); variadic {
			spread = "..."
		}
	}
	if with.Type.TypeParams != nil {
		name += "[" + strings.Join(f.names(with.Type.TypeParams, ""), ", ") + "]"
	}
	if with.Recv != nil {
		name = f.names(with.Recv, "r__")[0] + "." + name
	}
	call := fmt.Sprintf("%s(%s%s)", name, strings.Join(args, ", "), spread)
	if with.Type.Results == nil {
		call += "; return"
	} else {
		call = "return " + call
	}
	at := f.set.Position(with.Body.Lbrace).Offset + 1
	f.inserts[at] += fmt.Sprintf("\nif control__ == %q { %s }\n", id, call)
}

// names returns the names of parameters; those that have none get one.
func (f *woven) names(list *ast.FieldList, prefix string) (names []string) {
	for _, field := range list.List {
		if len(field.Names) == 0 {
			name := prefix + strconv.Itoa(len(names))
			f.inserts[f.set.Position(field.Type.Pos()).Offset] = name + " "
			names = append(names, name)
		}
		for _, ident := range field.Names {
			name := ident.Name
			if name == "_" {
				name = prefix + strconv.Itoa(len(names))
				at := f.set.Position(ident.Pos()).Offset
				f.inserts[at], f.cuts[at] = name, 1
			}
			names = append(names, name)
		}
	}
	return names
}

// render returns the file with everything put in.
func (f *woven) render() []byte {
	var out bytes.Buffer
	from := 0
	for _, at := range slices.Sorted(maps.Keys(f.inserts)) {
		out.Write(f.text[from:at])
		out.WriteString(f.inserts[at])
		from = at + f.cuts[at]
	}
	out.Write(f.text[from:])
	out.WriteString(f.tail.String())
	if len(f.imports) == 0 {
		return out.Bytes()
	}
	name := []byte("package " + f.tree.Name.Name + "\n")
	add := "\nimport (\n\t" + strings.Join(slices.Sorted(maps.Keys(f.imports)), "\n\t") + "\n)\n"
	return bytes.Replace(out.Bytes(), name, append(name, add...), 1)
}
