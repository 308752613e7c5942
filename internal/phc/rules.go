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
// rules about which characters.
func CheckRules(clean string) error {
	if utf8.RuneCountInString(clean) < minPoints {
		return ErrShort
	}
	if isCommon(clean) {
		return ErrCommon
	}
	return nil
}

func isCommon(password string) bool {
	lower := strings.ToLower(password)
	if common[lower] {
		return true
	}
	trimmed := strings.TrimRight(lower, "0123456789!.?*#$@")
	if len(trimmed) >= 4 && common[trimmed] {
		return true
	}
	return strings.Count(lower, lower[:1]) == len(lower)
}
