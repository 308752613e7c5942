package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/tenant"
)

// A Connection is a declared connection to an identity provider. Without client_secret a stored one keeps the secret that it
// has, which goes to no other host.
type Connection struct {
	managed `yaml:",inline"`

	Slug         string                `yaml:"slug"`
	Kind         string                `yaml:"kind"`
	Name         string                `yaml:"name"`
	Organization string                `yaml:"organization"` // slug
	Issuer       string                `yaml:"issuer"`
	ClientID     string                `yaml:"client_id"`
	ClientSecret secret.String         `yaml:"client_secret"`
	AuthMethod   string                `yaml:"auth_method"`
	Endpoints    *federation.Endpoints `yaml:"endpoints"`
	Scopes       []string              `yaml:"scopes"`
	ACRValues    []string              `yaml:"acr_values"`
	MFA          string                `yaml:"mfa"`
	TrustedACR   []string              `yaml:"trusted_acr"`
	TrustedAMR   []string              `yaml:"trusted_amr"`
	EmailDomains []string              `yaml:"email_domains"`
	Provision    string                `yaml:"provision"`
	Hidden       bool                  `yaml:"hidden"`
	SSO          string                `yaml:"sso"`
	SSOExempt    []string              `yaml:"sso_exempt"`
	Disabled     bool                  `yaml:"disabled"`
	RPLogout     bool                  `yaml:"rp_initiated_logout"`
	Mapping      `yaml:",inline"`
	SAML         *federation.SAML `yaml:"saml"`

	At place
}

// spec returns what is declared of a connection, as it is stored, of an organization. Organizations of rules are those that find
// returns of their slugs.
func (c *Connection) spec(of uuid.UUID, find func(slug string) uuid.UUID) federation.Spec {
	s := federation.Spec{
		Kind: c.Kind, Name: c.Name, Organization: of, Issuer: c.Issuer, ClientID: c.ClientID, AuthMethod: c.AuthMethod, Endpoints: c.Endpoints,
		Scopes: c.Scopes, ACRValues: c.ACRValues, MFA: c.MFA, TrustedACR: c.TrustedACR, TrustedAMR: c.TrustedAMR, EmailDomains: c.EmailDomains,
		Provision: c.Provision, Hidden: c.Hidden, RPLogout: c.RPLogout, SSO: c.SSO, SSOExempt: c.SSOExempt, SAML: c.SAML,
	}
	c.apply(&s, find)
	return federation.NewSpec(s)
}

// connections compares the declared connections, which are known by their slug.
func (s *scene) connections(ctx context.Context) error {
	var stored []federation.Connection
	if !s.fresh && (len(s.declared.Connections) > 0 || s.prune) {
		var err error
		if stored, err = s.target().Connections.List(ctx); err != nil {
			return fmt.Errorf("list connections: %w", err)
		}
	}
	for i := range s.declared.Connections {
		c := &s.declared.Connections[i]
		of := uuid.Nil
		if c.Organization != "" {
			of = uuid.Max // one that may be made by the same manifest
		}
		if c.Kind == federation.KindSAML && !s.declared.Settings.SAML.On() {
			s.problems.at(c.At.node, "%s", federation.ErrSAMLOff.Message)
			continue
		}
		if err := s.target().Connections.Check(c.Slug, c.spec(of, anyOrganization)); err != nil {
			s.problems.at(c.At.node, "%s", specProblem(err))
			continue
		}
		at := slices.IndexFunc(stored, func(o federation.Connection) bool { return o.Slug == c.Slug })
		if at < 0 {
			if err := c.complete(); err != nil {
				s.problems.at(c.At.node, "%s", specProblem(err))
				continue
			}
			change := compared("connection", c.Slug, false, nil, func(ctx context.Context) error { return s.createConnection(ctx, c) })
			s.add(s.manage(ownedConnections, c.managed, change, s.connectionID(c)))
			continue
		}
		if err := s.connection(ctx, c, &stored[at]); err != nil {
			return err
		}
	}
	if !s.prune || s.declared.Connections == nil {
		return nil
	}
	for _, o := range stored {
		if !slices.ContainsFunc(s.declared.Connections, func(c Connection) bool { return c.Slug == o.Slug }) {
			s.add(Change{Action: Delete, Kind: "connection", Name: o.Slug, write: func(ctx context.Context) error {
				return s.target().Connections.Delete(ctx, o.ID)
			}})
		}
	}
	return nil
}

