package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/federation"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

func connectionCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("connection", "Manage a tenant's connections: identity providers that people sign in with",
		connectionCreate(c, &t), connectionList(c, &t), connectionShow(c, &t), connectionUpdate(c, &t), connectionEnable(c, &t),
		connectionDisable(c, &t), connectionDelete(c, &t), connectionTest(c, &t), connectionSSO(c, &t), connectionPreview(c, &t), connectionRotateKey(c, &t))
	t.flag(cmd)
	return cmd
}

// A connectionRow is how a connection is shown. Its secret is not.
type connectionRow struct {
	ID           string                `json:"id"`
	Slug         string                `json:"slug"`
	Name         string                `json:"name"`
	State        string                `json:"state"`
	Kind         string                `json:"kind"`
	Issuer       string                `json:"issuer"`
	ClientID     string                `json:"client_id"`
	AuthMethod   string                `json:"auth_method"`
	RedirectURI  string                `json:"redirect_uri"` // to be registered at the provider
	JWKSURI      string                `json:"jwks_uri,omitempty"`
	Endpoints    *federation.Endpoints `json:"endpoints,omitempty"`
	Scopes       []string              `json:"scopes"`
	ACRValues    []string              `json:"acr_values,omitempty"`
	MFA          string                `json:"mfa"`
	TrustedACR   []string              `json:"trusted_acr,omitempty"`
	TrustedAMR   []string              `json:"trusted_amr,omitempty"`
	EmailDomains []string              `json:"email_domains,omitempty"`
	Provision    string                `json:"provision"`
	Hidden       bool                  `json:"hidden,omitempty"`
	RPLogout     bool                  `json:"rp_initiated_logout,omitempty"`
	LoggedOutURI string                `json:"post_logout_redirect_uri"` // to be registered at the provider, where that is so
	LogoutURI    string                `json:"backchannel_logout_uri"`   // to be registered at the provider
	SSO          string                `json:"sso"`
	SSOExempt    []string              `json:"sso_exempt,omitempty"`
	SAML         *federation.SAML      `json:"saml,omitempty"`
	Metadata     *metadataRow          `json:"metadata,omitempty"`
	LogoutAt     string                `json:"single_logout_service,omitempty"`
	EntityID     string                `json:"entity_id,omitempty"`    // ours, at a provider of SAML: where it finds our metadata
	Organization string                `json:"organization,omitempty"` // public id
	mappingRow
	ManagedBy string `json:"managed_by,omitempty"`
	CreatedAt string `json:"created_at"`
}

func newConnectionRow(ctx context.Context, c *federation.Connection) connectionRow {
	t := tenant.Must(ctx)
	r := connectionRow{
		ID: c.PublicID(), Slug: c.Slug, Name: c.Name, State: state(c.DisabledAt), Kind: c.Kind, Issuer: c.Issuer, ClientID: c.ClientID,
		AuthMethod: c.AuthMethod, RedirectURI: federation.RedirectURI(t, c), Endpoints: c.Endpoints, Scopes: c.Scopes, ACRValues: c.ACRValues,
		MFA: c.MFA, TrustedACR: c.TrustedACR, TrustedAMR: c.TrustedAMR, EmailDomains: c.EmailDomains, Provision: c.Provision, Hidden: c.Hidden,
		RPLogout: c.RPLogout, LoggedOutURI: federation.PostLogoutURI(t, c), LogoutURI: federation.BackchannelLogoutURI(t, c),
		SSO: c.HomeRealm(), SSOExempt: c.SSOExempt,
		mappingRow: newMappingRow(&c.Spec), ManagedBy: c.ManagedBy, CreatedAt: stamp(c.CreatedAt),
	}
	if c.Organization != uuid.Nil {
		r.Organization = tid.Format(organization.Prefix, c.Organization)
	}
	if c.AuthMethod == federation.AuthPrivateKey {
		r.JWKSURI = federation.JWKSURI(t, c)
	}
	if c.Kind == federation.KindSAML {
		r.SAML, r.Metadata = samlRow(c)
		r.EntityID, r.LogoutAt = federation.EntityID(t, c), federation.LogoutServiceURI(t, c)
	}
	return r
}

// onConnection runs fn with a connection, which is named by its slug or id.
func (f *tenantFlag) onConnection(ctx context.Context, c *cli, name string, fn func(context.Context, *installation, *federation.Connection) error) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		var found federation.Connection
		id, err := tid.Parse(federation.Prefix, name)
		if err == nil {
			found, err = i.Connections.ByID(ctx, id)
		} else {
			found, err = i.Connections.BySlug(ctx, name)
		}
		if errors.Is(err, federation.ErrNotFound) {
			return fmt.Errorf("there is no connection %q in the tenant", name)
		}
		if err != nil {
			return err
		}
		return fn(ctx, i, &found)
	})
}

// connectionFlags are what people decide of a connection.
type connectionFlags struct {
	federation.Spec
	endpoints    federation.Endpoints
	organization string
	secret       bool
	roles        []string // of groups: see groupRole
	saml         samlFlags
}

