package reference

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plinto/ui"
)

// A schema is what the pages know of JSON Schema.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 kinds
	Format, Pattern      string
	Description          string
	Enum                 []any
	Default              json.RawMessage
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	AllOf, AnyOf, OneOf  []*schema
	MinLength, MaxLength *int
	MinItems, MaxItems   *int
	Minimum, Maximum     *json.Number
}

// kinds are the types of a schema, without null, and whether null is one.
type kinds struct {
	names    []string
	nullable bool
}

// UnmarshalJSON implements json.Unmarshaler: one type or a list.
func (k *kinds) UnmarshalJSON(text []byte) error {
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		names = []string{""}
		if err := json.Unmarshal(text, &names[0]); err != nil {
			return err
		}
	}
	for _, name := range names {
		if name == "null" {
			k.nullable = true
		} else {
			k.names = append(k.names, name)
		}
	}
	return nil
}

// maxDepth bounds how deep members of members are shown; a schema may hold itself.
const maxDepth = 4

// follow returns the schema that a reference stands for.
func (d *document) follow(s *schema) *schema {
	for range maxDepth {
		if s == nil || s.Ref == "" {
			return s
		}
		s = d.root.Components.Schemas[last(s.Ref)]
	}
	return s
}

// members are the members of an object, those that are required first.
func (d *document) members(s *schema, depth int) []ui.ReferenceField {
	s = d.follow(s)
	if s == nil || depth > maxDepth {
		return nil
	}
	var all []ui.ReferenceField
	for _, part := range slices.Concat(s.AllOf, s.AnyOf, s.OneOf) {
		all = append(all, d.members(part, depth)...)
	}
	for _, name := range names(s) {
		all = append(all, d.field(name, s.Properties[name], slices.Contains(s.Required, name), depth))
	}
	return all
}

// names are the members of an object, those that are required first.
func names(s *schema) []string {
	return slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		first := func(name string) int {
			if slices.Contains(s.Required, name) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a, b))
	})
}

func (d *document) field(name string, s *schema, required bool, depth int) ui.ReferenceField {
	f := ui.ReferenceField{Name: name, Required: required}
	at := d.follow(s)
	if at == nil {
		return f
	}
	f.Type, f.Text, f.Limits = d.kind(at), at.Description, limits(at)
	inner := at
	if items := d.follow(at.Items); items != nil {
		inner = items
		f.Limits = append(f.Limits, limits(items)...)
	}
	f.Fields = d.members(inner, depth+1)
	return f
}

// kind words the type of a schema.
func (d *document) kind(s *schema) string {
	text := strings.Join(s.Type.names, " or ")
	switch items := d.follow(s.Items); {
	case items != nil && len(items.Type.names) > 0:
		text = "array of " + strings.Join(items.Type.names, " or ")
	case text == "" && len(s.Properties) > 0:
		text = "object"
	case s.Format != "":
		text += " (" + s.Format + ")"
	}
	if s.Type.nullable {
		text += " or null"
	}
	return text
}

// limits words what else holds of a value.
func limits(s *schema) (all []string) {
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		all = append(all, "One of: "+strings.Join(values, ", "))
	}
	if text := between("characters", s.MinLength, s.MaxLength); text != "" {
		all = append(all, text)
	}
	if text := between("items", s.MinItems, s.MaxItems); text != "" {
		all = append(all, text)
	}
	if s.Minimum != nil {
		all = append(all, "At least "+s.Minimum.String())
	}
	if s.Maximum != nil {
		all = append(all, "At most "+s.Maximum.String())
	}
	if s.Pattern != "" {
		all = append(all, "Matches "+s.Pattern)
	}
	if len(s.Default) > 0 {
		all = append(all, "Without it: "+string(s.Default))
	}
	return all
}

func between(what string, least, most *int) string {
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf("%d to %d %s", *least, *most, what)
	case least != nil:
		return fmt.Sprintf("At least %d %s", *least, what)
	case most != nil:
		return fmt.Sprintf("At most %d %s", *most, what)
	}
	return ""
}
