package refusal

import (
	"cmp"
	"slices"
	"strings"

	"plinto/event"
	"plinto/internal/paths"
	"plinto/tenant"
)

// A Request is a request of a client that was refused.
type Request struct {
	Tenant *tenant.Tenant
	Origin event.Origin
	Path   string // below the issuer
	Error  string // that was answered
	Detail string // the error's own code, where the protocol's is coarser, or ""
	// ClientID is as it was sent. It is recorded of clients that there are, only: anybody can
	// send anything in its place, a secret too.
	ClientID string
	Known    bool   // there is such a client
	Proved   bool   // and it had authentication
	Method   string // of authentication that failed, or ""

	other bool // one of those that are counted whatever they are
}

// tooManyFailures is the detail of clients that failed too often, see package clientauth.
const tooManyFailures = "too_many_failures"

// ownEvents are the details of refusals that the endpoint itself records, in the transaction
// that ends what was stolen.
var ownEvents = []string{"code_spent", "refresh_token_reused"}

// endpoints are where refusals are recorded, and of which errors. Others are mistakes of
// developers, whom plinto explain helps. A failed authentication is recorded everywhere.
var endpoints = []struct {
	path, name string
	errors     []string
}{
	{paths.Token, "token", []string{"invalid_grant", "unauthorized_client", "invalid_scope", "invalid_target", "access_denied"}},
	{paths.Revoke, "revocation", []string{"unauthorized_client"}},
	{paths.Introspect, "introspection", nil},
	{paths.PAR, "pushed_authorization", []string{"invalid_redirect_uri", "unauthorized_client", "invalid_target"}},
	{paths.Register, "registration", []string{
		"invalid_token", "access_denied", "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement",
		"too_many_registrations",
	}},
	{paths.Authorize, "authorization", []string{"invalid_client", "invalid_redirect_uri"}},
}

// fact returns what is recorded of a refusal of n requests, or nil when nothing is.
func (r *Request) fact(n int) event.Fact {
	if slices.Contains(ownEvents, r.Detail) {
		return nil
	}
	for _, e := range endpoints {
		if rest, below := strings.CutPrefix(r.Path, e.path); !below || rest != "" && rest[0] != '/' {
			continue
		}
		authentication := e.path != paths.Authorize && (r.Error == "invalid_client" || r.Detail == tooManyFailures)
		switch {
		case authentication && r.other:
			return event.ClientAuthenticationFailed{Count: n}
		case authentication:
			return event.ClientAuthenticationFailed{ClientID: r.client(), Method: r.Method, Endpoint: e.name, Count: n}
		case !slices.Contains(e.errors, r.Error):
			return nil
		case r.other:
			return event.RequestRefused{Count: n}
		}
		return event.RequestRefused{ClientID: r.client(), Endpoint: e.name, Error: r.Error, Count: n}
	}
	return nil
}

func (r *Request) client() string {
	if !r.other && (r.Known || r.Proved) {
		return r.ClientID
	}
	return ""
}

func (r *Request) reason() string {
	if r.other {
		return other
	}
	return cmp.Or(r.Detail, r.Error)
}

func (r *Request) actor() event.Actor {
	if r.Proved && !r.other && r.Path != paths.Authorize {
		return event.Actor{Type: "client", ID: r.ClientID}
	}
	return event.Actor{Type: "anonymous"}
}

// event returns what is recorded of n such requests.
func (r *Request) event(n int) event.Event {
	return event.Event{
		Fact: r.fact(n), Actor: r.actor(), Subject: r.client(), Outcome: "failure", Reason: r.reason(),
		IP: r.Origin.IP, UserAgent: r.Origin.UserAgent, RequestID: r.Origin.RequestID,
	}
}
