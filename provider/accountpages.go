package provider

import (
	"cmp"
	"context"

	"plinto/internal/paths"
	"plinto/tenant"
)

// AccountPages is the client_id of flows in which users sign in to the pages of their own
// account. It holds a blank, so no client can be registered under it (RFC 6749 §A.1), and no
// authorization request can name it.
const AccountPages = "account pages"

// FreshFor is how long after a proof, in seconds, a user may change what protects the account.
const FreshFor = 5 * 60

// AccountRequest is what the page of an account asks for, as an authorization request whose
// answer leads to the page. page is a path below the issuer, with its query. A fresh one asks
// who the user is unless they proved it within FreshFor.
func AccountRequest(t *tenant.Tenant, page string, fresh bool) Request {
	r := Request{ClientID: AccountPages, RedirectURI: t.URL(paths.Account), ResponseType: "code", ResponseMode: "query", State: page}
	if fresh {
		within := int64(FreshFor)
		r.MaxAge = &within
	}
	return r
}

// AccountClient stands for the pages of accounts where a flow needs a client.
func AccountClient(t *tenant.Tenant) *Client {
	return &Client{ClientID: AccountPages, FirstParty: true, Metadata: Metadata{
		ClientName: cmp.Or(t.Name, t.Host, t.Slug), ClientURI: t.URL(paths.Account), ApplicationType: ApplicationWeb,
		RedirectURIs: []string{t.URL(paths.Account)}, TokenEndpointAuthMethod: AuthBasic,
	}}
}

// WithAccountPages are clients, with AccountClient among them.
type WithAccountPages struct{ Clients }

// ByClientID implements Clients.
func (c WithAccountPages) ByClientID(ctx context.Context, clientID string) (*Client, error) {
	if clientID == AccountPages {
		return AccountClient(tenant.Must(ctx)), nil
	}
	return c.Clients.ByClientID(ctx, clientID)
}
