package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/cmd/plinto/app"
	"plinto/identity"
	"plinto/provider"
)

// userConsents is plinto user consents.
func userConsents(c *cli, t *tenantFlag) *cobra.Command {
	return group("consents", "What a user allowed applications", userConsentsList(c, t), userConsentsRevoke(c, t))
}

// A consentRow is how a consent is shown.
type consentRow struct {
	ClientID     string   `json:"client_id"`
	Name         string   `json:"client_name"` // as the user was shown it
	RedirectHost string   `json:"redirect_host"`
	Scopes       []string `json:"scopes"` // "scope" or "scope at resource server"
	GrantedAt    string   `json:"granted_at"`
}

func newConsentRow(consent *provider.Consent, clientID string) consentRow {
	row := consentRow{ClientID: clientID, Name: consent.Name, RedirectHost: consent.RedirectHost, Scopes: []string{}, GrantedAt: stamp(consent.GrantedAt)}
	for _, p := range consent.Permissions {
		text := p.Scope
		if p.Resource != "" {
			text = strings.TrimSpace(p.Scope + " at " + p.Resource)
		}
		row.Scopes = append(row.Scopes, text)
	}
	return row
}

// consentsOf returns the consents of a user, and the client_id of each client in them.
func (i *installation) consentsOf(ctx context.Context, user uuid.UUID) ([]provider.Consent, map[uuid.UUID]string, error) {
	consents, err := i.store.Consents.List(ctx, user)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]uuid.UUID, len(consents))
	for n, c := range consents {
		ids[n] = c.ClientID
	}
	names, err := i.Clients.Names(ctx, ids)
	return consents, names, err
}

func userConsentsList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List what a user allowed, newest first",
		Long: `List what a user allowed, newest first: the name and the host as they were on the
page, and the scopes. An application is listed once for each host it sends users to.
Applications of the tenant itself, and apps on the user's device that are asked for
every time, are not remembered.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				consents, names, err := i.consentsOf(ctx, u.ID)
				if err != nil {
					return err
				}
				rows := []consentRow{}
				for n := range consents {
					rows = append(rows, newConsentRow(&consents[n], names[consents[n].ClientID]))
				}
				return format.write(c.out, rows, func(w io.Writer) { consentTable(w, rows) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func consentTable(w io.Writer, rows []consentRow) {
	fmt.Fprintln(w, "CLIENT ID\tNAME\tHOST\tSCOPES\tALLOWED")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ClientID, r.Name, r.RedirectHost, strings.Join(r.Scopes, ", "), r.GrantedAt)
	}
}

func userConsentsRevoke(c *cli, t *tenantFlag) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "revoke USER [CLIENT_ID] [--all]",
		Short: "Take back what a user allowed an application",
		Long: `Take back what a user allowed an application: it is asked for again, and what the
application was granted for the user ends, offline access included. With --all, for
every application that the user allowed something.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 2) {
				return usageError{errors.New("say which application: its CLIENT_ID, or --all")}
			}
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				if all {
					return "allows no application anything any more", i.consents().RevokeAll(ctx, u.ID)
				}
				client, err := i.client(ctx, args[1])
				if err != nil {
					return "", err
				}
				return "no longer allows " + client.ClientID + " anything", i.consents().Revoke(ctx, u.ID, client.ID)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "of every application")
	return cmd
}

// consents is the service that changes what users allowed.
func (i *installation) consents() *provider.ConsentService {
	return app.NewConsents(i.store)
}
