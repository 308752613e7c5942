package app

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/storage"
	"plinto/tenant"
)

// authorities implements invitation.Authorities for whoever calls the management API.
type authorities struct {
	roles   *organization.RoleService
	users   identity.Users
	clients provider.Clients
	keys    *apikey.Service
	tenants tenant.Directory
}

func newAuthorities(s *storage.Store, roles *organization.RoleService) *authorities {
	return &authorities{roles, s.Users, s.Clients, &apikey.Service{Store: s.APIKeys, Roles: roles}, s.Tenants}
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
	case "operator":
		return a.ofOperator(ctx, who.ID)
	}
	return none, nil
}

// ofOperator returns the rights of a caller of the system tenant who acted in this one ("system/client:…", see admin.TenantHeader):
// those that they have there now, as long as they may act in other tenants.
func (a *authorities) ofOperator(ctx context.Context, id string) (none organization.Authority, err error) {
	home, who, _ := strings.Cut(id, "/")
	kind, caller, found := strings.Cut(who, ":")
	if home != tenant.SystemSlug || !found || kind == "operator" {
		return none, nil
	}
	system, err := a.tenants.BySlug(ctx, tenant.SystemSlug)
	if errors.Is(err, tenant.ErrUnknown) || err == nil && !system.DisabledAt.IsZero() {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	has, err := a.Of(storage.Apart(ctx, system), event.Actor{Type: kind, ID: caller}, uuid.Nil)
	if err != nil || !slices.Contains(has.Rights, organization.TenantsRead) {
		return none, err
	}
	return organization.Authority{Rights: has.Rights}, nil // what they are is not read again: rights there are rows of another tenant
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
