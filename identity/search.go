package identity

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"plinto/internal/fault"
)

// A Search finds users by a part of their primary address, user name, external id or name, in upper
// or lower case.
type Search struct {
	Text  string
	Start bool // one of these starts with Text; else it may be anywhere in them
}

// shortest is how many letters and digits in a row the index needs to find a text anywhere.
const shortest = 3

// ErrSearch reports a text that nobody can be found by.
var ErrSearch = fault.New(fault.Invalid, "invalid_search", "Search for a text with at least one letter or digit.")

// NewSearch returns the search for what somebody typed. A text without three letters or digits in a
// row is looked for at the start. ErrSearch.
func NewSearch(typed string, start bool) (Search, error) {
	text, longest, run := strings.TrimSpace(norm.NFC.String(typed)), 0, 0
	for _, r := range text {
		if run++; !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest == 0 || strings.ContainsFunc(text, unicode.IsControl) {
		return Search{}, ErrSearch
	}
	return Search{Text: text, Start: start || longest < shortest}, nil
}
