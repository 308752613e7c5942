package jwt

import (
	"fmt"

	"plinto/internal/strictjson"
)

// limits bound nesting in headers and payloads: deep documents only serve to exhaust whoever
// reads them next.
var limits = strictjson.Limits{Depth: 32}

// checkObject reads a payload, as an [ErrMalformed].
func checkObject(payload []byte) error {
	if err := strictjson.Object(payload, limits, nil); err != nil {
		return fmt.Errorf("payload: %w: %w", err, ErrMalformed)
	}
	return nil
}