func (f *connectionFlags) flags(cmd *cobra.Command) {
	s, l := cmd.Flags().StringVar, cmd.Flags().StringSliceVar
	s(&f.Name, "name", "", "what the button calls the provider")
	s(&f.Issuer, "issuer", "", "the provider's issuer, an https URL")
	s(&f.ClientID, "client-id", "", "the client_id that the provider gave")
	s(&f.AuthMethod, "auth-method", "", "client_secret_basic (the default), client_secret_post, private_key_jwt or signed_client_secret")
	f.mappingFlags(cmd)
	s(&f.endpoints.Authorization, "authorization-endpoint", "", "of a provider without discovery document; then --token-endpoint and --jwks-uri too")
	s(&f.endpoints.Token, "token-endpoint", "", "of a provider without discovery document")
	s(&f.endpoints.JWKS, "jwks-uri", "", "of a provider without discovery document")
	s(&f.endpoints.UserInfo, "userinfo-endpoint", "", "of a provider without discovery document")
	s(&f.endpoints.EndSession, "end-session-endpoint", "", "of a provider without discovery document")
	l(&f.Scopes, "scopes", nil, "what the provider is asked for (openid,email,profile)")
	l(&f.ACRValues, "acr-values", nil, "context classes that the provider is asked for")
	s(&f.MFA, "mfa", "", "ask for a second factor here (the default), or trust the provider's")
	l(&f.TrustedACR, "trusted-acr", nil, "values of acr that stand for a second factor")
	l(&f.TrustedAMR, "trusted-amr", nil, "values of amr that stand for a second factor")
	l(&f.EmailDomains, "email-domains", nil, "domains whose addresses the provider answers for; * for every address that it calls verified")
	s(&f.Provision, "provision", "", "who gets an account by signing in: off (the default), invited, domain or all")
	s(&f.organization, "organization", "", "slug or id of the organization whose connection it is")
	f.ssoFlags(cmd)
	cmd.Flags().BoolVar(&f.Hidden, "hidden", false, "no button: only whom an application leads there signs in so")
	cmd.Flags().BoolVar(&f.RPLogout, "rp-initiated-logout", false, "a user who signs out here signs out at the provider too")
	f.saml.flags(cmd)
	cmd.Flags().BoolVar(&f.secret, "secret-stdin", false, "read the client secret that the provider gave from standard input")
}

// read reads the client secret.
func (f *connectionFlags) read(c *cli) (secret.String, error) {
	return secretFlag(f.secret).read(c)
}

// apply sets what flags say.
func (f *connectionFlags) apply(cmd *cobra.Command, s *federation.Spec) {
	endpoints := s.Endpoints
	manual := func() *federation.Endpoints {
		switch endpoints {
		case nil:
			endpoints = &federation.Endpoints{}
		case s.Endpoints:
			copied := *endpoints
			endpoints = &copied
		}
		return endpoints
	}
	for name, set := range map[string]func(){
		"name": func() { s.Name = f.Name }, "issuer": func() { s.Issuer = f.Issuer }, "client-id": func() { s.ClientID = f.ClientID },
		"auth-method": func() { s.AuthMethod = f.AuthMethod }, "scopes": func() { s.Scopes = f.Scopes }, "acr-values": func() { s.ACRValues = f.ACRValues },
		"mfa": func() { s.MFA = f.MFA }, "trusted-acr": func() { s.TrustedACR = f.TrustedACR }, "trusted-amr": func() { s.TrustedAMR = f.TrustedAMR },
		"email-domains": func() { s.EmailDomains = f.EmailDomains }, "provision": func() { s.Provision = f.Provision }, "hidden": func() { s.Hidden = f.Hidden },
		"authorization-endpoint": func() { manual().Authorization = f.endpoints.Authorization }, "token-endpoint": func() { manual().Token = f.endpoints.Token },
		"jwks-uri": func() { manual().JWKS = f.endpoints.JWKS }, "userinfo-endpoint": func() { manual().UserInfo = f.endpoints.UserInfo },
		"organization": func() { s.Organization = f.Organization }, "rp-initiated-logout": func() { s.RPLogout = f.RPLogout },
		"end-session-endpoint": func() { manual().EndSession = f.endpoints.EndSession },
		"sso":                  func() { s.SSO = f.SSO }, "sso-exempt": func() { s.SSOExempt = f.SSOExempt },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
	f.applyMapping(cmd, s)
	f.saml.apply(cmd, s)
	s.Endpoints = endpoints
	if endpoints != nil && *endpoints == (federation.Endpoints{}) {
		s.Endpoints = nil
	}
}

// find looks the organization up that the flag names.
func (f *connectionFlags) find(ctx context.Context, i *installation) error {
	if err := f.findRoles(ctx, i); err != nil {
		return err
	}
	if err := f.saml.read(i); err != nil {
		return err
	}
	if f.organization == "" {
		return nil
	}
	o, err := i.organization(ctx, f.organization)
	f.Organization = o.ID
	return err
}

func connectionCreate(c *cli, t *tenantFlag) *cobra.Command {
	var f connectionFlags
	var format output
	cmd := &cobra.Command{
		Use:   "create SLUG (--preset NAME | --name NAME --issuer URL | --name NAME (--metadata-file FILE | --metadata-url URL --metadata-certificate CERT)) [--client-id ID --secret-stdin]",
		Short: "Let people sign in with a provider: OpenID Connect, OAuth 2.0, or SAML",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := f.read(c)
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				if err := f.find(ctx, i); err != nil {
					return err
				}
				var spec federation.Spec
				f.apply(cmd, &spec)
				made, err := i.Connections.Create(ctx, args[0], spec, given)
				if err != nil {
					return explainConnection(err)
				}
				row := newConnectionRow(ctx, &made)
				return format.write(c.out, row, func(w io.Writer) {
					fmt.Fprintf(w, "Connection %s is there.\n\nRegister at the provider:\n  redirect URI\t%s\n", made.Slug, row.RedirectURI)
					if row.EntityID != "" {
						fmt.Fprintf(w, "  entity id, metadata\t%s\n", row.EntityID)
					}
					if row.JWKSURI != "" {
						fmt.Fprintf(w, "  key set\t%s\n", row.JWKSURI)
					}
					fmt.Fprintf(w, "\nTo see whether it works: plinto connection test %s --tenant %s\n", made.Slug, tenant.Must(ctx).Slug)
				})
			})
		},
	}
	f.flags(cmd)
	format.flag(cmd)
	return cmd
}

