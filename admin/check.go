package admin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"plinto/internal/brand"
	"plinto/internal/fault"
	"plinto/internal/web"
)

// maxBody bounds what an operation takes, in bytes.
const maxBody = 256 << 10

// Errors of requests that are not what the contract says.
var (
	ErrParameters = fault.New(fault.Invalid, "invalid_parameters", "A parameter of the request is not valid.")
	ErrBody       = fault.New(fault.Invalid, "invalid_body", "The body of the request is not valid.")
	ErrNoBody     = fault.New(fault.Invalid, "unexpected_body", "This request has no body.")
)

// Check compares a request with the contract, and returns its body. The generated handlers get what
// was checked here: by themselves they would take unknown members, members given twice and text after
// the document. ErrParameters, ErrBody, web.ErrJSON, web.ErrMediaType, web.ErrTooLarge.
func (op *Operation) Check(r *http.Request) ([]byte, error) {
	if err := op.checkParameters(r); err != nil {
		return nil, err
	}
	return op.checkBody(r)
}

func (op *Operation) checkParameters(r *http.Request) error {
	query, err := web.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	var wrong []fault.Field
	for name := range query {
		if !slices.ContainsFunc(op.Parameters, func(p Parameter) bool { return p.In == "query" && p.Name == name }) {
			wrong = append(wrong, fault.Field{Parameter: name, Message: "is not a parameter of this request"})
		}
	}
	for i := range op.Parameters {
		if said := op.Parameters[i].check(query, r.Header); said != "" {
			wrong = append(wrong, fault.Field{Parameter: op.Parameters[i].Name, Message: said})
		}
	}
	if len(wrong) > 0 {
		slices.SortFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
		return ErrParameters.At(wrong...)
	}
	return nil
}

// check says what is wrong with the values of a parameter, or "".
func (p *Parameter) check(query web.Form, header http.Header) string {
	values := query[p.Name]
	if p.In == "header" {
		values = header.Values(p.Name)
	}
	if len(values) == 0 && p.required {
		return "is missing"
	}
	if len(values) == 0 {
		return ""
	}
	if len(values) > 1 {
		return "is given more than once"
	}
	value, err := p.decode(values[0])
	if err != nil {
		return "is no " + p.kind
	}
	var invalid *jsonschema.ValidationError
	if err := p.schema.Validate(value); errors.As(err, &invalid) {
		return leaves(invalid)[0].Message
	}
	return ""
}

func (p *Parameter) decode(text string) (any, error) {
	if p.kind != "integer" && p.kind != "boolean" {
		return text, nil
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if _, ok := value.(string); ok {
		return nil, errors.New("a text in quotes")
	}
	return value, err
}

func (op *Operation) checkBody(r *http.Request) ([]byte, error) {
	if op.streamed() {
		return nil, op.checkStream(r) // each line is checked for itself
	}
	body, err := read(r, op.maxBody())
	switch {
	case err != nil:
		return nil, err
	case op.raw() && len(body) > 0:
		if !op.accepts(r.Header) {
			return nil, web.ErrMediaType
		}
		return body, nil
	case len(body) == 0 && !op.BodyRequired:
		return nil, nil
	case op.MediaType == "":
		return nil, ErrNoBody
	case !op.accepts(r.Header):
		return nil, web.ErrNotJSON
	}
	if err := checkDocument(op.body, body); err != nil {
		return nil, err
	}
	return body, nil
}

// CheckImport is Check of a line of an import.
func (c *Contract) CheckImport(line []byte) error { return checkDocument(c.row, line) }

func checkDocument(schema *jsonschema.Schema, body []byte) error {
	if _, err := web.ParseJSONObject(body); err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return web.ErrJSON.With(err)
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(document); errors.As(err, &invalid) {
		return ErrBody.At(leaves(invalid)...)
	}
	return nil
}

// read reads a whole body. A server that stopped in the middle would take its rest for the next
// request, so what is too long ends the connection (net/http does).
func read(r *http.Request, most int64) ([]byte, error) {
	if r.ContentLength > most {
		return nil, web.ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), int64(len(body)) > most:
		return nil, web.ErrTooLarge
	case err != nil:
		return nil, web.ErrJSON.With(err)
	}
	return body, nil
}

// pictures is the media type of operations that take one.
const pictures = "image/*"

// raw reports whether the body is no JSON: its handler looks at what it is.
func (op *Operation) raw() bool { return op.MediaType == pictures }

// maxBody bounds what the operation takes, in bytes.
func (op *Operation) maxBody() int64 {
	if op.raw() {
		return brand.MaxLogoBytes
	}
	return maxBody
}

// accepts reports whether a body is of the operation's media type; a merge patch may say that it is
// one (RFC 7396 §4).
func (op *Operation) accepts(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	if op.raw() {
		return err == nil && (media == "image/png" || media == "image/jpeg")
	}
	return err == nil && (media == op.MediaType || op.Method == http.MethodPatch && media == "application/merge-patch+json")
}

// maxWrong bounds how many wrong parts an answer names.
const maxWrong = 20

// leaves lists what is wrong, deepest first: the parts that a client can mend.
func leaves(e *jsonschema.ValidationError) []fault.Field {
	var all []fault.Field
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			all = append(all, fields(e)...)
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(e)
	slices.SortStableFunc(all, func(a, b fault.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	all = slices.Compact(all)
	return all[:min(len(all), maxWrong)]
}

// fields words one violation. Values are not repeated: they may be secret.
func fields(e *jsonschema.ValidationError) []fault.Field {
	at := pointer(e.InstanceLocation)
	each := func(names []string, said string) (all []fault.Field) {
		for _, name := range names {
			all = append(all, fault.Field{Pointer: at + pointer([]string{name}), Message: said})
		}
		return all
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return each(k.Properties, "is not a member of this object")
	case *kind.Required:
		return each(k.Missing, "is missing")
	}
	return []fault.Field{{Pointer: at, Message: word(e.ErrorKind)}}
}

func word(violated jsonschema.ErrorKind) string {
	switch k := violated.(type) {
	case *kind.Type:
		return "must be " + strings.Join(k.Want, " or ")
	case *kind.Enum:
		return "must be one of " + enumerate(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d items", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %d members", k.Want)
	case *kind.Minimum:
		return "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "must be at most " + k.Want.RatString()
	case *kind.UniqueItems:
		return "must have no item twice"
	case *kind.Format:
		switch k.Want {
		case addressFormat:
			return "must be an email address"
		case largeFormat:
			return "is too large"
		}
		return "must be a " + k.Want
	case *kind.Pattern:
		return "must match " + k.Want
	}
	return "is not valid"
}

func enumerate(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}

// pointer writes a path as a JSON Pointer (RFC 6901).
func pointer(path []string) string {
	var b strings.Builder
	for _, name := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
}
