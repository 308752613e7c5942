package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"plinto/internal/displayname"
)

// An Explanation is what a developer is told about an error. It repeats what was sent,
// so only development servers show one.
type Explanation struct {
	Problem  string      // one sentence, ours
	Compared *Comparison // what was sent beside what is registered, or nil
	Steps    []string    // what else to do or to know
	Command  string      // a shell command that mends it, or ""
	Sent     []Field     // the parameters as they came
}

// A Comparison is a value that was sent beside those that are registered, the one that
// is most like it first.
type Comparison struct {
	Sent       string
	Registered []string
	prefix     int // bytes that Sent and the first of Registered share
}

// Compare prepares a Comparison.
func Compare(sent string, registered []string) *Comparison {
	c := &Comparison{Sent: sent, Registered: slices.Clone(registered)}
	slices.SortStableFunc(c.Registered, func(a, b string) int { return common(sent, b) - common(sent, a) })
	if len(c.Registered) > 0 {
		c.prefix = common(sent, c.Registered[0])
	}
	return c
}

// common is how many bytes a and b share at the start, in whole characters.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) {
		r, size := utf8.DecodeRuneInString(a[n:])
		if s, size2 := utf8.DecodeRuneInString(b[n:]); s != r || size != size2 || r == utf8.RuneError && a[n] != b[n] {
			break
		}
		n += size
	}
	return n
}

// part is the character of s at n, rest what comes after it.
func part(s string, n int) string {
	_, size := utf8.DecodeRuneInString(s[n:])
	return displayname.Reveal(s[n : n+size])
}

func rest(s string, n int) string {
	_, size := utf8.DecodeRuneInString(s[n:])
	return displayname.Reveal(s[n+size:])
}

func (c *Comparison) same() string { return displayname.Reveal(c.Sent[:c.prefix]) }

func (c *Comparison) sentPart() string { return part(c.Sent, c.prefix) }

func (c *Comparison) sentRest() string { return rest(c.Sent, c.prefix) }

func (c *Comparison) registeredPart() string { return part(c.Registered[0], c.prefix) }

func (c *Comparison) registeredRest() string { return rest(c.Registered[0], c.prefix) }

// Difference says in words where the two part, or "" when there is nothing to compare.
func (c *Comparison) Difference() string {
	if len(c.Registered) == 0 || c.Sent == c.Registered[0] {
		return ""
	}
	at := utf8.RuneCountInString(c.Sent[:c.prefix]) + 1
	sent, registered := c.sentPart(), c.registeredPart()
	switch {
	case sent == "":
		return fmt.Sprintf("What was sent ends before character %d, where “%s” is registered.", at, registered)
	case registered == "":
		return fmt.Sprintf("What is registered ends before character %d, where “%s” was sent.", at, sent)
	case strings.EqualFold(sent, registered):
		return fmt.Sprintf("They differ at character %d in upper and lower case: “%s” was sent, “%s” is registered.", at, sent, registered)
	}
	return fmt.Sprintf("They differ at character %d: “%s” was sent, “%s” is registered.", at, sent, registered)
}
