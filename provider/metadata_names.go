package provider

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"

	"plinto/internal/displayname"
)

// Names returns client_name and, by their members, its translations (client_name#fr, RFC
// 7591 §2.2): what a client is called in front of users.
func (m Metadata) Names() map[string]string {
	names := map[string]string{}
	if m.ClientName != "" {
		names["client_name"] = m.ClientName
	}
	for member, value := range m.Extra {
		var name string
		if strings.HasPrefix(member, "client_name#") && json.Unmarshal(value, &name) == nil {
			names[member] = name
		}
	}
	return names
}

// CleanNames returns m with one blank between the words of its name. Line breaks and tabs
// stay, to be refused.
func (m Metadata) CleanNames() Metadata {
	if !strings.ContainsFunc(m.ClientName, unicode.IsControl) {
		m.ClientName = displayname.Clean(m.ClientName)
	}
	return m
}

// NameProblems says which names hold what cannot be shown, beside the control characters
// that no text may hold. Clients that register themselves may not have them; operators
// are warned.
func (m Metadata) NameProblems() (problems []Problem) {
	for member, name := range m.Names() {
		if strings.ContainsFunc(name, unicode.IsControl) {
			continue
		}
		switch err := displayname.Check(name, maxName); {
		case errors.Is(err, displayname.ErrMarks):
			problems = append(problems, Problem{member, "must not contain so many combining marks in a row, or begin with one"})
		case errors.Is(err, displayname.ErrCharacters):
			problems = append(problems, Problem{member, "must not contain characters that are not seen, such as bidirectional and zero-width ones"})
		}
	}
	sortProblems(problems)
	return problems
}

// Warnings are what an operator should know of metadata that may be stored.
func (m Metadata) Warnings() []Problem { return append(m.NotInEffect(), m.NameProblems()...) }
