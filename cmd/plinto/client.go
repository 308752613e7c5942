package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/internal/tid"
	"plinto/provider"
	"plinto/tenant"
)

func clientCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("client", "Manage a tenant's clients: the applications that sign users in",
		clientCreate(c, &t), clientList(c, &t), clientShow(c, &t), clientUpdate(c, &t),
		clientRotateSecret(c, &t), clientCheck(c, &t), clientDisable(c, &t), clientEnable(c, &t), clientDelete(c, &t), clientInitialToken(c, &t), clientCommandLine(c, &t))
	t.flag(cmd)
	return cmd
}

func clientCommandLine(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "command-line",
		Short: "Make the client as which plinto login signs users in, unless it is there",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				made, err := i.Registrar.EnsureCommandLine(ctx)
				if err != nil {
					return err
				}
				if !made {
					fmt.Fprintf(c.out, "Client %s is there already.\n", provider.CommandLineClientID)
					return nil
				}
				fmt.Fprintf(c.out, "Client %s is created. Sign in with: plinto login %s\n", provider.CommandLineClientID, issuer(i.tenant))
				return nil
			})
		},
	}
}

// client finds one client, not from memory: it is about to be changed.
func (i *installation) client(ctx context.Context, id string) (*provider.Client, error) {
	c, err := i.Clients.Current(ctx, id)
	return c, absentClient(err, id)
}

// absentClient names the client that is not there.
func absentClient(err error, id string) error {
	if errors.Is(err, provider.ErrClientNotFound) {
		return fmt.Errorf("there is no client %q in the tenant", id)
	}
	return err
}

// warnOfScopes says which of a client's scopes the tenant does not have.
func (i *installation) warnOfScopes(ctx context.Context, c *cli, m *provider.Metadata) error {
	servers, err := i.ResourceServers.All(ctx)
	if err != nil {
		return fmt.Errorf("list resource servers: %w", err)
	}
	for _, p := range provider.UnknownScopes(*m, servers) {
		c.warning(p.Member + ": " + p.Message)
	}
	return nil
}

func clientCreate(c *cli, t *tenantFlag) *cobra.Command {
	var f clientFlags
	var kind clientType
	var format output
	cmd := &cobra.Command{
		Use:   "create [CLIENT_ID] --type TYPE",
		Short: "Register an application; its secret is shown once",
		Long: `Register an application; its secret is shown once. The type says what it is:

  spa      runs in the browser: no secret, PKCE
  web      runs on a server: a secret, users sign in
  native   a mobile or desktop app: no secret, PKCE, custom schemes and loopback
  service  acts for itself, without users: a secret, client_credentials`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client := provider.Client{ID: uuid.Must(uuid.NewV7()), Metadata: kind.metadata()}
			client.ClientID = tid.Format(provider.ClientPrefix, client.ID)
			if len(args) == 1 {
				client.ClientID = args[0]
			}
			if kind == "" {
				return usageError{errors.New("say what it is: --type spa, web, native or service")}
			}
			if err := f.change(cmd, &client); err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				f.trust.apply(i)
				if err := i.CheckSector(ctx, nil, &client.Metadata); err != nil {
					return err
				}
				if err := i.warnOfScopes(ctx, c, &client.Metadata); err != nil {
					return err
				}
				plain := i.Registrar.Secrets.Make(tenant.Must(ctx).ID, &client)
				if err := i.Registrar.Create(ctx, client); err != nil {
					return err
				}
				shown := registered{ClientID: client.ClientID, ClientSecret: plain, Issuer: tenant.Must(ctx).Issuer}
				return format.write(c.out, shown, func(w io.Writer) { registeredText(w, tenant.Must(ctx), &client, plain) })
			})
		},
	}
	cmd.Flags().Var(&kind, "type", "spa, web, native or service")
	f.flags(c, cmd)
	format.flag(cmd)
	return cmd
}

// registered is what client create and rotate-secret say as JSON and YAML.
type registered struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
	Issuer       string `json:"issuer,omitempty"`
	// PreviousExpiresAt is when the secret before a rotation ends; "" when none is good beside the new one.
	PreviousExpiresAt string `json:"previous_expires_at,omitempty"`
	// EndedSecretIDs are the secrets that the rotation ended: of two that were good the older one.
	EndedSecretIDs []string `json:"ended_secret_ids,omitempty"`
}

// registeredText shows a new client with lines to copy.
func registeredText(w io.Writer, t *tenant.Tenant, c *provider.Client, plain string) {
	fmt.Fprintf(w, "Client %s is there.\n", c.ClientID)
	if plain != "" {
		fmt.Fprintln(w, "The secret is shown now and never again.")
	}
	clientSnippets(w, t, c, plain)
}

