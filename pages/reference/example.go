package reference

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// command is a call of an operation for a shell, with what is required, and with some of a body.
func (d *document) command(o *operation, address string) string {
	path, query := o.shown.Path, url.Values{}
	for _, p := range o.parameters {
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", "$"+strings.ToUpper(p.Name))
		case p.In == "query" && p.Required:
			text, ok := d.example(p.Name, p.Schema, 0).(string)
			if !ok {
				text = "1"
			}
			query.Set(p.Name, text)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	lines := []string{"curl"}
	if o.shown.Method != http.MethodGet {
		lines[0] += " -X " + o.shown.Method
	}
	lines[0] += ` "` + address + path + `"`
	lines = append(lines, `-H "Authorization: Bearer $TOKEN"`)
	if o.body != nil {
		body, err := json.Marshal(d.example("", o.body, 0))
		if err == nil {
			lines = append(lines, `-H "Content-Type: application/json"`, "-d '"+strings.ReplaceAll(string(body), "'", `'\''`)+"'")
		}
	}
	return strings.Join(lines, " \\\n  ")
}

// fewest is how many members an example has where none is required.
const fewest = 2

// examples are values of members that many objects have.
var examples = map[string]string{
	"email": "ann@example.com", "username": "ann", "phone_number": "+4930123456", "external_id": "crm-7", "name": "Example",
	"slug": "example", "key": "example", "description": "An example.", "domain": "example.com",
}

// example makes up a value of a schema.
func (d *document) example(name string, s *schema, depth int) any {
	s = d.follow(s)
	if s == nil || depth > maxDepth {
		return map[string]any{}
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	if len(s.Default) > 0 {
		return s.Default
	}
	kind := "object"
	if len(s.Type.names) > 0 {
		kind = s.Type.names[0]
	}
	switch kind {
	case "string":
		return text(name, s)
	case "integer", "number":
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case "boolean":
		return true
	case "array":
		return []any{d.example(name, s.Items, depth+1)}
	}
	object := map[string]any{}
	for i, member := range names(s) {
		if i < max(len(s.Required), fewest) {
			object[member] = d.example(member, s.Properties[member], depth+1)
		}
	}
	return object
}

func text(name string, s *schema) string {
	switch {
	case examples[name] != "":
		return examples[name]
	case s.Format == "date-time":
		return "2027-01-01T00:00:00Z"
	case s.Format == "uri" || strings.HasSuffix(name, "uri") || strings.HasSuffix(name, "url"):
		return "https://app.example.com"
	}
	return "example"
}
