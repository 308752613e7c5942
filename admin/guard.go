package admin

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"plinto/event"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/tenant"
)

// A Guard implements Authenticator with access tokens whose audience is the API.
type Guard struct {
	Tokens *access.Guard
	Roles  *organization.RoleService
	Keys   *apikey.Service
}

// Authenticate implements Authenticator. A token of a client has the rights that are its scopes. Of
// a user's token the scopes are what the client may do of what the user's roles give.
func (g *Guard) Authenticate(r *http.Request, needs organization.Permission) (*Caller, error) {
	bearer, err := access.Bearer(r)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(bearer, apikey.SecretPrefix) {
		return g.byKey(r, bearer)
	}
	token, err := g.Tokens.Admit(r, bearer, provider.ManagementResource(tenant.Must(r.Context())))
	if err != nil {
		return nil, err
	}
	caller := &Caller{Actor: event.Actor{Type: "client", ID: token.Claims.ClientID}, Name: "client:" + token.Claims.ClientID}
	if token.ForUser() {
		caller.User, caller.Actor = token.User.ID, event.Actor{Type: "user", ID: token.User.PublicID()}
		caller.Name = "user:" + token.User.PublicID() + " " + token.Claims.ClientID
	}
	if !slices.Contains(token.Scopes(), string(needs)) {
		return caller, access.Insufficient(r, string(needs))
	}
	allowed := rights(token.Scopes())
	if !token.ForUser() {
		caller.Rights = allowed
		return caller, nil
	}
	caller.Authority, err = g.Roles.AuthorityOf(r.Context(), token.User.ID, token.Grant.Organization.ID, func(p organization.Permission) bool { return slices.Contains(allowed, p) })
	if err != nil {
		return nil, err
	}
	return caller, nil
}

// byKey authenticates the caller who has an API key.
func (g *Guard) byKey(r *http.Request, plain string) (*Caller, error) {
	key, authority, err := g.Keys.Authenticate(r.Context(), plain)
	if errors.Is(err, apikey.ErrUnknown) {
		return nil, access.Challenge(r, http.StatusUnauthorized, "invalid_token", "the API key is unknown, expired or revoked")
	}
	if err != nil {
		return nil, err
	}
	return &Caller{Authority: authority, User: key.UserID, Actor: event.Actor{Type: "api_key", ID: key.PublicID()}, Name: "api_key:" + key.PublicID()}, nil
}

// rights are the scopes that are rights in the management API.
func rights(scopes []string) (all []organization.Permission) {
	for _, s := range scopes {
		if p := organization.Permission(s); p.Manages() {
			all = append(all, p)
		}
	}
	return all
}
