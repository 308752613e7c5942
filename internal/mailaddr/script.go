package mailaddr

import (
	"unicode"
	"unicode/utf8"
)

// isText reports whether all that is not ASCII are letters, digits and marks, each
// mark behind something it belongs to.
func isText(s string) bool {
	before := '.'
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
		case unicode.Is(unicode.M, r):
			if before < utf8.RuneSelf && !alphanumeric(byte(before)) {
				return false
			}
		case !unicode.IsLetter(r) && !unicode.Is(unicode.Nd, r):
			return false
		}
		before = r
	}
	return true
}

// together are the scripts that one language writes in one word (UTS 39 §5.2, highly
// restrictive).
var together = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// oneScript reports whether the letters of s are of one script, or of scripts that
// are written together. A Cyrillic а among Latin letters makes another address that
// looks the same.
func oneScript(s string) bool {
	found := map[string]bool{}
	for _, r := range s {
		if name := scriptOf(r); name != "" {
			found[name] = true
		}
	}
	if len(found) <= 1 {
		return true
	}
	for _, scripts := range together {
		known := 0
		for _, name := range scripts {
			if found[name] {
				known++
			}
		}
		if known == len(found) {
			return true
		}
	}
	return false
}

// scriptOf returns the script of a rune, or "" of one that goes with all of them.
func scriptOf(r rune) string {
	if r < utf8.RuneSelf {
		if alphanumeric(byte(r)) && (r < '0' || r > '9') {
			return "Latin"
		}
		return ""
	}
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "unknown"
}
