package provider

import (
	"encoding/json"
	"fmt"
	"slices"
)

// DecodeMetadata reads the members of a client metadata document (RFC 7591 §2).
// Members it does not know, and those only a server sets, are left out: ask
// KnownMember where they are errors. A null member is an absent one. Members of
// the wrong JSON type are reported and left out (items of a list: emptied), so
// that Validate can go on.
func DecodeMetadata(doc map[string]json.RawMessage) (Metadata, []Problem) {
	var problems []Problem
	fields := make(map[string]json.RawMessage)
	extra := make(map[string]json.RawMessage)
	for name, value := range doc {
		m, ok := lookup(name)
		if !ok || m.kind == kindIssued || m.kind == kindIdentity || string(value) == "null" {
			continue
		}
		if where, want := m.mistyped(value); want != "" {
			problems = append(problems, Problem{name + where, "must be " + want})
			if where == "" {
				continue
			}
			value = texts(value)
		}
		if kept[name] {
			fields[name] = value
		} else {
			extra[name] = value
		}
	}
	var metadata Metadata
	known, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(known, &metadata)
	}
	if err != nil { // every type was checked above
		problems = append(problems, Problem{"", fmt.Sprintf("cannot be read: %v", err)})
	}
	if len(extra) > 0 {
		metadata.Extra = extra
	}
	sortProblems(problems)
	return metadata, problems
}

// EncodeMetadata writes metadata as one JSON object, with the members of Extra
// among the others and in one spelling, so that equal metadata are equal bytes.
func EncodeMetadata(m Metadata) (json.RawMessage, error) {
	doc, err := MetadataMembers(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

// MetadataMembers returns metadata by member name: the inverse of DecodeMetadata.
func MetadataMembers(m Metadata) (map[string]json.RawMessage, error) {
	fields, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write client metadata: %w", err)
	}
	doc := make(map[string]json.RawMessage, len(m.Extra)+16)
	if err := json.Unmarshal(fields, &doc); err != nil {
		return nil, fmt.Errorf("write client metadata: %w", err)
	}
	for name, value := range m.Extra {
		if !kept[name] {
			doc[name] = value
		}
	}
	return doc, nil
}

// mistyped returns what value should have been, or "" when it is that, and where
// in it the fault is ("[2]", or "" for all of it).
func (m member) mistyped(value json.RawMessage) (where, want string) {
	switch m.kind {
	case kindList, kindURIs:
		return unlikeList(value)
	case kindBool:
		return "", unlike[bool](value, "true or false")
	case kindSeconds:
		var n int64
		if json.Unmarshal(value, &n) != nil || n < 0 {
			return "", "a whole number of seconds"
		}
		return "", ""
	case kindObject:
		return "", unlike[map[string]json.RawMessage](value, "an object")
	default:
		return "", unlike[string](value, "a string")
	}
}

func unlike[T any](value json.RawMessage, want string) string {
	if json.Unmarshal(value, new(T)) != nil {
		return want
	}
	return ""
}

func unlikeList(value json.RawMessage) (where, want string) {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return "", "a list of strings"
	}
	for i, item := range items {
		if string(item) == "null" || unlike[string](item, "bad") != "" {
			return fmt.Sprintf("[%d]", i), "a string"
		}
	}
	return "", ""
}

// texts returns a list with an empty text for each item that is no text, so that
// the others can still be checked, at their places.
func texts(list json.RawMessage) json.RawMessage {
	var items []any
	_ = json.Unmarshal(list, &items) // it was read as a list before
	for i, item := range items {
		if _, ok := item.(string); !ok {
			items[i] = ""
		}
	}
	out, _ := json.Marshal(items) // of strings
	return out
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if a.Member < b.Member {
			return -1
		}
		if a.Member > b.Member {
			return 1
		}
		return 0
	})
}
