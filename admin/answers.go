package admin

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plinto/internal/paths"
	"plinto/internal/web"
)

// Match returns the operation of a method and a path with ids, relative to the base, or nil. The
// router finds it by itself: this is for those who check answers.
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

var errUndocumented = errors.New("the contract has no such answer")

// CheckAnswer compares an answer with the contract.
func (op *Operation) CheckAnswer(status int, contentType string, body []byte) error {
	answers, ok := op.answers[strconv.Itoa(status)]
	if !ok && status >= http.StatusBadRequest {
		answers, ok = op.answers["default"]
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
