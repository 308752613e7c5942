package password

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"plinto/internal/fault"
	"plinto/internal/strength"
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

// Why a password is refused that is easier to guess than Rules.MinScore takes, by what most of
// it is.
var (
	ErrWeakWords   = fault.New(fault.Invalid, "password_of_words", "This password is made of words that are easy to guess. Please add words that nobody expects beside them.")
	ErrWeakAbout   = fault.New(fault.Invalid, "password_of_names", "This password is made of names or addresses that others know. Please choose another.")
	ErrWeakPattern = fault.New(fault.Invalid, "password_of_patterns", "This password is a pattern that is easy to guess, such as repeated characters, rows of keys or a date. Please choose another.")
)

// weak are the errors by what a password is made of.
var weak = map[strength.Reason]error{strength.Words: ErrWeakWords, strength.About: ErrWeakAbout, strength.Pattern: ErrWeakPattern}

// ErrReused refuses a password that its user has, or had. Hashes tell, so no Rules do.
var ErrReused = fault.New(fault.Invalid, "password_reused", "You have used this password before. Please choose another.")

// Rules are what a new password has to keep to: length, commonness, strength and breaches, no
// rules about which characters (NIST SP 800-63B-4 §3.1.1.2).
type Rules struct {
	// MinLength is in characters; MinLength of the package at least.
	MinLength int
	// About are what an attacker tries first for this user: names of the service, the tenant
	// and the user.
	About []string
	// MinScore is how hard it has to be to guess: a score of strength.Estimate; 0: it is not
	// estimated.
	MinScore int
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

// Check reports why a new password, normalized, is refused. ErrShort, ErrCommon,
// ErrWeakWords, ErrWeakAbout, ErrWeakPattern, ErrBreached.
func (r Rules) Check(ctx context.Context, clean string) error {
	if err := r.CheckText(clean); err != nil {
		return err
	}
	if r.Breached != nil && r.Breached(ctx, clean) {
		return ErrBreached
	}
	return nil
}

// CheckText is Check without Breached: it asks nobody.
func (r Rules) CheckText(clean string) error {
	if least := max(r.MinLength, MinLength); utf8.RuneCountInString(clean) < least {
		short := *ErrShort
		short.Message = fmt.Sprintf("Please choose a password of at least %d characters.", least)
		return &short
	}
	if isCommon(clean, r.About) {
		return ErrCommon
	}
	if r.MinScore > 0 {
		if score, because := strength.Estimate(clean, r.About); score < r.MinScore {
			return weak[because]
		}
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
		lower, strength.Plain(lower), core, strength.Plain(core), right, strength.Plain(right), left, strength.Plain(left),
	}
}

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