// explainConnection names the flag of a member that is not valid.
func explainConnection(err error) error {
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 && errors.Is(err, federation.ErrSpec) {
		return usageError{fmt.Errorf("%s %s", strings.ReplaceAll(strings.TrimPrefix(f.Fields[0].Pointer, "/"), "_", "-"), f.Fields[0].Message)}
	}
	return err
}

func connectionList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List connections by slug",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				all, err := i.Connections.List(ctx)
				if err != nil {
					return fmt.Errorf("list connections: %w", err)
				}
				rows := []connectionRow{}
				for n := range all {
					rows = append(rows, newConnectionRow(ctx, &all[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "SLUG\tNAME\tISSUER\tPROVISION\tSTATE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Slug, r.Name, r.Issuer, r.Provision, r.State)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func connectionShow(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "show SLUG",
		Short: "Show a connection, without its secret",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, _ *installation, found *federation.Connection) error {
				row := newConnectionRow(ctx, found)
				return format.write(c.out, row, func(w io.Writer) { membersTable(w, row) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func connectionUpdate(c *cli, t *tenantFlag) *cobra.Command {
	var f connectionFlags
	cmd := &cobra.Command{
		Use:   "update SLUG",
		Short: "Change a connection; only what is given changes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			given, err := f.read(c)
			if err != nil {
				return err
			}
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				if err := f.find(ctx, i); err != nil {
					return err
				}
				if _, err := i.Connections.Update(ctx, found.ID, func(s *federation.Spec) { f.apply(cmd, s) }, given); err != nil {
					return explainConnection(err)
				}
				fmt.Fprintf(c.out, "Connection %s is updated.\n", found.Slug)
				if !cmd.Flags().Changed("sso") {
					return nil
				}
				return tellSSO(ctx, c, i, found)
			})
		},
	}
	f.flags(cmd)
	return cmd
}

// connectionSwitch is a command that changes a connection and says what it is then.
func connectionSwitch(c *cli, t *tenantFlag, use, short, became string, do func(context.Context, *installation, uuid.UUID) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				if err := do(ctx, i, found.ID); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Connection %s is %s.\n", found.Slug, became)
				return nil
			})
		},
	}
}

func connectionEnable(c *cli, t *tenantFlag) *cobra.Command {
	return connectionSwitch(c, t, "enable SLUG", "Let people sign in with a connection again", "enabled",
		func(ctx context.Context, i *installation, id uuid.UUID) error { return i.Connections.Enable(ctx, id) })
}

func connectionDisable(c *cli, t *tenantFlag) *cobra.Command {
	var end bool
	cmd := connectionSwitch(c, t, "disable SLUG", "Let nobody sign in with a connection; what was begun with it counts for nothing meanwhile", "disabled",
		func(ctx context.Context, i *installation, id uuid.UUID) error {
			if !end {
				return i.Connections.Disable(ctx, id)
			}
			n, err := i.Connections.DisableAndEnd(ctx, id)
			if err == nil {
				fmt.Fprintf(c.out, "Sessions that end: %d.\n", n)
			}
			return err
		})
	cmd.Flags().BoolVar(&end, "end-sessions", false, "end the sessions that were begun with it for good, with everything that hangs on them")
	return cmd
}

func connectionDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	cmd := connectionSwitch(c, t, "delete SLUG --yes", "Delete a connection: nobody is known by their account there any more", "deleted",
		func(ctx context.Context, i *installation, id uuid.UUID) error {
			if !yes {
				return usageError{errors.New("deleting a connection forgets whose accounts there are whose here: add --yes, or disable it")}
			}
			return i.Connections.Delete(ctx, id)
		})
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete the connection")
	return cmd
}
