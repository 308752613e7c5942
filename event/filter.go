package event

import (
	"fmt"
	"strings"
)

// A Filter chooses events by type: one type, all of a subject ("user.*"), or all ("*").
type Filter = string

// Wanted reports whether one of the filters chooses events of a type.
func Wanted(filters []Filter, t Type) bool {
	for _, f := range filters {
		if subject, all := strings.CutSuffix(f, "*"); f == string(t) || all && strings.HasPrefix(string(t), subject) {
			return true
		}
	}
	return false
}

// CheckFilter returns an error, fit for whoever wrote the filter, if it chooses none of types.
func CheckFilter(f Filter, types []Type) error {
	if subject, all := strings.CutSuffix(f, "*"); all && subject != "" && !strings.HasSuffix(subject, ".") || strings.Contains(subject, "*") {
		return fmt.Errorf("%q: a filter is a type of events, all of a subject such as user.*, or *", f)
	}
	for _, t := range types {
		if Wanted([]Filter{f}, t) {
			return nil
		}
	}
	return fmt.Errorf("%q is no type of events that can be sent", f)
}
