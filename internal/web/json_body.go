package web

import (
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"plinto/internal/fault"
	"plinto/internal/strictjson"
)

// Limits of a JSON body.
const (
	MaxJSON   = 64 << 10 // bytes
	maxDepth  = 17       // objects and lists in each other, with the body
	maxNumber = 40       // characters of a number
)

// ErrJSON reports a body that is no single JSON object, or one that two readers
// could take for different ones.
var ErrJSON = fault.New(fault.Invalid, "malformed_json", "The body must be one JSON object with distinct member names.")

// ErrNotJSON is ErrMediaType for endpoints that take JSON.
var ErrNotJSON = func() *fault.Error {
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
		return nil, ErrNotJSON
	}
	body, err := readBody(r, limit, ErrJSON)
	if err != nil {
		return nil, err
	}
	object, err := ParseJSONObject(body)
	if err != nil {
		return nil, err
	}
	return object, checkQuery(r, func(name string) bool { _, ok := object[name]; return ok })
}

// ParseJSONObject is ParseJSON for bytes from elsewhere. ErrJSON.
func ParseJSONObject(body []byte) (map[string]json.RawMessage, error) {
	object := map[string]json.RawMessage{}
	err := strictjson.Object(body, strictjson.Limits{Depth: maxDepth, Scalar: checkScalar}, func(name string, value []byte) error {
		object[name] = value
		return nil
	})
	if err != nil {
		return nil, ErrJSON.With(err)
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

// checkScalar refuses what no honest client sends and a database does not keep: NUL, the
// character that stands for a broken one, and numbers beyond a float64.
func checkScalar(token jsontext.Token) error {
	text := token.String()
	if token.Kind() == '0' {
		return checkNumber(text)
	}
	if strings.ContainsRune(text, 0) || strings.ContainsRune(text, utf8.RuneError) {
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
