package phc

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"plinto/internal/fault"
)

// Limits of a password.
const (
	minPoints = 8
	maxPoints = 256
	maxBytes  = 1024 // of what is typed, before anything else is done with it
)

// Why a password is refused.
var (
	ErrUnusable = fault.New(fault.Invalid, "password_unusable", "The password holds characters that cannot be typed again reliably.")
	ErrShort    = fault.New(fault.Invalid, "password_too_short", "Please choose a password of at least 8 characters. 15 or more are better.")
	ErrLong     = fault.New(fault.Invalid, "password_too_long", "Please choose a password of at most 256 characters.")
	ErrCommon   = fault.New(fault.Invalid, "password_too_common", "This password is among the first that attackers try. Please choose another.")
)

// Normalize brings a typed password into the one form it is hashed in (PRECIS
// OpaqueString, RFC 8265 §4.2). Blanks and case count; nothing is cut off.
func Normalize(password string) (string, error) {
	if len(password) > maxBytes || utf8.RuneCountInString(password) > maxPoints {
		return "", ErrLong
	}
	if password == "" {
		return "", ErrShort
	}
	clean, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", ErrUnusable
	}
	return clean, nil
}

// CheckRules reports why a new password is refused: length and commonness, no
// rules about which characters. words are what an attacker tries first for this
// user: names of the service, the tenant and the user. ErrShort, ErrCommon.
func CheckRules(clean string, words ...string) error {
	if utf8.RuneCountInString(clean) < minPoints {
		return ErrShort
	}
	lower := strings.ToLower(clean)
	core := undecorated(lower)
	if isCommon(lower, core) || isRun(lower) {
		return ErrCommon
	}
	for _, w := range words {
		if w = strings.ToLower(w); len(w) >= minCore && (core == w || lower == w) {
			return ErrCommon
		}
	}
	return nil
}

// minCore is the shortest word that is looked for under decorations.
const minCore = 3

// isCommon looks for the password as it is, under its decorations, and in plain
// letters.
func isCommon(lower, core string) bool {
	if common[lower] || common[plain.Replace(lower)] {
		return true
	}
	return len(core) > minCore && (common[core] || common[plain.Replace(core)])
}

// undecorated takes off the digits and signs that people put around a word to
// please rules, such as a year.
func undecorated(lower string) string { return strings.Trim(lower, "0123456789!.?*#$@-_+ ") }

// plain undoes the usual spellings of letters by other signs.
var plain = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")

// isRun finds one character repeated, and steps of one like abcdefgh or 98765432.
func isRun(lower string) bool {
	points := []rune(lower)
	step := points[1] - points[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 2; i < len(points); i++ {
		if points[i]-points[i-1] != step {
			return false
		}
	}
	return true
}
