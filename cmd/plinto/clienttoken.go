package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/provider"
	"plinto/tenant"
)

// Limits of initial access tokens.
const (
	maxInitialUses = 10_000
	maxInitialTTL  = 365 * 24 * time.Hour
)

// clientInitialToken is the tokens with which others may register clients.
func clientInitialToken(c *cli, t *tenantFlag) *cobra.Command {
	return group("initial-token", "Let others register clients, with tokens (RFC 7591)",
		initialTokenCreate(c, t), initialTokenList(c, t), initialTokenRevoke(c, t))
}

// initialToken is an initial access token as it is shown.
type initialToken struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitempty"`
	Token     string `json:"token,omitempty"` // when it was made just now
	UsesLeft  int    `json:"uses_left"`
	CreatedAt string `json:"created_at,omitempty"`
	ExpiresAt string `json:"expires_at"`
}

func initialTokenCreate(c *cli, t *tenantFlag) *cobra.Command {
	var name string
	var uses int
	var ttl time.Duration
	var format output
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a token; it is shown once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if uses < 1 || uses > maxInitialUses {
				return usageError{fmt.Errorf("--uses must be between 1 and %d", maxInitialUses)}
			}
			if ttl <= 0 || ttl > maxInitialTTL {
				return usageError{errors.New("--ttl must be more than nothing and at most 8760h, a year")}
			}
			if len(name) > 255 {
				return usageError{errors.New("--name must have at most 255 bytes")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				plain, made, err := i.Registrar.MakeInitialToken(ctx, name, uses, time.Now().Add(ttl))
				if err != nil {
					return err
				}
				shown := initialToken{ID: made.ID.String(), Name: name, Token: plain, UsesLeft: uses, ExpiresAt: stamp(made.ExpiresAt)}
				return format.write(c.out, shown, func(w io.Writer) { initialTokenText(w, tenant.Must(ctx), shown) })
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what it is for, to recognise it in the list")
	cmd.Flags().IntVar(&uses, "uses", 1, "how many clients it may register")
	cmd.Flags().DurationVar(&ttl, "ttl", 24*time.Hour, "how long it is good")
	format.flag(cmd)
	return cmd
}

func initialTokenText(w io.Writer, t *tenant.Tenant, made initialToken) {
	fmt.Fprintf(w, "The token is shown now and never again. It registers %d clients until %s:\n\n%s\n", made.UsesLeft, made.ExpiresAt, made.Token)
	if mode := t.Settings.Registration.Mode; mode != tenant.RegistrationToken && mode != tenant.RegistrationOpen {
		fmt.Fprintln(w, "\nThe tenant's registration is off: set settings.registration.mode to token.")
	}
}

func initialTokenList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without what is secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				all, err := i.store.InitialTokens.List(ctx)
				if err != nil {
					return err
				}
				rows := []initialToken{}
				for _, found := range all {
					rows = append(rows, initialToken{
						ID: found.ID.String(), Name: found.Name, UsesLeft: found.UsesLeft,
						CreatedAt: stamp(found.CreatedAt), ExpiresAt: stamp(found.ExpiresAt),
					})
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tNAME\tUSES LEFT\tCREATED\tEXPIRES")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", r.ID, r.Name, r.UsesLeft, r.CreatedAt, r.ExpiresAt)
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func initialTokenRevoke(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "Make a token useless; the clients it registered stay",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[0])
			if err != nil {
				return usageError{errors.New("the id is that of plinto client initial-token list")}
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				if err := i.Registrar.RevokeInitialToken(ctx, id); err != nil {
					if errors.Is(err, provider.ErrInitialTokenUnknown) {
						return fmt.Errorf("there is no initial access token %s in the tenant", id)
					}
					return err
				}
				fmt.Fprintf(c.out, "Initial access token %s is revoked.\n", id)
				return nil
			})
		},
	}
}
