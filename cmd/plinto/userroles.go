package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/identity"
	"plinto/organization"
)

// userRoles is plinto user roles.
func userRoles(c *cli, t *tenantFlag) *cobra.Command {
	return group("roles", "The roles of a user in the tenant", userRolesList(c, t),
		userRolesChange(c, t, "add", "Give a user a role", "has the role", func(r *organization.RoleService) func(context.Context, uuid.UUID, string) error { return r.Assign }),
		userRolesChange(c, t, "remove", "Take a role from a user", "no longer has the role", func(r *organization.RoleService) func(context.Context, uuid.UUID, string) error { return r.Unassign }))
}

// userRights is how the roles of a user are shown.
type userRights struct {
	Roles       []string                  `json:"roles"`
	Permissions []organization.Permission `json:"permissions"` // of the roles and those they include
}

func userRolesList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list USER",
		Short: "List the roles of a user in the tenant, and what they allow",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onUser(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) error {
				held, err := i.store.Roles.Held(ctx, u.ID, uuid.Nil)
				if err != nil {
					return err
				}
				rights, _, err := i.Organizations.Roles.Rights(ctx, u.ID, uuid.Nil)
				if err != nil {
					return err
				}
				shown := userRights{Roles: append([]string{}, slices.Sorted(slices.Values(held.Tenant))...), Permissions: append([]organization.Permission{}, rights...)}
				return format.write(c.out, shown, func(w io.Writer) {
					fmt.Fprintln(w, "ROLE\tPERMISSIONS OF ALL")
					for n := range max(len(shown.Roles), len(shown.Permissions)) {
						fmt.Fprintf(w, "%s\t%s\n", nth(shown.Roles, n), nth(shown.Permissions, n))
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// nth returns the nth of all, or nothing.
func nth[T ~string](all []T, n int) T {
	if n < len(all) {
		return all[n]
	}
	return ""
}

func userRolesChange(
	c *cli, t *tenantFlag, use, short, became string, change func(*organization.RoleService) func(context.Context, uuid.UUID, string) error,
) *cobra.Command {
	return &cobra.Command{
		Use:   use + " USER ROLE",
		Short: short,
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.change(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, u identity.User) (string, error) {
				return became + " " + args[1], change(i.Organizations.Roles)(ctx, u.ID, args[1])
			})
		},
	}
}
