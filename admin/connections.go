package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/federation"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/tenant"
)

// ListConnections implements api.StrictServerInterface.
func (h *handlers) ListConnections(ctx context.Context, _ api.ListConnectionsRequestObject) (api.ListConnectionsResponseObject, error) {
	all, err := h.Services.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListConnections200JSONResponse{Object: "list", Data: each(all, connection(ctx))}, nil
}

// CreateConnection implements api.StrictServerInterface.
func (h *handlers) CreateConnection(ctx context.Context, r api.CreateConnectionRequestObject) (api.CreateConnectionResponseObject, error) {
	spec, err := h.newConnection(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	made, err := h.Services.Connections.Create(ctx, r.Body.Slug, spec, secret.NewString(r.Body.ClientSecret))
	if err != nil {
		return nil, err
	}
	return api.CreateConnection201JSONResponse{
		Body:    connection(ctx)(&made),
		Headers: api.CreateConnection201ResponseHeaders{ETag: etag(made.Version), Location: base(ctx) + "/connections/" + made.PublicID()},
	}, nil
}

// newConnection is what a request says of a new connection.
func (h *handlers) newConnection(ctx context.Context, b *api.ConnectionCreate) (spec federation.Spec, err error) {
	setText(&spec.Kind, b.Kind)
	edit, err := h.connectionEdit(ctx, &api.ConnectionPatch{
		Name: b.Name, Issuer: b.Issuer, ClientID: b.ClientID, AuthMethod: named[api.ConnectionPatchAuthMethod](b.AuthMethod), Endpoints: b.Endpoints,
		Scopes: b.Scopes, AcrValues: b.AcrValues, Mfa: named[api.ConnectionPatchMfa](b.Mfa), TrustedAcr: b.TrustedAcr, TrustedAmr: b.TrustedAmr,
		EmailDomains: b.EmailDomains, Provision: named[api.ConnectionPatchProvision](b.Provision), Hidden: b.Hidden, OrganizationID: b.OrganizationID,
		RpInitiatedLogout: b.RpInitiatedLogout,
		Sso:               named[api.ConnectionPatchSso](b.Sso), SsoExempt: b.SsoExempt,
		Preset: b.Preset, Tenants: b.Tenants, TeamID: b.TeamID, KeyID: b.KeyID, SubjectClaim: b.SubjectClaim, Claims: b.Claims,
		ClaimsUpdate: named[api.ConnectionPatchClaimsUpdate](b.ClaimsUpdate), GroupsClaim: b.GroupsClaim, GroupRoles: b.GroupRoles,
		Saml: b.Saml,
	})
	if err == nil {
		edit(&spec)
	}
	return spec, err
}

// connection finds one by its id or slug.
func (h *handlers) connection(ctx context.Context, name string) (federation.Connection, error) {
	id, err := tid.Parse(federation.Prefix, name)
	if err != nil {
		return h.Services.Connections.BySlug(ctx, name)
	}
	return h.Services.Connections.ByID(ctx, id)
}

// wholeConnection refuses one that cannot be read: only lists show it.
func wholeConnection(c federation.Connection, err error) (federation.Connection, error) {
	if err == nil && c.Unreadable != "" {
		err = federation.ErrUnreadable
	}
	return c, err
}

// GetConnection implements api.StrictServerInterface.
func (h *handlers) GetConnection(ctx context.Context, r api.GetConnectionRequestObject) (api.GetConnectionResponseObject, error) {
	c, err := wholeConnection(h.connection(ctx, r.ConnectionID))
	if err != nil {
		return nil, err
	}
	return api.GetConnection200JSONResponse{Body: connection(ctx)(&c), Headers: api.GetConnection200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// UpdateConnection implements api.StrictServerInterface.
func (h *handlers) UpdateConnection(ctx context.Context, r api.UpdateConnectionRequestObject) (api.UpdateConnectionResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "connection", c.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	edit, err := h.connectionEdit(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	if _, err := h.Services.Connections.Update(ctx, c.ID, edit, secret.NewString(r.Body.ClientSecret)); err != nil {
		return nil, err
	}
	if c, err = h.Services.Connections.ByID(ctx, c.ID); err != nil {
		return nil, err
	}
	return api.UpdateConnection200JSONResponse{Body: connection(ctx)(&c), Headers: api.UpdateConnection200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// DeleteConnection implements api.StrictServerInterface.
func (h *handlers) DeleteConnection(ctx context.Context, r api.DeleteConnectionRequestObject) (api.DeleteConnectionResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "connection", c.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	return api.DeleteConnection204Response{}, h.Services.Connections.Delete(ctx, c.ID)
}

// switchConnection does something to a connection and returns it as it is then.
func (h *handlers) switchConnection(ctx context.Context, name string, do func(context.Context, uuid.UUID) error) (federation.Connection, error) {
	c, err := h.connection(ctx, name)
	if err != nil {
		return c, err
	}
	if err := do(ctx, c.ID); err != nil {
		return c, err
	}
	return h.Services.Connections.ByID(ctx, c.ID)
}

// DisableConnection implements api.StrictServerInterface.
func (h *handlers) DisableConnection(ctx context.Context, r api.DisableConnectionRequestObject) (api.DisableConnectionResponseObject, error) {
	out, version, err := h.disableConnection(ctx, r.ConnectionID, r.Params.EndSessions)
	if err != nil {
		return nil, err
	}
	return api.DisableConnection200JSONResponse{Body: out, Headers: api.DisableConnection200ResponseHeaders{ETag: etag(version)}}, nil
}

// disableConnection disables a connection by its id or slug, and ends what was begun with it where that is asked for.
func (h *handlers) disableConnection(ctx context.Context, name string, end bool) (out api.Connection, version int64, err error) {
	var ended int
	do := h.Services.Connections.Disable
	if end {
		do = func(ctx context.Context, id uuid.UUID) (err error) {
			ended, err = h.Services.Connections.DisableAndEnd(ctx, id)
			return err
		}
	}
	c, err := h.switchConnection(ctx, name, do)
	if err != nil {
		return out, 0, err
	}
	out = connection(ctx)(&c)
	out.EndedSessions = ended
	return out, c.Version, nil
}

// EnableConnection implements api.StrictServerInterface.
func (h *handlers) EnableConnection(ctx context.Context, r api.EnableConnectionRequestObject) (api.EnableConnectionResponseObject, error) {
	c, err := h.switchConnection(ctx, r.ConnectionID, h.Services.Connections.Enable)
	if err != nil {
		return nil, err
	}
	return api.EnableConnection200JSONResponse{Body: connection(ctx)(&c), Headers: api.EnableConnection200ResponseHeaders{ETag: etag(c.Version)}}, nil
}

// TestConnection implements api.StrictServerInterface.
func (h *handlers) TestConnection(ctx context.Context, r api.TestConnectionRequestObject) (api.TestConnectionResponseObject, error) {
	c, err := h.connection(ctx, r.ConnectionID)
	if err != nil {
		return nil, err
	}
	out, err := h.testConnection(ctx, c.ID)
	return api.TestConnection200JSONResponse(out), err
}

// testConnection tries what can be tried of a connection without a user.
func (h *handlers) testConnection(ctx context.Context, id uuid.UUID) (api.ConnectionTest, error) {
	report, err := h.Services.Connections.Test(ctx, id)
	if err != nil {
		return api.ConnectionTest{}, err
	}
	out := api.ConnectionTest{Object: "connection_test", Passed: report.Passed(), Endpoints: providerEndpoints(&report.Endpoints), Checks: []api.ConnectionCheck{}}
	for _, check := range report.Checks {
		out.Checks = append(out.Checks, api.ConnectionCheck{Name: check.Name, Ok: check.OK, Warning: check.Warning, Detail: check.Detail})
	}
	return out, nil
}

// connectionEdit returns what applies a merge patch.
func (h *handlers) connectionEdit(ctx context.Context, p *api.ConnectionPatch) (func(*federation.Spec), error) {
	of := uuid.Nil
	if public, err := p.OrganizationID.Get(); err == nil && public != "" {
		o, err := h.organization(ctx, public)
		if err != nil {
			return nil, err
		}
		of = o.ID
	}
	mapping, err := h.mappingEdit(ctx, p)
	if err != nil {
		return nil, err
	}
	saml, entityID, err := h.saml(&p.Saml)
	if err != nil {
		return nil, err
	}
	return func(s *federation.Spec) {
		mapping(s)
		if saml != nil {
			s.SAML = saml
		}
		if entityID != "" {
			s.Issuer = entityID
		}
		for _, text := range []struct {
			to    *string
			value string
		}{{&s.Name, p.Name}, {&s.Issuer, p.Issuer}, {&s.ClientID, p.ClientID}} {
			if text.value != "" {
				*text.to = text.value
			}
		}
		for _, list := range []struct {
			to     *[]string
			values []string
		}{
			{&s.Scopes, p.Scopes}, {&s.ACRValues, p.AcrValues}, {&s.TrustedACR, p.TrustedAcr}, {&s.TrustedAMR, p.TrustedAmr}, {&s.EmailDomains, p.EmailDomains}, {&s.SSOExempt, p.SsoExempt},
		} {
			if list.values != nil {
				*list.to = append([]string{}, list.values...)
			}
		}
		setText(&s.AuthMethod, p.AuthMethod)
		setText(&s.MFA, p.Mfa)
		setText(&s.Provision, p.Provision)
		set(&s.Hidden, p.Hidden)
		set(&s.RPLogout, p.RpInitiatedLogout)
		setText(&s.SSO, p.Sso)
		if p.OrganizationID.IsSpecified() {
			s.Organization = of
		}
		if e := p.Endpoints; e != (api.ProviderEndpoints{}) {
			s.Endpoints = &federation.Endpoints{Authorization: e.Authorization, Token: e.Token, JWKS: e.Jwks, UserInfo: e.Userinfo, EndSession: e.EndSession}
		}
	}, nil
}

// connection is a connection as the API shows it.
func connection(ctx context.Context) func(*federation.Connection) api.Connection {
	t := tenant.Must(ctx)
	return func(c *federation.Connection) api.Connection {
		out := api.Connection{
			Object: "connection", ID: c.PublicID(), Slug: c.Slug, Kind: api.ConnectionKind(c.Kind), Name: c.Name, Issuer: c.Issuer, ClientID: c.ClientID,
			AuthMethod: c.AuthMethod, RedirectURI: federation.RedirectURI(t, c), Scopes: append([]string{}, c.Scopes...), AcrValues: c.ACRValues,
			Mfa: api.ConnectionMfa(c.MFA), TrustedAcr: c.TrustedACR, TrustedAmr: c.TrustedAMR, EmailDomains: append([]string{}, c.EmailDomains...),
			Provision: api.ConnectionProvision(c.Provision), Hidden: c.Hidden, Disabled: !c.Enabled(), ManagedBy: c.ManagedBy, CreatedAt: c.CreatedAt.UTC(),
			RpInitiatedLogout: c.RPLogout, PostLogoutRedirectURI: federation.PostLogoutURI(t, c), BackchannelLogoutURI: federation.BackchannelLogoutURI(t, c),
			Sso: api.ConnectionSso(c.HomeRealm()), SsoExempt: c.SSOExempt,
		}
		if c.Organization != uuid.Nil {
			out.OrganizationID = orgID(c.Organization)
		}
		if c.AuthMethod == federation.AuthPrivateKey {
			out.JwksURI = federation.JWKSURI(t, c)
		}
		showMapping(&out, &c.Spec)
		if c.SAML != nil {
			out.EntityID, out.SingleLogoutService, out.Saml = federation.EntityID(t, c), federation.LogoutServiceURI(t, c), shownSAML(c)
		}
		if c.Endpoints != nil {
			out.Endpoints = providerEndpoints(c.Endpoints)
		}
		if c.Unreadable != "" {
			// What is demanded of an answer stands for nothing then: nobody signs in with it.
			out.Unreadable, out.Kind, out.Mfa, out.Provision = "spec or metadata", api.ConnectionKindOidc, api.ConnectionMfaAsk, api.ConnectionProvisionOff
		}
		return out
	}
}

func providerEndpoints(e *federation.Endpoints) api.ProviderEndpoints {
	return api.ProviderEndpoints{Authorization: e.Authorization, Token: e.Token, Jwks: e.JWKS, Userinfo: e.UserInfo, EndSession: e.EndSession}
}

// ListUserIdentities implements api.StrictServerInterface.
func (h *handlers) ListUserIdentities(ctx context.Context, r api.ListUserIdentitiesRequestObject) (api.ListUserIdentitiesResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	all, err := h.Services.SignIns.Of(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	return api.ListUserIdentities200JSONResponse{Object: "list", Data: each(all, func(i *federation.Identity) api.Identity {
		return api.Identity{
			Object: "identity", ID: i.PublicID(), Connection: i.Slug, Issuer: i.Issuer, Subject: i.Subject, Label: i.Label,
			CreatedAt: i.CreatedAt.UTC(), UsedAt: utc(i.UsedAt),
		}
	})}, nil
}

// RemoveUserIdentity implements api.StrictServerInterface. The only way in too: an administrator may.
func (h *handlers) RemoveUserIdentity(ctx context.Context, r api.RemoveUserIdentityRequestObject) (api.RemoveUserIdentityResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	id, err := tid.Parse(federation.IdentityPrefix, r.IdentityID)
	if err != nil {
		return nil, federation.ErrIdentityNotFound
	}
	return api.RemoveUserIdentity204Response{}, h.Services.SignIns.Unlink(ctx, actor(ctx), &u, id)
}
