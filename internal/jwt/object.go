package jwt

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth bounds nesting in headers and payloads; deep documents only serve to exhaust whoever reads them next.
const maxDepth = 32

// object reads raw as one JSON object and hands each top-level member to visit, undecoded. Names are compared
// after unescaping; a name that appears twice in any object, at any depth, is an error, because two readers of such
// a document may see different values (RFC 8725 §2.4 tells why that matters). visit may be nil.
//
// encoding/json alone would not do: it takes the last of two equal names and folds their case.
func object(raw []byte, visit func(name string, value []byte) error) error {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return errors.New("not JSON")
	}
	w := walker{data: raw}
	w.space()
	if w.data[w.pos] != '{' {
		return errors.New("not a JSON object")
	}
	return w.object(1, visit)
}

// checkObject is object for a payload, as an [ErrMalformed].
func checkObject(payload []byte) error {
	if err := object(payload, nil); err != nil {
		return fmt.Errorf("payload: %w: %w", err, ErrMalformed)
	}
	return nil
}

// walker steps through a document that json.Valid has accepted, so it need not look at what it skips.
type walker struct {
	data []byte
	pos  int
}

func (w *walker) object(depth int, visit func(string, []byte) error) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	seen := map[string]struct{}{}
	w.pos++ // {
	for w.space(); w.data[w.pos] != '}'; w.space() {
		name, err := w.name()
		if err != nil {
			return err
		}
		if _, twice := seen[name]; twice {
			return errors.New("duplicate member")
		}
		seen[name] = struct{}{}
		w.space()
		w.pos++ // :
		w.space()
		start := w.pos
		if err := w.value(depth); err != nil {
			return err
		}
		if visit != nil {
			if err := visit(name, w.data[start:w.pos]); err != nil {
				return err
			}
		}
		w.comma()
	}
	w.pos++ // }
	return nil
}

func (w *walker) array(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	w.pos++ // [
	for w.space(); w.data[w.pos] != ']'; w.space() {
		if err := w.value(depth); err != nil {
			return err
		}
		w.comma()
	}
	w.pos++ // ]
	return nil
}

func (w *walker) value(depth int) error {
	switch w.data[w.pos] {
	case '{':
		return w.object(depth+1, nil)
	case '[':
		return w.array(depth + 1)
	case '"':
		w.text()
		return nil
	}
	for w.pos < len(w.data) { // number, true, false, null
		switch w.data[w.pos] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return nil
		}
		w.pos++
	}
	return nil
}

func (w *walker) name() (string, error) {
	start := w.pos
	if plain := w.text(); plain {
		return string(w.data[start+1 : w.pos-1]), nil
	}
	var name string
	err := json.Unmarshal(w.data[start:w.pos], &name)
	return name, err
}

// text steps over a string and says whether it is free of escapes.
func (w *walker) text() (plain bool) {
	plain = true
	for w.pos++; w.data[w.pos] != '"'; w.pos++ {
		if w.data[w.pos] == '\\' {
			plain = false
			w.pos++
		}
	}
	w.pos++
	return plain
}

func (w *walker) space() {
	for {
		switch w.data[w.pos] {
		case ' ', '\t', '\n', '\r':
			w.pos++
		default:
			return
		}
	}
}

func (w *walker) comma() {
	w.space()
	if w.data[w.pos] == ',' {
		w.pos++
	}
}
