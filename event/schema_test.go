package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/google/uuid"
)

// Where the schemas are published, and the page that shows them.
const (
	schemas = "../docs/schemas/events"
	page    = "../docs/events.md"
)

// A doc is what the source says of a fact: the comment of the type, and those of members.
type doc struct {
	text    string
	members map[string]string // by name in JSON
}

// docs reads the comments of all facts, by the name of their struct.
func docs(t *testing.T) map[string]doc {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]doc{}
	for _, file := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE || g.Doc == nil {
				continue
			}
			spec := g.Specs[0].(*ast.TypeSpec)
			s, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			said := doc{members: map[string]string{}}
			_, text, _ := strings.Cut(g.Doc.Text(), " ") // after the name
			said.text = sentence(text)
			for _, field := range s.Fields.List {
				if field.Tag != nil && (field.Doc.Text() != "" || field.Comment.Text() != "") {
					said.members[memberName(t, field)] = sentence(field.Doc.Text() + field.Comment.Text())
				}
			}
			all[spec.Name.Name] = said
		}
	}
	return all
}

func memberName(t *testing.T, field *ast.Field) string {
	t.Helper()
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
	return name
}

// sentence makes a comment one line that begins with a capital and ends with a full stop.
func sentence(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// schemaOf describes the data of a type of event (JSON Schema 2020-12). It lets members in
// that it does not name: later versions add some.
func schemaOf(t *testing.T, zero Fact, said doc) *jsonschema.Schema {
	t.Helper()
	var ends []any
	for _, why := range SessionEnds() {
		ends = append(ends, string(why))
	}
	s, err := jsonschema.ForType(reflect.TypeOf(zero), &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[uuid.UUID]():  {Type: "string", Format: "uuid"},
		reflect.TypeFor[SessionEnd](): {Type: "string", Examples: ends},
	}})
	if err != nil {
		t.Fatalf("%s: %v", zero.Type(), err)
	}
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", fmt.Sprintf("%s, version %d", zero.Type(), Version(zero.Type()))
	s.Description, s.AdditionalProperties = said.text, nil
	for name, p := range s.Properties {
		p.Description = said.members[name]
		if p.Types = slices.DeleteFunc(p.Types, func(kind string) bool { return kind == "null" }); len(p.Types) == 1 {
			p.Type, p.Types = p.Types[0], nil // no member is null: lists that are empty are left out or []
		}
	}
	return s
}

func schemaFile(zero Fact) string {
	return filepath.Join(schemas, Schema(zero.Type())+".json")
}

// What was published stays true: a version loses no member, changes the type of none, and
// demands none that it did not. Whoever has to do that raises the version of the type.
func TestSchemas_ofAVersionStayTrue(t *testing.T) {
	t.Parallel()
	comments, files := docs(t), map[string]bool{}
	for _, zero := range Types() {
		now, file := schemaOf(t, zero, comments[reflect.TypeOf(zero).Name()]), schemaFile(zero)
		files[filepath.Base(file)] = true
		if now.Description == "" {
			t.Errorf("%s: the type has no comment", zero.Type())
		}
		if stored, err := os.ReadFile(file); err == nil {
			var before jsonschema.Schema
			if err := json.Unmarshal(stored, &before); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if broken := breaks(&before, now); broken != "" {
				t.Errorf("%s: %s: raise its version", zero.Type(), broken)
				continue
			}
		}
		text, err := json.MarshalIndent(now, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		written(t, file, append(text, '\n'))
		validates(t, zero, now)
	}
	found, err := filepath.Glob(schemas + "/*.json")
	if err != nil || len(found) < len(files) {
		t.Fatal(found, err)
	}
	for _, file := range found { // schemas of earlier versions stay
		stem := strings.TrimSuffix(filepath.Base(file), ".json")
		at := strings.LastIndex(stem, ".v") // "domain.verified.v1"
		name, version := stem[:max(at, 0)], stem[min(at+2, len(stem)):]
		if n, err := strconv.Atoi(version); err != nil || !files[filepath.Base(file)] && n >= Version(Type(name)) {
			t.Errorf("%s is of no event in Types", file)
		}
	}
}

// validates holds that the schema takes the event's sample, and not one without what it demands.
func validates(t *testing.T, zero Fact, s *jsonschema.Schema) {
	t.Helper()
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", zero.Type(), err)
	}
	data, err := json.Marshal(sample(t, zero))
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(value); err != nil {
		t.Errorf("%s: the sample is not valid: %v", zero.Type(), err)
	}
	for _, name := range s.Required {
		without := maps.Clone(value)
		delete(without, name)
		if resolved.Validate(without) == nil {
			t.Errorf("%s: valid without %s", zero.Type(), name)
		}
	}
}

// breaks says what of a published schema is no longer true, or "".
func breaks(before, now *jsonschema.Schema) string {
	for name, old := range before.Properties {
		p, there := now.Properties[name]
		switch {
		case !there:
			return "the member " + name + " is gone"
		case p.Type != old.Type || p.Format != old.Format:
			return "the member " + name + " has another type"
		case slices.Contains(before.Required, name) && !slices.Contains(now.Required, name):
			return "the member " + name + " may be absent"
		}
	}
	return ""
}

func TestSchemas_breakWhere(t *testing.T) {
	t.Parallel()
	before := func() *jsonschema.Schema {
		return &jsonschema.Schema{Required: []string{"a"}, Properties: map[string]*jsonschema.Schema{"a": {Type: "string"}, "b": {Type: "integer"}}}
	}
	for want, change := range map[string]func(*jsonschema.Schema){
		"":                              func(s *jsonschema.Schema) { s.Properties["c"] = &jsonschema.Schema{Type: "string"} },
		"the member b is gone":          func(s *jsonschema.Schema) { delete(s.Properties, "b") },
		"the member b has another type": func(s *jsonschema.Schema) { s.Properties["b"].Type = "string" },
		"the member a may be absent":    func(s *jsonschema.Schema) { s.Required = nil },
	} {
		now := before()
		change(now)
		if got := breaks(before(), now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// written holds that a file has that text, or writes it with -update.
func written(t *testing.T, file string, text []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(stored, text) {
		t.Errorf("%s is not what the source says (go test ./event -update): %v\n%s", file, err, cmp.Diff(string(stored), string(text)))
	}
}
