package schema

import (
	"fmt"
	"slices"
	"strings"
)

// An unfitError is a database that must not be worked with as it is.
type unfitError struct{ findings []Finding }

// Error implements error: each finding is a line.
func (e *unfitError) Error() string {
	var lines []string
	for _, f := range e.findings {
		lines = append(lines, fmt.Sprintf("%s (%s)", f.Cause, f.Remedy))
	}
	return strings.Join(lines, "\n")
}

// Refuse turns what must not be into one error that names all of it.
func Refuse(findings []Finding) error {
	fatal := slices.DeleteFunc(findings, func(f Finding) bool { return !f.Fatal })
	if len(fatal) == 0 {
		return nil
	}
	return &unfitError{fatal}
}
