package egress

import (
	"cmp"
	"net/http"

	"plinto/internal/fair"
)

// A Kind is what requests are for. One kind of a tenant's requests leaves room for its
// others.
type Kind string

// The kinds.
const (
	Keys           Kind = "keys"            // key sets of clients
	RequestObjects Kind = "request objects" // authorization requests by reference
	Registration   Kind = "registration"    // what registering clients refer to
	Logout         Kind = "logout"          // back-channel logout
	Webhooks       Kind = "webhooks"        // events, to the endpoints of tenants
	Breaches       Kind = "breaches"        // ranges of breached passwords, of the operator's service
	Federation     Kind = "federation"      // identity providers that users sign in with
	Examination    Kind = "examination"     // of an installation, by its operator
)

// Kinds are all of them.
var Kinds = []Kind{Keys, RequestObjects, Registration, Logout, Webhooks, Breaches, Federation, Examination}

// An Owner is on whose behalf a request is made. What one owner's slow servers hold up
// is that owner's requests.
type Owner struct {
	Tenant string
	Kind   Kind
	Client string // "" where there is none yet
}

// A Caller makes requests on behalf of one owner. It implements http.RoundTripper.
type Caller struct {
	client *Client
	by     Owner
}

// For returns the caller of an owner. It panics without a tenant and a kind: requests of
// nobody would be held up by anybody's.
func (c *Client) For(by Owner) *Caller {
	if by.Tenant == "" || by.Kind == "" {
		panic("egress: a request has an owner")
	}
	return &Caller{c, by}
}

// HTTP returns the client for libraries that want one. It has every protection;
// answers with a redirect are handed back as they are.
func (c *Caller) HTTP() *http.Client {
	return &http.Client{
		Transport:     c,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Places are how many requests run at once. The zero value of each is right for
// production.
type Places struct {
	All    int // zero: 64
	Tenant int // of one tenant; zero: 16
	Kind   int // of one kind of a tenant's; zero: 8
	Client int // of one client's of a kind; zero: 4
}

// waitingPerTenant is how many requests of one tenant wait: those beyond would not get
// their turn in time.
const waitingPerTenant = 64

// queue makes the queue for the places.
func (p Places) queue() *fair.Queue {
	return fair.New(0, fair.Level{Places: cmp.Or(p.All, 64)},
		fair.Level{Places: cmp.Or(p.Tenant, 16), Queue: waitingPerTenant},
		fair.Level{Places: cmp.Or(p.Kind, 8)}, fair.Level{Places: cmp.Or(p.Client, 4)})
}