// complete reports as an error that a new connection lacks its secret.
func (c *Connection) complete() error {
	_, err := federation.NewCredentials(c.spec(uuid.Nil, anyOrganization).AuthMethod, c.ClientSecret)
	return err
}

// organizationOf returns the organization of a declared connection.
func (s *scene) organizationOf(ctx context.Context, c *Connection) (uuid.UUID, error) {
	if c.Organization == "" {
		return uuid.Nil, nil
	}
	o, err := s.target().Organizations.BySlug(ctx, c.Organization)
	if errors.Is(err, organization.ErrNotFound) {
		return uuid.Nil, fmt.Errorf("connection %s: there is no organization %q", c.Slug, c.Organization)
	}
	return o.ID, err
}

// connection compares one connection with the stored one.
func (s *scene) connection(ctx context.Context, c *Connection, stored *federation.Connection) error {
	owner, err := organizationSlug(ctx, s.target(), stored.Organization)
	if err != nil {
		return err
	}
	slugs, err := slugsOfRules(ctx, s.target(), stored.GroupRoles)
	if err != nil {
		return err
	}
	want := c.spec(stored.Organization, anyOrganization)
	have, wanted := connectionView(&stored.Spec, owner), connectionView(&want, c.Organization)
	have["group_roles"], wanted["group_roles"] = rulesView(stored.GroupRoles, slugs), append([]GroupRole{}, c.GroupRoles...)
	fields := differences(have, wanted)
	switches := c.Disabled == stored.Enabled()
	if switches {
		fields = append(fields, switched(c.Disabled))
	}
	given, err := s.givenSecret(ctx, c, stored, &want)
	if err != nil {
		return err
	}
	if !given.Empty() {
		fields = append(fields, Field{"client_secret", "", `"(given)"`})
	}
	change := compared("connection", c.Slug, true, fields, func(ctx context.Context) error {
		of, err := s.organizationOf(ctx, c)
		if err != nil {
			return err
		}
		connections := s.target().Connections
		declared, err := s.declaredSpec(ctx, c, of)
		if err != nil {
			return err
		}
		if _, err := connections.Update(ctx, stored.ID, func(spec *federation.Spec) { *spec = declared }, given); err != nil {
			return err
		}
		switch {
		case switches && c.Disabled:
			return connections.Disable(ctx, stored.ID)
		case switches:
			return connections.Enable(ctx, stored.ID)
		}
		return nil
	})
	s.add(s.manage(ownedConnections, c.managed, change, s.connectionID(c)))
	return nil
}

// givenSecret returns the secret of a declared connection that is not the stored one, or is sent to another host from now on; else
// an empty one.
func (s *scene) givenSecret(ctx context.Context, c *Connection, stored *federation.Connection, want *federation.Spec) (secret.String, error) {
	elsewhere := want.SendsSecretElsewhere(&stored.Spec)
	switch {
	case c.ClientSecret.Empty() && elsewhere:
		return c.ClientSecret, fmt.Errorf("connection %s: client_secret has to be given with another issuer or token endpoint: it would be sent to another host", c.Slug)
	case c.ClientSecret.Empty() || elsewhere:
		return c.ClientSecret, nil
	}
	held, err := s.target().Connections.Vault.Open(tenant.Must(ctx).ID, stored)
	if err != nil {
		return secret.String{}, fmt.Errorf("compare connection %s: %w", c.Slug, err)
	}
	if held.Secret == c.ClientSecret.Reveal() {
		return secret.String{}, nil
	}
	return c.ClientSecret, nil
}

// connectionID finds a connection by its slug.
func (s *scene) connectionID(c *Connection) func(context.Context) (uuid.UUID, error) {
	return func(ctx context.Context) (uuid.UUID, error) {
		found, err := s.target().Connections.BySlug(ctx, c.Slug)
		return found.ID, err
	}
}

func (s *scene) createConnection(ctx context.Context, c *Connection) error {
	of, err := s.organizationOf(ctx, c)
	if err != nil {
		return err
	}
	declared, err := s.declaredSpec(ctx, c, of)
	if err != nil {
		return err
	}
	made, err := s.target().Connections.Create(ctx, c.Slug, declared, c.ClientSecret)
	if err == nil && c.Disabled {
		err = s.target().Connections.Disable(ctx, made.ID)
	}
	return err
}

// organizationSlug is the slug of the organization of a stored connection, or "".
func organizationSlug(ctx context.Context, target *Target, id uuid.UUID) (string, error) {
	if id == uuid.Nil {
		return "", nil
	}
	o, err := target.Organizations.ByID(ctx, id)
	return o.Slug, err
}

