package manifest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxNodes bounds a manifest, aliases written out: an alias of an alias could
// otherwise be gigabytes.
const maxNodes = 2_000_000

// A shape is what kind of value a node is.
type shape int

const (
	shapeNull shape = iota
	shapeText
	shapeInt
	shapeFloat
	shapeBool
	shapeList
	shapeMap
)

func (s shape) String() string {
	return [...]string{"nothing", "a text", "a number", "a fraction", "true or false", "a list", "a mapping"}[s]
}

// A node is a value of the file with its place.
type node struct {
	shape
	line, column int
	path         string
	scalar       any // string, int64, float64 or bool
	items        []*node
	fields       []field
}

// A field is one entry of a mapping.
type field struct {
	name         string
	line, column int // of the key
	value        *node
}

// field returns the value of an entry, or nil.
func (n *node) field(name string) *node {
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// find follows a path such as "redirect_uris[0]" below n as far as it exists, so
// that a problem with an absent member is shown at the thing that lacks it. The
// path of the answer is always the whole one.
func (n *node) find(path string) *node {
	at := n
	for step := range strings.SplitSeq(strings.ReplaceAll(path, "[", ".["), ".") {
		var next *node
		if index, ok := strings.CutPrefix(step, "["); ok {
			i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
			if err == nil && i < len(at.items) {
				next = at.items[i]
			}
		} else {
			next = at.field(step)
		}
		if next == nil {
			break
		}
		at = next
	}
	return &node{line: at.line, column: at.column, path: join(n.path, path)}
}

// below is find with a step for each name, which may hold dots; items of lists are named by their number.
func (n *node) below(names ...string) *node {
	at, path := n, n.path
	for _, name := range names {
		var next *node
		if i, err := strconv.Atoi(name); err != nil {
			if path = join(path, name); at != nil {
				next = at.field(name)
			}
		} else if path = join(path, index(i)); at != nil && i < len(at.items) {
			next = at.items[i]
		}
		if next != nil {
			n = next
		}
		at = next
	}
	return &node{line: n.line, column: n.column, path: path}
}

func join(path, name string) string {
	if path == "" || strings.HasPrefix(name, "[") {
		return path + name
	}
	return path + "." + name
}

// parse turns YAML into nodes. Syntax errors and duplicate keys are logged.
func parse(data []byte, l *log) *node {
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		l.list = append(l.list, syntaxProblem(err))
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	r := &reader{log: l, anchors: make(map[string]ast.Node)}
	root := r.read(file.Docs[0].Body, "")
	if len(file.Docs) > 1 && file.Docs[1].Body != nil {
		l.at(r.place(file.Docs[1].Body, ""), "a manifest is one document: put all tenants under one tenants")
	}
	if r.count > maxNodes {
		l.list = append(l.list, Problem{Message: fmt.Sprintf("has more than %d values", maxNodes)})
	}
	return root
}

// NotYAML says where a text is not YAML, and why, and quotes nothing of it.
func NotYAML(file string, err error) error { return &Problems{file, []Problem{syntaxProblem(err)}} }

// syntaxProblem takes place and message out of a syntax error. The excerpt it
// also has is left behind: it could show a password.
func syntaxProblem(err error) Problem {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		return Problem{Message: "is not YAML"}
	}
	at := syntax.GetToken().Position
	// What the message quotes is of the file, such as a password that begins like an alias or a tag.
	message, _, _ := strings.Cut(syntax.GetMessage(), `"`)
	return Problem{Line: at.Line, Column: at.Column, Message: strings.TrimSuffix("is not YAML: "+strings.TrimSpace(message), ": ")}
}
