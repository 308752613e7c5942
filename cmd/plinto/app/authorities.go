package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/provider"
)

// authorities implements invitation.Authorities for whoever calls the management API.
type authorities struct {
	roles   *organization.RoleService
	users   identity.Users
	clients provider.Clients
	keys    *apikey.Service
}

// Of implements invitation.Authorities. What the token of the request left out was left out then: it
// is not known any more.
func (a *authorities) Of(ctx context.Context, who event.Actor, in uuid.UUID) (none organization.Authority, err error) {
	switch who.Type {
	case "user":
		return a.ofUser(ctx, who.ID, in)
	case "client":
		client, err := a.clients.Current(ctx, who.ID)
		if errors.Is(err, provider.ErrClientNotFound) || err == nil && !client.DisabledAt.IsZero() {
			return none, nil
		}
		if err != nil {
			return none, err
		}
		return organization.Authority{Rights: client.ManagementRights(ctx)}, nil
	case "api_key":
		id, err := tid.Parse(apikey.Prefix, who.ID)
		if err != nil {
			return none, nil //nolint:nilerr // nobody's
		}
		rights, err := a.keys.Rights(ctx, id)
		return organization.Authority{Rights: rights}, err
	}
	return none, nil
}

func (a *authorities) ofUser(ctx context.Context, public string, in uuid.UUID) (none organization.Authority, err error) {
	id, err := tid.Parse(identity.UserPrefix, public)
	if err != nil {
		return none, nil //nolint:nilerr // nobody's
	}
	user, err := a.users.ByID(ctx, id)
	if errors.Is(err, identity.ErrUserNotFound) || err == nil && !user.Active() {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	return a.roles.AuthorityOf(ctx, id, in, func(organization.Permission) bool { return true })
}