func clientUpdate(c *cli, t *tenantFlag) *cobra.Command {
	var f clientFlags
	var disabled bool
	var format output
	cmd := &cobra.Command{
		Use:   "update CLIENT_ID",
		Short: "Change a client; only what is given changes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				f.trust.apply(i)
				ends := false
				_, err := i.Registrar.Update(ctx, args[0], func(client *provider.Client) error {
					found := *client
					if err := f.change(cmd, client); err != nil {
						return err
					}
					_, ends = provider.SectorChange(&found, &client.Metadata)
					if cmd.Flags().Changed("scope") {
						if err := i.warnOfScopes(ctx, c, &client.Metadata); err != nil {
							return err
						}
					}
					return i.CheckSector(ctx, &found, &client.Metadata)
				})
				if err == nil && cmd.Flags().Changed("disabled") {
					err = i.switchClient(ctx, args[0], disabled)
				}
				if err != nil {
					return absentClient(err, args[0])
				}
				client, err := i.client(ctx, args[0])
				if err != nil {
					return err
				}
				shown, err := clientShown(client)
				if err != nil {
					return err
				}
				return format.write(c.out, shown, func(w io.Writer) {
					fmt.Fprintf(w, "Client %s is changed and %s.\n", client.ClientID, state(client.DisabledAt))
					if ends {
						fmt.Fprintln(w, "Its users get other subjects from now on, so everything granted to it has ended: they sign in and allow it again.")
					}
				})
			})
		},
	}
	f.flags(c, cmd)
	cmd.Flags().BoolVar(&disabled, "disabled", false, "as client disable, or client enable")
	format.flag(cmd)
	return cmd
}

// switchClient disables or enables a client.
func (i *installation) switchClient(ctx context.Context, id string, disabled bool) error {
	if disabled {
		return i.Registrar.Disable(ctx, id)
	}
	return i.Registrar.Enable(ctx, id)
}

func clientDisable(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "disable CLIENT_ID",
		Short: "Keep a client out, and end all it was granted",
		Long: `Keep a client out. It gets no tokens, and those it has are void, refresh tokens
too. It stays so when the client is enabled again: its users sign in anew.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.switchClient(cmd.Context(), c, args[0], true)
		},
	}
}

func clientEnable(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "enable CLIENT_ID",
		Short: "Let a disabled client in again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.switchClient(cmd.Context(), c, args[0], false)
		},
	}
}

func (f *tenantFlag) switchClient(ctx context.Context, c *cli, id string, disabled bool) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		if err := i.switchClient(ctx, id, disabled); err != nil {
			return absentClient(err, id)
		}
		client, err := i.client(ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "Client %s is %s.\n", id, state(client.DisabledAt))
		return nil
	})
}

func clientRotateSecret(c *cli, t *tenantFlag) *cobra.Command {
	var now bool
	var format output
	cmd := &cobra.Command{
		Use:   "rotate-secret CLIENT_ID",
		Short: "Make a new secret; the old one is good a while longer",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				added, err := i.Registrar.RotateSecret(ctx, args[0], now)
				if errors.Is(err, provider.ErrNoSecret) {
					return fmt.Errorf("client %s has no secret: its token_endpoint_auth_method is none", args[0])
				}
				if err != nil {
					return absentClient(err, args[0])
				}
				shown := registered{ClientID: args[0], ClientSecret: added.Plain, Issuer: tenant.Must(ctx).Issuer, PreviousExpiresAt: stamp(added.PreviousEndsAt)}
				for _, id := range added.Ended {
					shown.EndedSecretIDs = append(shown.EndedSecretIDs, tid.Format(provider.ClientSecretIDPrefix, id))
				}
				return format.write(c.out, shown, func(w io.Writer) {
					fmt.Fprintf(w, "The new secret of %s, shown once:\n\nOIDC_CLIENT_SECRET=%s\n\n", args[0], added.Plain)
					if ends := shown.PreviousExpiresAt; ends != "" {
						fmt.Fprintf(w, "The one before is good until %s, or until: plinto client rotate-secret %s --now\n", ends, args[0])
					} else {
						fmt.Fprintln(w, "No other secret is good any more.")
					}
					if len(shown.EndedSecretIDs) > 0 {
						fmt.Fprintf(w, "Good until now, and ended by this: %s\n", strings.Join(shown.EndedSecretIDs, ", "))
					}
				})
			})
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "make the old secrets useless at once: one leaked")
	format.flag(cmd)
	return cmd
}

func clientDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete CLIENT_ID --yes",
		Short: "Delete a client and revoke all it was granted",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return usageError{fmt.Errorf("deleting %s revokes its tokens and consents for good: add --yes", args[0])}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				client, err := i.client(ctx, args[0])
				if err == nil {
					err = i.Registrar.Delete(ctx, args[0])
				}
				if err != nil {
					return absentClient(err, args[0])
				}
				fmt.Fprintf(c.out, "Client %s is deleted.\n", args[0])
				return c.tellDeletion(ctx, i, client.ID)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete it")
	return cmd
}
