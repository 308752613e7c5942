package admin

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the document
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/organization"
)

//go:embed openapi.json.gz
var compressed []byte

// An Operation is one route of the contract.
type Operation struct {
	ID         string // operationId
	Method     string
	Path       string // relative to the base, with {names}
	Permission organization.Permission
	// Organization says that who has the permission in the organization of the path may call it.
	Organization bool
	// System says that it is for callers of the system tenant only.
	System bool
	// Platform says that it changes tenants: rows that the platform's role alone writes.
	Platform bool
	// Outside says that its handler runs in no transaction: it asks somebody else in between.
	Outside      bool
	Parameters   []Parameter
	BodyRequired bool
	MediaType    string // of the body; "" for none
	body         *jsonschema.Schema
}

// A Parameter is one of the query or a header.
type Parameter struct {
	Name     string
	required bool
	In       string // "query" or "header"
	kind     string // type of its schema
	schema   *jsonschema.Schema
}

// A Contract is openapi.yaml, read.
type Contract struct {
	Document   []byte // as JSON
	Operations []*Operation
	byRoute    map[string]*Operation // "METHOD /path"
	row        *jsonschema.Schema    // of a line of an import
}

// linesOfJSON is the media type of files of users.
const linesOfJSON = "application/x-ndjson"

const documentURL = "file:///openapi.json"

type specified struct {
	Paths map[string]map[string]json.RawMessage
}

type specifiedOperation struct {
	OperationID  string                  `json:"operationId"`
	Permission   organization.Permission `json:"x-permission"`
	Organization bool                    `json:"x-organization"`
	System       bool                    `json:"x-system"`
	Platform     bool                    `json:"x-platform"`
	Transaction  *bool                   `json:"x-transaction"`
	Parameters   []json.RawMessage
	RequestBody  *struct {
		Required bool
		Content  map[string]json.RawMessage
	} `json:"requestBody"`
}

type specifiedParameter struct {
	Ref      string `json:"$ref"`
	Name     string
	In       string
	Required bool
	Schema   struct{ Type string }
}

// Document returns the contract that is part of the program, as JSON.
func Document() ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("open contract: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	return text, nil
}

// ReadContract returns the contract that is part of the program. It is read once: compiling its schemas takes tens of
// milliseconds, and nobody changes it.
func ReadContract() (*Contract, error) { return theContract() }

var theContract = sync.OnceValues(readContract)

func readContract() (*Contract, error) {
	text, err := Document()
	if err != nil {
		return nil, err
	}
	var document any
	var spec specified
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	compiler, err := newCompiler(document)
	if err != nil {
		return nil, err
	}
	c := &Contract{Document: text, byRoute: map[string]*Operation{}}
	if c.row, err = compiler.Compile(documentURL + "#/components/schemas/UserImport"); err != nil {
		return nil, fmt.Errorf("read schema of imports: %w", err)
	}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		if err := c.readPath(compiler, document, path, spec.Paths[path]); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return c, nil
}

// newCompiler returns a compiler of the schemas of the contract, which are below documentURL.
func newCompiler(document any) (*jsonschema.Compiler, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	for _, f := range formats {
		compiler.RegisterFormat(f)
	}
	if err := compiler.AddResource(documentURL, document); err != nil {
		return nil, fmt.Errorf("read schemas: %w", err)
	}
	return compiler, nil
}

var methods = []string{"get", "post", "put", "patch", "delete"}

func (c *Contract) readPath(compiler *jsonschema.Compiler, document any, path string, members map[string]json.RawMessage) error {
	for _, method := range methods {
		raw, ok := members[method]
		if !ok {
			continue
		}
		var spec specifiedOperation
		if err := json.Unmarshal(raw, &spec); err != nil {
			return err
		}
		op := &Operation{
			ID: spec.OperationID, Method: strings.ToUpper(method), Path: path, Permission: spec.Permission, Organization: spec.Organization, System: spec.System, Platform: spec.Platform,
			Outside: spec.Transaction != nil && !*spec.Transaction,
		}
		at := documentURL + "#/paths/" + escape(path) + "/" + method
		for i, p := range spec.Parameters {
			if err := op.readParameter(compiler, document, p, fmt.Sprintf("%s/parameters/%d", at, i)); err != nil {
				return err
			}
		}
		if spec.RequestBody != nil {
			op.BodyRequired = spec.RequestBody.Required
			for media := range spec.RequestBody.Content {
				op.MediaType = media
				if media == linesOfJSON {
					continue
				}
				schema, err := compiler.Compile(at + "/requestBody/content/" + escape(media) + "/schema")
				if err != nil {
					return err
				}
				op.body = schema
			}
		}
		c.Operations = append(c.Operations, op)
		c.byRoute[op.Method+" "+op.Path] = op
	}
	return nil
}

func (op *Operation) readParameter(compiler *jsonschema.Compiler, document any, raw json.RawMessage, at string) error {
	var p specifiedParameter
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	if p.Ref != "" {
		at = documentURL + p.Ref
		if err := decode(lookUp(document, p.Ref), &p); err != nil {
			return err
		}
	}
	if p.In != "query" && p.In != "header" {
		return nil // ids in paths are looked up: what is no id is not found
	}
	schema, err := compiler.Compile(at + "/schema")
	if err != nil {
		return err
	}
	op.Parameters = append(op.Parameters, Parameter{Name: p.Name, In: p.In, required: p.Required, kind: p.Schema.Type, schema: schema})
	return nil
}

// decode reads a part of the document into to.
func decode(part, to any) error {
	text, err := json.Marshal(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

// lookUp follows a reference within the document.
func lookUp(document any, ref string) any {
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		members, _ := document.(map[string]any)
		document = members[unescape.Replace(name)]
	}
	return document
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// escape writes a member name as part of a JSON Pointer in a URL.
func escape(name string) string {
	name = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return strings.NewReplacer("{", "%7B", "}", "%7D", "+", "%2B").Replace(name)
}

// Find returns the operation of a method and the path pattern of a route, or nil.
func (c *Contract) Find(method, pattern string) *Operation { return c.byRoute[method+" "+pattern] }

// Writes reports whether the operation changes something.
func (op *Operation) Writes() bool { return op.Method != http.MethodGet }

// Takes reports whether the operation has a parameter of that name.
func (op *Operation) Takes(name string) bool {
	return slices.ContainsFunc(op.Parameters, func(p Parameter) bool { return p.Name == name })
}

// Match returns the operation of a method and a path with ids, relative to the base, or nil. The
// router finds those of requests by itself.
func (c *Contract) Match(method, path string) *Operation {
	asked := strings.Split(path, "/")
	var found *Operation
	for _, op := range c.Operations {
		pattern := strings.Split(op.Path, "/")
		if op.Method != method || len(pattern) != len(asked) {
			continue
		}
		fits := true
		for i := range pattern {
			fits = fits && (strings.HasPrefix(pattern[i], "{") || pattern[i] == asked[i])
		}
		if fits && (found == nil || strings.Count(op.Path, "{") < strings.Count(found.Path, "{")) {
			found = op
		}
	}
	return found
}

// notAllowed refuses a method that nothing at a path below an issuer has (RFC 9110 §15.5.6).
func (c *Contract) notAllowed(path string) error {
	allowed := []string{http.MethodOptions}
	for _, method := range methods {
		if method = strings.ToUpper(method); c.Match(method, strings.TrimPrefix(path, paths.Management)) != nil {
			allowed = append(allowed, method)
		}
	}
	return &web.OAuthError{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Description: "This method is not allowed here.",
		Header: http.Header{"Allow": {strings.Join(allowed, ", ")}},
	}
}
