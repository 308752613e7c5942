package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"plinto/internal/fault"
)

// Limits of a form or query.
const (
	MaxForm       = 64 << 10 // bytes of a body
	maxParameters = 100
	maxName       = 128     // bytes of one name
	maxValue      = 8 << 10 // bytes of one value
)

// Errors of forms. ErrTooLarge and ErrMediaType have answers of their own (413, 415).
var (
	ErrForm      = fault.New(fault.Invalid, "malformed_form", "The form is malformed.")
	ErrRepeated  = fault.New(fault.Invalid, "repeated_parameter", "A parameter is repeated.")
	ErrTooLarge  = fault.New(fault.Invalid, "too_large", "The request is too large.")
	ErrMediaType = fault.New(fault.Invalid, "unsupported_media_type", "The body must be application/x-www-form-urlencoded.")
)

// A Form is parsed parameters. Values are valid UTF-8 without NUL.
type Form url.Values

// Get returns the first value, or "".
func (f Form) Get(name string) string { return url.Values(f).Get(name) }

// All returns every value.
func (f Form) All(name string) []string { return f[name] }

// Given returns the values that are not empty. A parameter that is sent without a value
// counts as omitted (RFC 6749 §3.1, §3.2): libraries send all fields that they have.
func (f Form) Given(name string) []string {
	given := make([]string, 0, len(f[name]))
	for _, value := range f[name] {
		if value != "" {
			given = append(given, value)
		}
	}
	return given
}

// Has reports whether the parameter was sent, even empty.
func (f Form) Has(name string) bool { return url.Values(f).Has(name) }

// Repeated returns the name of a parameter that was sent more than once and is
// not among those that may be.
func (f Form) Repeated(except ...string) (string, bool) {
	for name, values := range f {
		if len(values) > 1 && !slices.Contains(except, name) {
			return name, true
		}
	}
	return "", false
}

// ParseForm reads a urlencoded body of at most limit bytes. Parameters may not be
// repeated, except those named. Of the query nothing is taken; see checkQuery.
func ParseForm(r *http.Request, limit int64, repeatable ...string) (Form, error) {
	f, err := ParseRepeatable(r, limit)
	if err != nil {
		return nil, err
	}
	if _, repeated := f.Repeated(repeatable...); repeated {
		return nil, ErrRepeated
	}
	return f, nil
}

// ParseLargeForm is ParseForm of a form whose values may be as long as the body.
func ParseLargeForm(r *http.Request, limit int64) (Form, error) {
	f, err := parseBody(r, limit, parameters{most: int(limit), value: int(limit)})
	if err != nil {
		return nil, err
	}
	if _, repeated := f.Repeated(); repeated {
		return nil, ErrRepeated
	}
	return f, nil
}

// ParseRepeatable is ParseForm that leaves repetitions within the body to the caller.
func ParseRepeatable(r *http.Request, limit int64) (Form, error) {
	return parseBody(r, limit, usual)
}

func parseBody(r *http.Request, limit int64, bounds parameters) (Form, error) {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return Form{}, checkQuery(r, Form{}.Has) // the caller then names what is missing, which helps more than 415
	}
	if !urlencoded(r.Header) {
		return nil, ErrMediaType
	}
	body, err := readBody(r, limit, ErrForm)
	if err != nil {
		return nil, err
	}
	f, err := bounds.parse(string(body))
	if err != nil {
		return nil, err
	}
	return f, checkQuery(r, f.Has)
}

// readBody reads a body of at most limit bytes. ErrTooLarge; malformed where it does not arrive whole.
func readBody(r *http.Request, limit int64, malformed *fault.Error) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), int64(len(body)) > limit:
		return nil, ErrTooLarge
	case err != nil:
		return nil, malformed.With(err)
	}
	return body, nil
}

// checkQuery refuses a query beside a body that repeats a parameter, or names one
// that the body has: it was given twice (RFC 6749 §3.1, §3.2), and what reads the
// query, such as a proxy, would act on another value than we do.
func checkQuery(r *http.Request, inBody func(name string) bool) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	query, err := ParseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	for name := range query {
		if inBody(name) {
			return ErrRepeated
		}
	}
	return nil
}

func urlencoded(h http.Header) bool {
	types := h["Content-Type"]
	if len(types) != 1 || len(h["Content-Encoding"]) > 0 {
		return false
	}
	const want = "application/x-www-form-urlencoded"
	if types[0] == want {
		return true
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == want
}

// ParseQuery reads a raw query; parameters may not be repeated, except those named.
func ParseQuery(raw string, repeatable ...string) (Form, error) {
	f, err := ParseQueryRepeatable(raw)
	if err != nil {
		return nil, err
	}
	if _, repeated := f.Repeated(repeatable...); repeated {
		return nil, ErrRepeated
	}
	return f, nil
}

// ParseQueryRepeatable is ParseQuery that leaves repetitions to the caller.
func ParseQueryRepeatable(raw string) (Form, error) { return usual.parse(raw) }

// parameters are bounds, in bytes: of all that is parsed, and of one value.
type parameters struct{ most, value int }

var usual = parameters{MaxForm, maxValue}

func (b parameters) parse(raw string) (Form, error) {
	if len(raw) > b.most {
		return nil, ErrTooLarge
	}
	pairs := strings.Count(raw, "&") + 1
	values := make([]string, 0, min(pairs, maxParameters)) // one allocation for all
	f := make(Form, min(pairs, maxParameters))
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		if len(values) == maxParameters {
			return nil, ErrForm
		}
		name, value, _ := strings.Cut(pair, "=")
		name, okName := unescape(name)
		value, okValue := unescape(value)
		if !okName || !okValue || len(name) > maxName || len(value) > b.value {
			return nil, ErrForm
		}
		values = append(values, value)
		if earlier, ok := f[name]; ok {
			f[name] = append(earlier, value)
		} else {
			f[name] = values[len(values)-1 : len(values) : len(values)]
		}
	}
	return f, nil
}

// unescape decodes one component and refuses what no honest client sends: broken
// escapes, NUL, and bytes that are not UTF-8. A bare semicolon is refused like
// net/url does: others split on it.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, ';') >= 0 {
		return "", false
	}
	out, err := url.QueryUnescape(s)
	if err != nil || strings.IndexByte(out, 0) >= 0 || !utf8.ValidString(out) {
		return "", false
	}
	return out, true
}
