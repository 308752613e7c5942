package explain

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"plinto/event"
)

// An Explanation is what happened to a request, in words for operators.
type Explanation struct {
	RequestID string    `json:"request_id"`
	Tenant    string    `json:"tenant"` // slug
	At        time.Time `json:"at"`
	Request   string    `json:"request"` // "POST /login"
	ClientID  string    `json:"client_id,omitempty"`
	Outcome   string    `json:"outcome"`
	Code      string    `json:"code,omitempty"`
	Cause     string    `json:"cause,omitempty"`
	Remedy    string    `json:"remedy,omitempty"`
	// Technical is the error as logged.
	Technical string   `json:"technical,omitempty"`
	Decisions []string `json:"decisions,omitempty"`
	Events    []string `json:"events,omitempty"`
	// Flow are the other requests of the same sign-in, in order.
	Flow []string `json:"flow,omitempty"`
}

// Explain puts a trail into words. Events are those of the same request, related the
// trails of the same flow.
func Explain(t *Trail, events []event.Event, related []Trail) Explanation {
	e := Explanation{
		RequestID: t.RequestID, At: t.At, Request: t.Method + " " + t.Route, ClientID: t.ClientID, Outcome: outcome(t),
		Code: cmp.Or(t.Detail, t.Code), Technical: t.Cause,
	}
	if t.Code != "" {
		said := wordsFor(t.Code, t.Detail)
		e.Cause, e.Remedy = said.cause, said.remedy
	}
	for _, d := range t.Decided {
		e.Decisions = append(e.Decisions, decision(d.Step, d.Why, d.Facts))
	}
	for i := range events {
		e.Events = append(e.Events, happened(&events[i]))
		if why, known := failureWords[events[i].Reason]; known && events[i].Type() == (event.SignInFailed{}).Type() {
			e.Cause = why
		}
	}
	for i := range related {
		if r := &related[i]; r.RequestID != t.RequestID {
			e.Flow = append(e.Flow, fmt.Sprintf("%s  %s  %s %s: %s", r.At.UTC().Format(time.RFC3339), r.RequestID, r.Method, r.Route, outcome(r)))
		}
	}
	return e
}

// Known reports whether there are words for an error that is answered with a code, or for
// the error's own code.
func Known(code, detail string) bool {
	_, protocol := protocolWords[code]
	_, server := serverWords[code]
	_, own := serverWords[detail]
	_, management := managementWords[code]
	_, organization := organizationWords[code]
	_, federation := federationWords[code]
	return protocol || server || own || management || organization || federation
}

// Words returns what an error of the management API means, and what to do about it ("" for nothing);
// ok is false for a code that nobody has words for.
func Words(code string) (cause, remedy string, ok bool) {
	for _, all := range []map[string]words{managementWords, organizationWords, federationWords, serverWords, protocolWords} {
		if said, ok := all[code]; ok {
			return said.cause, said.remedy, true
		}
	}
	return "", "", false
}

// Codes returns all codes that Words knows, sorted.
func Codes() []string {
	all := map[string]bool{}
	for _, some := range []map[string]words{managementWords, organizationWords, federationWords, serverWords, protocolWords} {
		for code := range some {
			all[code] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// wordsFor returns the words for an error: those of its own code, where there are some.
func wordsFor(code, detail string) words {
	for _, from := range []struct {
		all  map[string]words
		code string
	}{{serverWords, detail}, {serverWords, code}, {protocolWords, code}, {managementWords, code}, {organizationWords, code}, {federationWords, code}} {
		if said, known := from.all[from.code]; known {
			return said
		}
	}
	return words{cause: "The request was refused with the code " + code + "."}
}

func outcome(t *Trail) string {
	switch {
	case t.Code == "" && len(t.Decided) > 0:
		return cmp.Or(stepWords[t.Decided[len(t.Decided)-1].Step], t.Decided[len(t.Decided)-1].Step)
	case t.Code == "":
		return "answered"
	case t.Status >= http.StatusBadRequest:
		return fmt.Sprintf("refused with %s (HTTP %d)", t.Code, t.Status)
	}
	return "the application was answered with the error " + t.Code
}

// decision is "sign the user in, because nobody is signed in (prompt: login)".
func decision(step, why string, facts map[string]string) string {
	reason, known := reasonWords[why]
	if !known {
		reason = why
	}
	said := cmp.Or(stepWords[step], step) + ", because " + reason
	if len(facts) == 0 {
		return said
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		all = append(all, strings.ReplaceAll(name, "_", " ")+": "+facts[name])
	}
	return said + " (" + strings.Join(all, "; ") + ")"
}

// happened is an event in one line.
func happened(e *event.Event) string {
	said := []string{string(e.Type())}
	if e.Outcome != "success" {
		said = append(said, e.Outcome)
	}
	if e.Reason != "" {
		said = append(said, e.Reason)
	}
	if e.Subject != "" {
		said = append(said, e.Subject)
	}
	if data, err := event.Encode(e.Fact); err == nil && len(data) > 0 {
		said = append(said, string(data))
	}
	return strings.Join(said, "  ")
}
