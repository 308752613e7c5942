package password

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"plinto/internal/fault"
)

// Limits of a password, in characters.
const (
	MinLength = 8 // whatever Rules say
	MaxLength = 256
)

// maxBytes bounds what is typed, before anything else is done with it.
const maxBytes = 1024

// Why a password is refused.
var (
	ErrUnusable = fault.New(fault.Invalid, "password_unusable", "The password holds characters that cannot be typed again reliably.")
	ErrShort    = fault.New(fault.Invalid, "password_too_short", "Please choose a longer password.")
	ErrLong     = fault.New(fault.Invalid, "password_too_long", "Please choose a password of at most 256 characters.")
	ErrCommon   = fault.New(fault.Invalid, "password_too_common", "This password is among the first that attackers try. Please choose another.")
	ErrBreached = fault.New(fault.Invalid, "password_breached", "This password has appeared in a data breach, so attackers try it. Please choose another.")
)

// ErrReused refuses a password that its user has, or had. Hashes tell, so no Rules do.
var ErrReused = fault.New(fault.Invalid, "password_reused", "You have used this password before. Please choose another.")

// Rules are what a new password has to keep to: length, commonness and breaches, no rules
// about which characters (NIST SP 800-63B-4 §3.1.1.2).
type Rules struct {
	// MinLength is in characters; MinLength of the package at least.
	MinLength int
	// About are what an attacker tries first for this user: names of the service, the tenant
	// and the user.
	About []string
	// Breached reports whether a password, normalized, is known to have leaked; nil: none is.
	Breached func(ctx context.Context, clean string) bool
}

// Normalize brings a typed password into the one form it is hashed in (PRECIS
// OpaqueString, RFC 8265 §4.2). Blanks and case count; nothing is cut off.
func Normalize(password string) (string, error) {
	if len(password) > maxBytes || utf8.RuneCountInString(password) > MaxLength {
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

// Check reports why a new password, normalized, is refused. ErrShort, ErrCommon, ErrBreached.
func (r Rules) Check(ctx context.Context, clean string) error {
	if err := r.CheckText(clean); err != nil {
		return err
	}
	if r.Breached != nil && r.Breached(ctx, clean) {
		return ErrBreached
	}
	return nil
}

// CheckText is Check without Breached: it asks nobody. ErrShort, ErrCommon.
func (r Rules) CheckText(clean string) error {
	if least := max(r.MinLength, MinLength); utf8.RuneCountInString(clean) < least {
		short := *ErrShort
		short.Message = fmt.Sprintf("Please choose a password of at least %d characters.", least)
		return &short
	}
	if isCommon(clean, r.About) {
		return ErrCommon
	}
	return nil
}

// IsCommon reports whether a password, normalized, is one that attackers try first.
func IsCommon(clean string) bool { return utf8.RuneCountInString(clean) > 1 && isCommon(clean, nil) }

// isCommon reports whether a password is one that attackers try first, or a spelling of one.
func isCommon(clean string, words []string) bool {
	lower := strings.ToLower(clean)
	if isRun(lower) {
		return true
	}
	about := make(map[string]bool, len(words))
	for _, w := range words {
		about[strings.ToLower(w)] = true
	}
	for i, spelling := range spellings(lower) {
		// What is left under decorations has to be a word to count.
		if bare := i > 1; bare && len(spelling) < minCore {
			continue
		}
		if isListed(spelling) || about[spelling] && len(spelling) >= minCore {
			return true
		}
	}
	return false
}

// minCore is the shortest word that is looked for under decorations, in bytes.
const minCore = 3

// decorations are the digits and signs that people put around a word to please
// rules, such as a year.
const decorations = "0123456789!.?*#$@-_+ "

// spellings are what a password may be a spelling of: itself, and what is left
// without the decorations at either end, as they are and in plain letters.
func spellings(lower string) []string {
	right := strings.TrimRight(lower, decorations)
	left := strings.TrimLeft(lower, decorations)
	core := strings.TrimLeft(right, decorations)
	return []string{
		lower, plain.Replace(lower), core, plain.Replace(core), right, plain.Replace(right), left, plain.Replace(left),
	}
}

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
