package remote

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A document is what is read of the contract.
type document struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Parameters map[string]parameter
		Schemas    map[string]schema
	}
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name        string
	In          string
	Description string
	Required    bool
	Schema      schema
}

type schema struct {
	Ref         string `json:"$ref"`
	Type        kinds
	Description string
	Properties  map[string]schema
	Items       *schema
	AllOf       []schema `json:"allOf"`
	Enum        []any    // null among them
}

// closed are the texts that a value, or each of a list, may be; nil: there is no list of them.
func (d *document) closed(s schema) (words []string) {
	if s.Items != nil {
		s = d.resolve(*s.Items)
	}
	for _, one := range s.Enum {
		if word, ok := one.(string); ok {
			words = append(words, word)
		}
	}
	return words
}

// kinds are the types that a value may have: one, or several.
type kinds []string

// UnmarshalJSON implements json.Unmarshaler.
func (k *kinds) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		*k = make(kinds, 1)
		return json.Unmarshal(text, &(*k)[0])
	}
	return json.Unmarshal(text, (*[]string)(k))
}

// An operation is one method of one path.
type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]struct{ Schema schema }
	} `json:"requestBody"`

	method, path string
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// read reads the operations of a contract, by path.
func read(text []byte) (*document, []*operation, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, nil, fmt.Errorf("read contract: %w", err)
	}
	var all []*operation
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods {
			raw, ok := d.Paths[path][method]
			if !ok {
				continue
			}
			op := &operation{method: strings.ToUpper(method), path: path}
			if err := json.Unmarshal(raw, op); err != nil {
				return nil, nil, fmt.Errorf("read %s of contract: %w", path, err)
			}
			all = append(all, op)
		}
	}
	return &d, all, nil
}

// parameters are those of an operation in the query or in headers.
func (d *document) parameters(op *operation) (all []parameter) {
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[last(p.Ref)]
		}
		if p.In == "query" || p.In == "header" {
			p.Schema = d.resolve(p.Schema)
			all = append(all, p)
		}
	}
	return all
}

// body are the members of an operation's body, by name; nil: it has none.
func (d *document) body(op *operation) map[string]schema {
	if op.RequestBody == nil {
		return nil
	}
	s := d.resolve(op.RequestBody.Content["application/json"].Schema)
	members := make(map[string]schema)
	for name, member := range s.Properties {
		members[name] = d.resolve(member)
	}
	return members
}

// resolve follows references, and joins what has to be together.
func (d *document) resolve(s schema) schema {
	for range 8 { // more is a circle
		if s.Ref == "" {
			break
		}
		s = d.Components.Schemas[last(s.Ref)]
	}
	for _, part := range s.AllOf {
		part = d.resolve(part)
		if s.Properties == nil {
			s.Properties = make(map[string]schema)
		}
		maps.Copy(s.Properties, part.Properties)
	}
	return s
}

func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

// collection reports whether a path is a list of things.
func (d *document) collection(path string) bool {
	for other := range d.Paths {
		if strings.HasPrefix(other, path+"/{") {
			return true
		}
	}
	raw, ok := d.Paths[path]["get"]
	var op operation
	return ok && json.Unmarshal(raw, &op) == nil && strings.HasPrefix(op.OperationID, "list")
}
