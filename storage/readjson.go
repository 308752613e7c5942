package storage

import (
	"encoding/json"
	"errors"
)

var errNull = errors.New("null")

// readJSON reads a column into what to points to. No column holds null, which would be read as what demands nothing.
func readJSON(stored []byte, to any) error {
	if len(stored) == 0 || string(stored) == "null" {
		return errNull
	}
	return json.Unmarshal(stored, to)
}
