package scope

import (
	"errors"
	"slices"
	"strings"
)

// Limits of one parameter. Repetitions count: they are work too.
const (
	MaxBytes  = 1024
	MaxScopes = 50
)

// ErrInvalid is a parameter that is too long, has too many scopes or a character that RFC 6749 §3.3 does not allow. It
// is the client's invalid_scope and does not repeat the input.
var ErrInvalid = errors.New("scope: malformed")

// Parse splits a scope parameter. The order stays, repetitions are dropped, and "" is no scope at all. Surplus spaces
// are forgiven (clients join carelessly and they cannot change the meaning); tabs and line breaks are not.
func Parse(parameter string) ([]string, error) {
	if len(parameter) > MaxBytes {
		return nil, ErrInvalid
	}
	var scopes []string
	count := 0
	for token := range strings.SplitSeq(parameter, " ") {
		if token == "" {
			continue
		}
		if count++; count > MaxScopes || !Valid(token) {
			return nil, ErrInvalid
		}
		if !slices.Contains(scopes, token) {
			scopes = append(scopes, token)
		}
	}
	return scopes, nil
}

// Valid says whether name is one scope-token: %x21 / %x23-5B / %x5D-7E, which leaves out space, quote and backslash.
func Valid(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return name != "" && len(name) <= MaxBytes
}

// Join is the inverse of [Parse].
func Join(scopes []string) string { return strings.Join(scopes, " ") }

// Contains says whether scopes has name, compared with case.
func Contains(scopes []string, name string) bool { return slices.Contains(scopes, name) }

// Subset says whether every one of scopes is among allowed. No scope at all is a subset of anything.
func Subset(scopes, allowed []string) bool {
	return !slices.ContainsFunc(scopes, func(name string) bool { return !slices.Contains(allowed, name) })
}

// Among returns those of scopes that are in allowed, in their order: scopes itself when all are.
func Among(scopes, allowed []string) []string {
	return Keep(scopes, func(name string) bool { return slices.Contains(allowed, name) })
}

// Without returns those of scopes that are not in others, in their order: scopes itself when all are.
func Without(scopes, others []string) []string {
	return Keep(scopes, func(name string) bool { return !slices.Contains(others, name) })
}

// Keep returns those of scopes that are wanted, in their order: scopes itself when all are.
func Keep(scopes []string, wanted func(string) bool) []string {
	foreign := func(name string) bool { return !wanted(name) }
	if !slices.ContainsFunc(scopes, foreign) {
		return scopes
	}
	return slices.DeleteFunc(slices.Clone(scopes), foreign)
}
