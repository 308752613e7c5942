package provider

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"plinto/internal/fault"
	"plinto/internal/scope"
)

// ResourceServerPrefix starts the public id of a resource server.
const ResourceServerPrefix = "api"

// Problems returns what is wrong with a resource server, by the names that manifest and API have for
// its members.
func (r *ResourceServer) Problems() (found []Problem) {
	report := func(member, format string, args ...any) {
		found = append(found, Problem{member, fmt.Sprintf(format, args...)})
	}
	if message := CheckResource(r.Identifier); message != "" {
		report("identifier", "%s", message)
	}
	if !utf8.ValidString(r.Name) || utf8.RuneCountInString(r.Name) > maxName {
		report("name", "must have at most %d characters", maxName)
	}
	if r.Format != "" && r.Format != FormatJWT && r.Format != FormatOpaque {
		report("token_format", "must be jwt or opaque")
	}
	if r.SigningAlg != "" && !slices.Contains(SigningAlgs, r.SigningAlg) {
		report("signing_alg", "must be one of %s", strings.Join(SigningAlgs, ", "))
	}
	if r.TokenTTL < 0 || r.TokenTTL > maxTokenTTL {
		report("access_token_ttl", "must be whole seconds, at most 24h")
	}
	for i, s := range r.Scopes {
		member := fmt.Sprintf("scopes[%d].name", i)
		if !scope.Valid(s.Name) {
			report(member, "must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)")
		}
		if slices.Contains(StandardScopes, s.Name) {
			report(member, "%q is a standard scope and cannot be declared", s.Name)
		}
		if slices.ContainsFunc(r.Scopes[:i], func(other Scope) bool { return other.Name == s.Name }) {
			report(member, "the scope %q is declared twice", s.Name)
		}
	}
	return found
}

// Fields are problems as parts of a JSON document.
func Fields(problems []Problem) []fault.Field {
	fields := make([]fault.Field, len(problems))
	for i, p := range problems {
		fields[i] = fault.Field{Pointer: pointer(p.Member), Message: p.Message}
	}
	return fields
}

// pointer writes a member like scopes[0].name as a JSON Pointer (RFC 6901).
func pointer(member string) string {
	if member == "" {
		return ""
	}
	return "/" + strings.NewReplacer("[", "/", "]", "", ".", "/", "~", "~0").Replace(member)
}
