package manifest

import (
	"fmt"
	"math"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A reader turns syntax into nodes.
type reader struct {
	log     *log
	anchors map[string]ast.Node
	open    []string // aliases being written out
	count   int
}

// place returns an empty node where n starts: a mapping at its first key.
func (r *reader) place(n ast.Node, path string) *node {
	t := n.GetToken()
	switch m := n.(type) {
	case *ast.MappingNode:
		if len(m.Values) > 0 && !m.IsFlowStyle {
			t = m.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		t = m.Key.GetToken()
	}
	return newPlace(t, path)
}

func newPlace(t *token.Token, path string) *node {
	if t == nil || t.Position == nil {
		return &node{path: path}
	}
	return &node{line: t.Position.Line, column: t.Position.Column, path: path}
}

func (r *reader) read(n ast.Node, path string) *node {
	at := r.place(n, path)
	if r.count++; r.count > maxNodes {
		return at
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		at.shape = shapeMap
		r.entries(at, n.Values)
	case *ast.MappingValueNode:
		at.shape = shapeMap
		r.entries(at, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		at.shape = shapeList
		for i, item := range n.Values {
			at.items = append(at.items, r.read(item, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.AnchorNode:
		r.anchors[n.Name.String()] = n.Value
		return r.read(n.Value, path)
	case *ast.AliasNode:
		return r.alias(n, at)
	case *ast.TagNode:
		return r.read(n.Value, path)
	default:
		r.scalar(at, n)
	}
	return at
}

// alias writes out what the anchor holds. The places are the anchor's: that is
// where somebody has to change something.
func (r *reader) alias(n *ast.AliasNode, at *node) *node {
	name := n.Value.String()
	target, ok := r.anchors[name]
	if !ok || slices.Contains(r.open, name) {
		r.log.at(at, "there is no anchor of that name before this; a text that begins with * needs quotes") // name may be a secret
		return at
	}
	r.open = append(r.open, name)
	defer func() { r.open = r.open[:len(r.open)-1] }()
	return r.read(target, at.path)
}

func (r *reader) entries(at *node, values []*ast.MappingValueNode) {
	var merged []field
	for _, v := range values {
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, r.read(v.Value, at.path).fields...)
			continue
		}
		key := newPlace(v.Key.GetToken(), "")
		text, ok := v.Key.(*ast.StringNode)
		if !ok {
			key.path = at.path
			r.log.at(key, "a name must be a text")
			continue
		}
		key.path = join(at.path, text.Value)
		if at.field(text.Value) != nil {
			r.log.at(key, "is there twice")
			continue
		}
		at.fields = append(at.fields, field{text.Value, key.line, key.column, r.read(v.Value, key.path)})
	}
	for _, f := range merged { // what is written out wins over what is merged
		if at.field(f.name) == nil {
			at.fields = append(at.fields, f)
		}
	}
}

func (r *reader) scalar(at *node, n ast.Node) {
	switch n := n.(type) {
	case *ast.NullNode:
		at.shape = shapeNull
	case *ast.StringNode:
		at.shape, at.scalar = shapeText, n.Value
	case *ast.LiteralNode:
		at.shape, at.scalar = shapeText, n.Value.Value
	case *ast.BoolNode:
		at.shape, at.scalar = shapeBool, n.Value
	case *ast.FloatNode:
		at.shape, at.scalar = shapeFloat, n.Value
	case *ast.IntegerNode:
		at.shape = shapeInt
		switch v := n.Value.(type) {
		case int64:
			at.scalar = v
		case uint64:
			if v > math.MaxInt64 {
				r.log.at(at, "is too large")
				v = 0
			}
			at.scalar = int64(v)
		}
	default:
		r.log.at(at, "cannot be used here")
	}
}
