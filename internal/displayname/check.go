package displayname

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Why a name is refused.
var (
	ErrTooLong    = errors.New("the name is too long")
	ErrCharacters = errors.New("the name contains characters that cannot be seen or that change how text around it is read")
	ErrMarks      = errors.New("the name contains too many combining marks in a row")
)

// maxMarks is how many combining marks may follow each other: as many as languages
// use. More of them are drawn over the lines above and below.
const maxMarks = 4

// Clean returns the name with every run of white space as one blank, and none at the ends.
func Clean(name string) string { return strings.Join(strings.Fields(name), " ") }

// Check reports why a name, which went through Clean, may not be shown: it has more
// than limit characters, ErrTooLong; it holds a character that is not seen (controls,
// bidirectional formatting, zero width, tags, fillers, unassigned and private use),
// ErrCharacters; ErrMarks. The empty name is fine.
func Check(name string, limit int) error {
	if !utf8.ValidString(name) {
		return ErrCharacters
	}
	if utf8.RuneCountInString(name) > limit {
		return ErrTooLong
	}
	marks, first := 0, true
	for _, r := range name {
		if !visible(r) {
			return ErrCharacters
		}
		if !unicode.Is(unicode.M, r) {
			marks, first = 0, false
			continue
		}
		if marks++; marks > maxMarks || first {
			return ErrMarks // the first one would be drawn over what stands before the name
		}
	}
	return nil
}

// visible reports whether a character is seen and changes nothing but its own place.
func visible(r rune) bool {
	switch {
	case r == ' ', r == '\ufe0e', r == '\ufe0f': // the last two: a sign as text or as emoji
		return true
	case !unicode.IsGraphic(r), unicode.Is(unicode.Zs, r), r == '\u2800', r == utf8.RuneError:
		return false // U+2800 is a blank among the Braille signs
	default:
		return !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
	}
}

// Line makes any text one line that can be shown: what Check refuses is left out, and
// what is more than limit characters is cut off. It is for what nobody can be asked to
// correct, such as the name of a browser.
func Line(text string, limit int) string {
	var line strings.Builder
	marks, length, last := 0, 0, ' '
	for _, r := range Clean(strings.ToValidUTF8(text, "\ufffd")) {
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if r != utf8.RuneError && !visible(r) || marks > maxMarks || marks > 0 && last == ' ' || r == ' ' && last == ' ' {
			continue
		}
		if length++; length > limit {
			break
		}
		line.WriteRune(r)
		last = r
	}
	return strings.TrimSuffix(line.String(), " ")
}

// Reveal writes the characters that Check refuses as escapes such as \u202e, for those
// who have to see what was sent.
func Reveal(text string) string {
	var out strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case !visible(r):
			out.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
