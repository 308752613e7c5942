package admin

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/organization"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/tenant"
)

// Rights finds what the roles of users give them.
type Rights interface {
	// Of returns the rights of a user in the tenant, and those in one organization (uuid.Nil: none).
	Of(ctx context.Context, user, in uuid.UUID) (everywhere, there []organization.Permission, err error)
}

// A Guard implements Authenticator with access tokens whose audience is the API.
type Guard struct {
	Tokens *access.Guard
	Rights Rights
}

// Authenticate implements Authenticator. A token of a client has the rights that are its scopes. Of
// a user's token the scopes are what the client may do of what the user's roles give.
func (g *Guard) Authenticate(r *http.Request, needs organization.Permission) (*Caller, error) {
	token, err := g.Tokens.RequireFor(r, provider.ManagementResource(tenant.Must(r.Context())), string(needs))
	if err != nil {
		return nil, err
	}
	scopes := rights(token.Scopes())
	if !token.ForUser() {
		return &Caller{Actor: event.Actor{Type: "client", ID: token.Claims.ClientID}, Name: "client:" + token.Claims.ClientID, Rights: scopes}, nil
	}
	everywhere, there, err := g.Rights.Of(r.Context(), token.User.ID, uuid.Nil)
	if err != nil {
		return nil, err
	}
	return &Caller{
		Actor: event.Actor{Type: "user", ID: token.User.PublicID()}, Name: "user:" + token.User.PublicID() + " " + token.Claims.ClientID,
		Rights: both(scopes, everywhere), RightsThere: both(scopes, there),
	}, nil
}

func rights(scopes []string) map[organization.Permission]bool {
	all := make(map[organization.Permission]bool, len(scopes))
	for _, s := range scopes {
		if p := organization.Permission(s); p.Manages() {
			all[p] = true
		}
	}
	return all
}

func both(scopes map[organization.Permission]bool, roles []organization.Permission) map[organization.Permission]bool {
	all := make(map[organization.Permission]bool, len(roles))
	for _, p := range roles {
		if scopes[p] {
			all[p] = true
		}
	}
	return all
}
