package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Answers are what the contract says of answers. Tests hold each answer against it; the server checks requests alone.
type Answers map[*Operation]map[string]map[string]*jsonschema.Schema // status → media type → schema, nil for what is no JSON

// ReadAnswers reads what a contract says of answers.
func ReadAnswers(c *Contract) (Answers, error) {
	var document any
	if err := json.Unmarshal(c.Document, &document); err != nil {
		return nil, err
	}
	compiler, err := newCompiler(document)
	if err != nil {
		return nil, err
	}
	all := Answers{}
	for _, op := range c.Operations {
		at := "#/paths/" + escape(op.Path) + "/" + strings.ToLower(op.Method)
		var spec struct{ Responses map[string]specifiedAnswer }
		members := document.(map[string]any)["paths"].(map[string]any)[op.Path].(map[string]any)
		if err := decode(members[strings.ToLower(op.Method)], &spec); err != nil {
			return nil, err
		}
		if all[op], err = readAnswers(compiler, document, spec.Responses, documentURL+at); err != nil {
			return nil, fmt.Errorf("%s %s: %w", op.Method, op.Path, err)
		}
	}
	return all, nil
}

type specifiedAnswer struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema json.RawMessage }
}

func readAnswers(compiler *jsonschema.Compiler, document any, answers map[string]specifiedAnswer, at string) (map[string]map[string]*jsonschema.Schema, error) {
	read := map[string]map[string]*jsonschema.Schema{}
	for status, a := range answers {
		at := at + "/responses/" + status
		if a.Ref != "" {
			at = documentURL + a.Ref
			if err := decode(lookUp(document, a.Ref), &a); err != nil {
				return nil, err
			}
		}
		read[status] = map[string]*jsonschema.Schema{}
		for media := range a.Content {
			read[status][media] = nil
			if !strings.HasSuffix(media, "json") || media == linesOfJSON {
				continue
			}
			schema, err := compiler.Compile(at + "/content/" + escape(media) + "/schema")
			if err != nil {
				return nil, err
			}
			read[status][media] = schema
		}
	}
	return read, nil
}

var errUndocumented = errors.New("the contract has no such answer")

// Check compares an answer of an operation with the contract.
func (a Answers) Check(op *Operation, status int, contentType string, body []byte) error {
	answers, ok := a[op][strconv.Itoa(status)]
	if !ok && status >= http.StatusBadRequest {
		answers, ok = a[op]["default"]
	}
	if !ok {
		return errUndocumented
	}
	if len(answers) == 0 {
		if len(body) > 0 {
			return errors.New("has a body")
		}
		return nil
	}
	media, _, _ := mime.ParseMediaType(contentType)
	schema, ok := answers[media]
	if !ok {
		return fmt.Errorf("%w of %s", errUndocumented, contentType)
	}
	if schema == nil {
		return nil
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// PathParameters are the names in the path.
func (op *Operation) PathParameters() (names []string) {
	for part := range strings.SplitSeq(op.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}