func connectionView(s *federation.Spec, owner string) map[string]any {
	return map[string]any{
		"kind": s.Kind, "name": s.Name, "organization": owner, "issuer": s.Issuer, "client_id": s.ClientID, "auth_method": s.AuthMethod,
		"endpoints": endpointsView(s.Endpoints), "scopes": s.Scopes, "acr_values": emptied(s.ACRValues), "mfa": s.MFA, "trusted_acr": emptied(s.TrustedACR),
		"trusted_amr": emptied(s.TrustedAMR), "email_domains": s.EmailDomains, "provision": s.Provision, "hidden": s.Hidden,
		"rp_initiated_logout": s.RPLogout,
		"sso":                 s.HomeRealm(), "sso_exempt": emptied(s.SSOExempt),
		"preset": s.Preset, "tenants": emptied(s.Tenants), "team_id": s.TeamID, "key_id": s.KeyID, "subject_claim": s.SubjectClaim,
		"claims": claimsView(s.Claims), "claims_update": s.ClaimsUpdate, "groups_claim": s.GroupsClaim,
		"saml": samlView(s.SAML),
	}
}

// emptied makes no list an empty one: they are the same.
func emptied(values []string) []string { return append([]string{}, values...) }

func endpointsView(e *federation.Endpoints) federation.Endpoints {
	if e == nil {
		return federation.Endpoints{}
	}
	return *e
}

func samlView(s *federation.SAML) federation.SAML {
	if s == nil {
		return federation.SAML{}
	}
	return *s
}

func samlMapping(s *federation.SAML) mapping {
	m := mapping{{"certificates", texts(s.Certificates)}, {"sign_requests", s.SignRequests}, {"metadata_certificates", texts(s.MetadataCertificates)}}
	for _, e := range []struct{ name, value string }{
		{"sign_on_url", s.SignOnURL},
		{"sign_on_binding", s.SignOnBinding},
		{"logout_url", s.LogoutURL},
		{"logout_binding", s.LogoutBinding},
		{"logout_response_url", s.LogoutResponseURL},
		{"metadata_url", s.MetadataURL},
		{"metadata_trust", s.MetadataTrust},
	} {
		if e.value != "" {
			m = append(m, entry{e.name, e.value})
		}
	}
	return m
}

func exportConnections(ctx context.Context, target *Target, by marked, left *leftOut) (list, error) {
	stored, err := target.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	var out list
	for i := range stored {
		c := &stored[i]
		if left.connection(c) {
			continue
		}
		owner, err := organizationSlug(ctx, target, c.Organization)
		if errors.Is(err, organization.ErrUnreadable) {
			continue // as its organization is, which is named
		}
		if err != nil {
			return nil, err
		}
		m := mapping{
			{"slug", c.Slug},
			{"kind", c.Kind},
			{"name", c.Name},
			{"organization", owner},
			{"issuer", c.Issuer},
			{"client_id", c.ClientID},
			{"auth_method", c.AuthMethod},
			{"scopes", texts(c.Scopes)},
			{"acr_values", texts(c.ACRValues)},
			{"mfa", c.MFA},
			{"trusted_acr", texts(c.TrustedACR)},
			{"trusted_amr", texts(c.TrustedAMR)},
			{"email_domains", texts(c.EmailDomains)},
			{"provision", c.Provision},
			{"hidden", c.Hidden},
			{"sso", c.HomeRealm()},
			{"sso_exempt", texts(c.SSOExempt)},
			{"disabled", !c.Enabled()},
			{"rp_initiated_logout", c.RPLogout},
		}
		more, err := exportMapping(ctx, target, &c.Spec)
		if err != nil {
			return nil, err
		}
		m = append(m, more...)
		if e := c.Endpoints; e != nil {
			m = append(m, entry{"endpoints", mapping{
				{"authorization", e.Authorization}, {"token", e.Token}, {"jwks", e.JWKS}, {"userinfo", e.UserInfo}, {"end_session", e.EndSession},
			}})
		}
		if s := c.SAML; s != nil {
			m = append(m, entry{"saml", samlMapping(s)})
		}
		out = append(out, by(ownedConnections, c.Slug, m))
	}
	return out, nil
}

func (v *validator) connections(t *Tenant) {
	seen := make(map[string]bool)
	for i := range t.Connections {
		if c := &t.Connections[i]; c.At.node != nil {
			v.twice(seen, c.At.find("slug"), c.Slug, "the connection")
		}
	}
}
