package main

import (
	"fmt"
	"strings"
)

// alike gathers what is wrong with several things for the same cause, so that a cause is one finding.
type alike struct {
	causes []string // in the order in which they were found
	of     map[string]things
}

func newAlike() *alike { return &alike{of: map[string]things{}} }

// add notes that a thing is not as it should be.
func (a *alike) add(thing, cause string) {
	if a.of[cause] == nil {
		a.causes = append(a.causes, cause)
	}
	a.of[cause] = append(a.of[cause], thing)
}

// all yields the causes, each with what it is of.
func (a *alike) all(yield func(things, string) bool) {
	for _, cause := range a.causes {
		if !yield(a.of[cause], cause) {
			return
		}
	}
}

// things are names of tenants.
type things []string

// namedThings is how many of them are named.
const namedThings = 3

// named is one with one word before it, or several with another.
func (t things) named(one, several string) string {
	switch {
	case len(t) == 1:
		return one + t[0]
	case len(t) > namedThings:
		return fmt.Sprintf("%s%s and %d more", several, strings.Join(t[:namedThings], ", "), len(t)-namedThings)
	}
	return several + strings.Join(t, ", ")
}
