package reference

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"plinto/ui"
)

// A document is the contract as the pages show it.
type document struct {
	title, text string
	topics      []topic
	root        specified
}

// A topic is a tag, with its operations in the order of their paths.
type topic struct {
	name, text string
	operations []operation
}

type operation struct {
	shown      ui.ReferenceOperation // without its command
	parameters []parameter
	body       *schema
}

// specified is what is read of an OpenAPI document.
type specified struct {
	Info       struct{ Title, Description string }
	Tags       []struct{ Name, Description string }
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		Schemas    map[string]*schema
		Parameters map[string]parameter
		Responses  map[string]response
	}
}

type parameter struct {
	Ref         string `json:"$ref"`
	Name, In    string
	Description string
	Required    bool
	Schema      *schema
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]struct{ Schema *schema }
}

type specifiedOperation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Permission                        string `json:"x-permission"`
	Parameters                        []parameter
	RequestBody                       *struct {
		Required bool
		Content  map[string]struct{ Schema *schema }
	}
	Responses map[string]response
}

var methods = []string{"get", "post", "put", "patch", "delete"}

func readDocument(text []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(text, &d.root); err != nil {
		return nil, err
	}
	d.title, d.text = d.root.Info.Title, d.root.Info.Description
	for _, t := range d.root.Tags {
		d.topics = append(d.topics, topic{name: t.Name, text: t.Description})
	}
	for _, path := range slices.Sorted(maps.Keys(d.root.Paths)) {
		var shared []parameter
		if raw, ok := d.root.Paths[path]["parameters"]; ok {
			if err := json.Unmarshal(raw, &shared); err != nil {
				return nil, err
			}
		}
		for _, method := range methods {
			raw, ok := d.root.Paths[path][method]
			if !ok {
				continue
			}
			var o specifiedOperation
			if err := json.Unmarshal(raw, &o); err != nil {
				return nil, err
			}
			d.add(method, path, &o, shared)
		}
	}
	d.topics = slices.DeleteFunc(d.topics, func(t topic) bool { return len(t.operations) == 0 })
	return &d, nil
}

func (d *document) add(method, path string, o *specifiedOperation, shared []parameter) {
	op := operation{shown: ui.ReferenceOperation{
		ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Summary: o.Summary, Text: o.Description, Permission: o.Permission,
	}}
	for _, p := range slices.Concat(shared, o.Parameters) {
		if p.Ref != "" {
			p = d.root.Components.Parameters[last(p.Ref)]
		}
		op.parameters = append(op.parameters, p)
		field := d.field(p.Name, p.Schema, p.Required, 0)
		field.Place, field.Text = p.In, cmp.Or(p.Description, field.Text)
		op.shown.Parameters = append(op.shown.Parameters, field)
	}
	if o.RequestBody != nil {
		op.shown.BodyRequired = o.RequestBody.Required
		op.body = content(o.RequestBody.Content)
		op.shown.Body = d.members(op.body, 0)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		a := o.Responses[status]
		if a.Ref != "" {
			a = d.root.Components.Responses[last(a.Ref)]
		}
		op.shown.Answers = append(op.shown.Answers, ui.ReferenceAnswer{Status: status, Text: a.Description, Fields: d.members(content(a.Content), 0)})
	}
	name := "other"
	if len(o.Tags) > 0 {
		name = o.Tags[0]
	}
	at := slices.IndexFunc(d.topics, func(t topic) bool { return t.name == name })
	if at < 0 {
		at = len(d.topics)
		d.topics = append(d.topics, topic{name: name})
	}
	d.topics[at].operations = append(d.topics[at].operations, op)
}

// content returns the schema of the only media type there is, or nil.
func content(all map[string]struct{ Schema *schema }) *schema {
	for _, media := range slices.Sorted(maps.Keys(all)) {
		return all[media].Schema
	}
	return nil
}

// group is a topic as it is shown. With the address of the API operations have their examples.
func (d *document) group(t *topic, address string) ui.ReferenceGroup {
	g := ui.ReferenceGroup{Topic: t.name, Text: t.text, Operations: make([]ui.ReferenceOperation, len(t.operations))}
	for i := range t.operations {
		g.Operations[i] = t.operations[i].shown
		if address != "" {
			g.Operations[i].Command = d.command(&t.operations[i], address)
		}
	}
	return g
}

// last returns the last part of a reference.
func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
