package manifest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// What emit writes: mappings in order, lists, and scalars.
type (
	mapping []entry
	list    []any
	entry   struct {
		name  string
		value any // mapping, list, string, bool, json.Number, raw or nil
	}
	raw string // YAML already

	// A lazy list hands its items over one by one, so that they are never all in memory. It returns what yield does.
	lazy func(yield func(mapping) error) error
)

func texts(values []string) list {
	var out list
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

// decodeJSON reads JSON into what emit writes, members in the order they come.
func decodeJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return decodeValue(d)
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		out := mapping{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			out = append(out, entry{name.(string), value})
		}
		_, err = d.Token()
		return out, err
	case json.Delim('['):
		out := list{}
		for d.More() {
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		_, err = d.Token()
		return out, err
	}
	return t, nil
}

// emit writes YAML that every reader takes the same way: texts are in double
// quotes unless they are plain words. Entries without a value (nil, "", false, an
// empty list or mapping) are left out.
func emit(w io.Writer, m mapping) error {
	b := bufio.NewWriter(w)
	if err := emitMapping(b, m, "", ""); err != nil {
		return err
	}
	return b.Flush()
}

// emitMapping writes entries, the first after lead, the others after indent. What cannot be written shows
// when b is flushed, or when it stops whoever makes a lazy list.
func emitMapping(b *bufio.Writer, m mapping, lead, indent string) error {
	for _, e := range m {
		if items, ok := e.value.(lazy); ok {
			begun := false
			err := items(func(item mapping) error {
				if !begun {
					begun = true
					write(b, lead, scalar(e.name), ":\n")
				}
				return emitItem(b, item, indent+"  ")
			})
			if err != nil {
				return err
			}
			if begun {
				lead = indent
			}
			continue
		}
		if empty(e.value) {
			continue
		}
		write(b, lead, scalar(e.name), ":")
		lead = indent
		var err error
		switch v := e.value.(type) {
		case mapping:
			write(b, "\n")
			err = emitMapping(b, v, indent+"  ", indent+"  ")
		case list:
			err = emitList(b, v, indent+"  ")
		default:
			write(b, " ", scalar(v), "\n")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write leaves errors to Flush.
func write(b *bufio.Writer, texts ...string) {
	for _, text := range texts {
		_, _ = b.WriteString(text)
	}
}

func emitList(b *bufio.Writer, l list, indent string) error {
	if flow, ok := flowList(l); ok {
		write(b, " ", flow, "\n")
		return nil
	}
	write(b, "\n")
	for _, item := range l {
		if err := emitItem(b, item, indent); err != nil {
			return err
		}
	}
	return nil
}

func emitItem(b *bufio.Writer, item any, indent string) error {
	switch v := item.(type) {
	case mapping:
		if empty(v) || allEmpty(v) {
			write(b, indent, "- {}\n")
			break
		}
		if err := emitMapping(b, v, indent+"- ", indent+"  "); err != nil {
			return err
		}
	case list:
		// Lists in lists are rare: JSON is YAML too.
		write(b, indent, "- ", flowJSON(v), "\n")
	default:
		write(b, indent, "- ", scalar(v), "\n")
	}
	_, err := b.Write(nil) // what went wrong before ends a list that is long
	return err
}

// flowList writes a short list of scalars on one line.
func flowList(l list) (string, bool) {
	items := make([]string, len(l))
	for i, item := range l {
		switch item.(type) {
		case mapping, list:
			return "", false
		}
		items[i] = scalar(item)
	}
	line := "[" + strings.Join(items, ", ") + "]"
	return line, len(line) <= 100
}

func flowJSON(v any) string {
	switch v := v.(type) {
	case mapping:
		var parts []string
		for _, e := range v {
			parts = append(parts, quoted(e.name)+": "+flowJSON(e.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		var parts []string
		for _, item := range v {
			parts = append(parts, flowJSON(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quoted(v)
	default:
		return scalar(v)
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case list:
		return len(v) == 0
	case mapping:
		return len(v) == 0
	}
	return false
}

func allEmpty(m mapping) bool {
	return !slices.ContainsFunc(m, func(e entry) bool { return !empty(e.value) })
}

var (
	wordPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.@/+-]*$`)
	notWords    = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)

func scalar(v any) string {
	text, ok := v.(string)
	if !ok {
		if v == nil {
			return "null"
		}
		return fmt.Sprint(v) // a number, a bool, raw
	}
	if wordPattern.MatchString(text) && !slices.Contains(notWords, strings.ToLower(text)) {
		return text
	}
	return quoted(text)
}

func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a string: it cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
