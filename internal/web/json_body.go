package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"plinto/internal/fault"
)

// Limits of a JSON body.
const (
	MaxJSON   = 64 << 10 // bytes
	maxDepth  = 16       // objects and lists in each other
	maxNumber = 40       // characters of a number
)

// ErrJSON reports a body that is no single JSON object, or one that two readers
// could take for different ones.
var ErrJSON = fault.New(fault.Invalid, "malformed_json", "The body must be one JSON object with distinct member names.")

// errNotJSON is ErrMediaType for endpoints that take JSON.
var errNotJSON = func() *fault.Error {
	e := *ErrMediaType
	e.Message = "The body must be application/json."
	return &e
}()

// ParseJSON reads a body of one JSON object of at most limit bytes, and returns its
// members undecoded. Texts have no NUL and no half characters, numbers fit a
// float64, names differ in every object, and nothing follows the object: what
// databases and other readers would choke on is refused here, and so is a query that
// names a member of the object: it was given twice. ErrMediaType, ErrTooLarge,
// ErrJSON, ErrRepeated.
func ParseJSON(r *http.Request, limit int64) (map[string]json.RawMessage, error) {
	if !isJSON(r.Header) {
		return nil, errNotJSON
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
	object, err := ParseJSONObject(body)
	if err != nil {
		return nil, err
	}
	return object, checkQuery(r, func(name string) bool { _, ok := object[name]; return ok })
}

// ParseJSONObject is ParseJSON for bytes from elsewhere. ErrJSON.
func ParseJSONObject(body []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, ErrJSON
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return nil, ErrJSON.With(err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, ErrJSON
	}
	return object, nil
}

func isJSON(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == "application/json"
}

// checkValue reads the next value of a document that is valid JSON.
func checkValue(d *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case string:
		return checkText(t)
	case json.Number:
		return checkNumber(t.String())
	case json.Delim:
		return checkContainer(d, t, depth)
	}
	return nil
}

func checkContainer(d *json.Decoder, open json.Delim, depth int) error {
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := t.(string) // valid JSON has nothing else here
			if err := checkText(name); err != nil {
				return err
			}
			if names[name] {
				return errors.New("duplicate member")
			}
			names[name] = true
		}
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// checkText refuses what no honest client sends: NUL, and the replacement character,
// which is what half of a surrogate pair decodes to.
func checkText(s string) error {
	if strings.ContainsRune(s, 0) || strings.ContainsRune(s, utf8.RuneError) {
		return errors.New("text that cannot be kept")
	}
	return nil
}

func checkNumber(s string) error {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || len(s) > maxNumber || f == 0 && strings.ContainsAny(s, "eE") {
		return errors.New("number that cannot be kept")
	}
	return nil
}
