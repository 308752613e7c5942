package provider

import (
	"encoding/json"
	"fmt"
	"slices"
)

// NotInEffect returns the members that are stored but change nothing, because
// what they ask for does not exist yet. Members that ask for the behaviour there
// is anyway are left out.
func (m Metadata) NotInEffect() []Problem {
	var found []Problem
	note := func(member, message string) { found = append(found, Problem{member, "not in effect: " + message}) }
	doc, err := MetadataMembers(m)
	if err != nil {
		return nil // only metadata that no file or request can carry
	}
	for name, value := range doc {
		if known, _ := lookup(name); !known.effective && !idle(value) {
			note(name, "it is stored, and Plinto does not act on it yet")
		}
	}
	for i, grant := range m.GrantTypes {
		if slices.Contains(grantsLater, grant) {
			note(at("grant_types", i), fmt.Sprintf("the grant %s does not exist yet", grant))
		}
	}
	later := canonicalResponseTypes(responsesLater)
	for i, response := range m.ResponseTypes {
		if slices.Contains(later, response) {
			note(at("response_types", i), fmt.Sprintf("the response type %q does not exist yet", response))
		}
	}
	if slices.Contains(methodsLater, m.TokenEndpointAuthMethod) {
		note("token_endpoint_auth_method", "the client cannot authenticate by "+m.TokenEndpointAuthMethod+" yet, so it gets no tokens")
	}
	sortProblems(found)
	return found
}

// idle reports whether a value asks for nothing: false, "", an empty list or object.
func idle(value json.RawMessage) bool {
	return slices.Contains([]string{"false", `""`, "[]", "{}", "null"}, string(value))
}
