package admin

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plinto/internal/mailaddr"
)

// What the contract says of values beside their types, and JSON Schema alone does not check.
const (
	addressFormat = "idn-email" // mail addresses (RFC 6531)
	largeFormat   = "int64"
)

var errLarge = errors.New("is too large")

var formats = []*jsonschema.Format{
	{Name: addressFormat, Validate: func(v any) error {
		text, ok := v.(string)
		if !ok {
			return nil
		}
		_, err := mailaddr.Parse(text)
		return err
	}},
	{Name: largeFormat, Validate: func(v any) error {
		number, ok := v.(json.Number)
		if !ok {
			return nil
		}
		if n, err := number.Float64(); err != nil || math.Abs(n) >= 1<<63 {
			return errLarge
		}
		return nil
	}},
}
