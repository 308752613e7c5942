package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/organization/invitation"
)

// orgMembers is plinto org members.
func orgMembers(c *cli, t *tenantFlag) *cobra.Command {
	return group("members", "The members of an organization", orgMembersList(c, t), orgMembersSet(c, t), orgMembersRemove(c, t))
}

// A memberRow is how a member is shown.
type memberRow struct {
	User  string   `json:"user"`
	Name  string   `json:"name,omitempty"` // address or user name
	Roles []string `json:"roles"`
	Since string   `json:"since"`
}

func orgMembersList(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var format output
	cmd := &cobra.Command{
		Use:   "list ORGANIZATION",
		Short: "List members",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			start, err := page.afterID(identity.UserPrefix, "a user")
			if err != nil {
				return err
			}
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				found, err := i.Organizations.Members(ctx, o.ID, page.window(start))
				if err != nil {
					return err
				}
				rows := []memberRow{}
				for _, m := range found {
					u, err := i.Users.ByID(ctx, m.UserID)
					if err != nil {
						return fmt.Errorf("find member: %w", err)
					}
					rows = append(rows, memberRow{u.PublicID(), nameOf(&u), m.Roles, stamp(m.Since)})
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "USER\tNAME\tROLES\tSINCE")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.User, r.Name, roleText(r.Roles), r.Since)
					}
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].User)
					}
				})
			})
		},
	}
	page.flags(cmd, "user id")
	format.flag(cmd)
	return cmd
}

func orgMembersSet(c *cli, t *tenantFlag) *cobra.Command {
	var roles []string
	cmd := &cobra.Command{
		Use:   "set ORGANIZATION USER",
		Short: "Make a user a member, or give a member other roles",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onMember(cmd.Context(), c, args, func(ctx context.Context, i *installation, org, user uuid.UUID) (string, error) {
				return "is a member of", i.Organizations.SetMember(ctx, org, organization.Member{UserID: user, Roles: roles})
			})
		},
	}
	cmd.Flags().StringSliceVar(&roles, "roles", nil, "keys of roles")
	return cmd
}

func orgMembersRemove(c *cli, t *tenantFlag) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ORGANIZATION USER",
		Short: "Take a user out of an organization",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onMember(cmd.Context(), c, args, func(ctx context.Context, i *installation, org, user uuid.UUID) (string, error) {
				return "is no member of", i.Organizations.RemoveMember(ctx, org, user)
			})
		},
	}
}

func (f *tenantFlag) onMember(ctx context.Context, c *cli, args []string, do func(context.Context, *installation, uuid.UUID, uuid.UUID) (string, error)) error {
	return f.onOrg(ctx, c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
		u, err := i.user(ctx, args[1])
		if err != nil {
			return err
		}
		became, err := do(ctx, i, o.ID, u.ID)
		if err == nil {
			fmt.Fprintf(c.out, "User %s %s %s.\n", nameOf(&u), became, o.Slug)
		}
		return err
	})
}

// An invitationRow is how an invitation is shown.
type invitationRow struct {
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Roles     []string `json:"roles"`
	State     string   `json:"state"`
	Inviter   string   `json:"inviter,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	SentAt    string   `json:"sent_at"`
	ExpiresAt string   `json:"expires_at"`
}

func newInvitationRow(i *invitation.Invitation) invitationRow {
	r := invitationRow{
		ID: i.PublicID(), Email: i.Email, Roles: i.Roles, State: string(i.State()), ClientID: i.ClientID, SentAt: stamp(i.SentAt), ExpiresAt: stamp(i.ExpiresAt),
	}
	if i.Inviter != uuid.Nil {
		r.Inviter = tid.Format(identity.UserPrefix, i.Inviter)
	}
	return r
}

func orgInvite(c *cli, t *tenantFlag) *cobra.Command {
	var spec invitation.Spec
	var inviter string
	var format output
	cmd := &cobra.Command{
		Use:   "invite ORGANIZATION EMAIL",
		Short: "Invite an address to an organization, by a mail that the server sends",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				spec.Organization, spec.Email = o.ID, args[1]
				if inviter != "" {
					u, err := i.user(ctx, inviter)
					if err != nil {
						return err
					}
					spec.Inviter = u.ID
				}
				made, err := i.invitations.Create(ctx, spec)
				if err != nil {
					return err
				}
				return format.write(c.out, newInvitationRow(&made), func(w io.Writer) {
					fmt.Fprintf(w, "%s is invited to %s: %s\n", made.Email, o.Slug, made.PublicID())
				})
			})
		},
	}
	cmd.Flags().StringSliceVar(&spec.Roles, "roles", nil, "keys of the roles that it gives")
	cmd.Flags().StringVar(&spec.ClientID, "client", "", "client_id of the application to which it leads")
	cmd.Flags().StringVar(&spec.Lang, "lang", "", "language of the mail, such as de")
	cmd.Flags().StringVar(&inviter, "inviter", "", "user in whose name it is")
	format.flag(cmd)
	return cmd
}

// orgInvitations is plinto org invitations.
func orgInvitations(c *cli, t *tenantFlag) *cobra.Command {
	return group("invitations", "The invitations of an organization", orgInvitationsList(c, t),
		orgInvitation(c, t, "resend", "Send another mail; the link of the one before ends", "sent again", (*invitation.Service).Resend),
		orgInvitation(c, t, "revoke", "End an invitation that was not accepted", "revoked", (*invitation.Service).Revoke))
}

func orgInvitationsList(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var state string
	var format output
	cmd := &cobra.Command{
		Use:   "list ORGANIZATION",
		Short: "List invitations, oldest first",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if state != "" && !slices.Contains(invitation.States, invitation.State(state)) {
				return usageError{errors.New("--state must be open, accepted, revoked or expired")}
			}
			start, err := page.afterID(invitation.Prefix, "an invitation")
			if err != nil {
				return err
			}
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				found, err := i.invitations.Invitations.List(ctx, o.ID, invitation.State(state), page.window(start))
				if err != nil {
					return err
				}
				rows := []invitationRow{}
				for n := range found {
					rows = append(rows, newInvitationRow(&found[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tEMAIL\tROLES\tSTATE\tEXPIRES")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Email, roleText(r.Roles), r.State, r.ExpiresAt)
					}
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].ID)
					}
				})
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only those that are open, accepted, revoked or expired")
	page.flags(cmd, "invitation id")
	format.flag(cmd)
	return cmd
}

func orgInvitation(c *cli, t *tenantFlag, use, short, became string, do func(*invitation.Service, context.Context, uuid.UUID, uuid.UUID) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " ORGANIZATION ID", Short: short, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				id, err := tid.Parse(invitation.Prefix, args[1])
				if err != nil {
					return invitation.ErrNotFound
				}
				if err := do(i.invitations, ctx, o.ID, id); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Invitation %s is %s.\n", args[1], became)
				return nil
			})
		},
	}
}
