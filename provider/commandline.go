package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"plinto/organization"
	"plinto/tenant"
)

// CommandLineClientID is the client as which the command line signs users in at a tenant.
const CommandLineClientID = "plinto-cli"

// CommandLineClient is that client: a native app without a secret, which redirects to this machine only
// (RFC 8252 §7.3) and may ask for every right in the management API. Its tokens have those that the user
// has by roles. It is a client like others: who disables or deletes it switches sign-in by the command
// line off.
func CommandLineClient(t *tenant.Tenant) Client {
	scope := []string{"openid", "offline_access"}
	for _, p := range organization.Permissions {
		if !p.OfSystem() || t.Slug == tenant.SystemSlug {
			scope = append(scope, string(p))
		}
	}
	c := Client{ID: uuid.Must(uuid.NewV7()), ClientID: CommandLineClientID, FirstParty: true}
	c.Metadata = Metadata{
		ClientName: "Plinto command line", ApplicationType: ApplicationNative, TokenEndpointAuthMethod: AuthNone,
		RedirectURIs: []string{"http://127.0.0.1/callback"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		Scope: strings.Join(scope, " "), Resources: []string{ManagementResource(t)},
	}
	c.Metadata = c.WithDefaults()
	return c
}

// EnsureCommandLine makes the CommandLineClient of the tenant of ctx, and reports whether it did: one
// that is there stays as it is.
func (r *Registrar) EnsureCommandLine(ctx context.Context) (made bool, err error) {
	err = r.Tx.InTx(ctx, func(ctx context.Context) error {
		_, err := r.Clients.Current(ctx, CommandLineClientID)
		if !errors.Is(err, ErrClientNotFound) {
			return err
		}
		made = true
		return r.Create(ctx, CommandLineClient(tenant.Must(ctx)))
	})
	return made, err
}
