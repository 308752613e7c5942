package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"plinto/internal/fault"
)

// ErrJSON reports a body that is not one JSON object, or holds a member twice.
var ErrJSON = fault.New(fault.Invalid, "invalid_request", "The body is not one JSON object with distinct members.")

// maxDepth bounds how deep a JSON body may nest.
const maxDepth = 32

// ParseObject reads a JSON body of at most limit bytes: one object, no member
// twice at any depth (which reading would count is anybody's guess), nothing after it.
func ParseObject(r *http.Request, limit int64) (map[string]json.RawMessage, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || len(r.Header["Content-Encoding"]) > 0 {
		return nil, ErrMediaType
	}
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, ErrTooLarge
		}
		return nil, ErrJSON.With(err)
	}
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := distinct(d, 0); err != nil {
		return nil, ErrJSON.With(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrJSON.With(errors.New("something follows the object"))
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, ErrJSON.With(err)
	}
	return object, nil
}

// distinct reads one value and refuses objects that name a member twice.
func distinct(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	if depth >= maxDepth {
		return errors.New("too deep")
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if seen[text] {
				return errors.New("a member is there twice")
			}
			seen[text] = true
		}
		if err := distinct(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}
