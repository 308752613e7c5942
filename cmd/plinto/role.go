package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plinto/organization"
)

func roleCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("role", "Manage roles: sets of permissions that users and members have",
		roleCreate(c, &t), roleList(c, &t), roleUpdate(c, &t), roleDelete(c, &t))
	t.flag(cmd)
	return cmd
}

// A roleRow is how a role is shown.
type roleRow struct {
	ID          string                    `json:"id,omitempty"` // none of one that is built in
	Key         string                    `json:"key"`
	Scope       organization.RoleScope    `json:"scope"`
	Name        string                    `json:"name"`
	Description string                    `json:"description,omitempty"`
	BuiltIn     bool                      `json:"built_in"`
	Permissions []organization.Permission `json:"permissions"`
	Includes    []string                  `json:"includes"`
	ManagedBy   string                    `json:"managed_by,omitempty"` // the manifest that declares it
	CreatedAt   string                    `json:"created_at,omitempty"`
}

func newRoleRow(r *organization.Role) roleRow {
	row := roleRow{
		Key: r.Key, Scope: r.Scope, Name: r.Name, Description: r.Description, BuiltIn: r.BuiltIn(),
		Permissions: append([]organization.Permission{}, r.Permissions...), Includes: append([]string{}, r.Includes...), ManagedBy: r.ManagedBy, CreatedAt: stamp(r.CreatedAt),
	}
	if !r.BuiltIn() {
		row.ID = r.PublicID()
	}
	return row
}

// roleFlags are what a role is made of.
type roleFlags struct {
	name, description     string
	permissions, includes []string
}

func (f *roleFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.name, "name", "", "what people see; the key without it")
	cmd.Flags().StringVar(&f.description, "description", "", "what it is for")
	cmd.Flags().StringSliceVar(&f.permissions, "permission", nil, "what it allows, like users:read; several with commas, or again")
	cmd.Flags().StringSliceVar(&f.includes, "include", nil, "key of a role of the same scope whose permissions it has too")
}

// into puts what was given into a role.
func (f *roleFlags) into(cmd *cobra.Command, r *organization.Role) {
	given := cmd.Flags().Changed
	if given("name") {
		r.Name = f.name
	}
	if given("description") {
		r.Description = f.description
	}
	if given("permission") {
		r.Permissions = permissionsOf(f.permissions)
	}
	if given("include") {
		r.Includes = f.includes
	}
}

func permissionsOf(names []string) []organization.Permission {
	all := make([]organization.Permission, len(names))
	for i, name := range names {
		all[i] = organization.Permission(name)
	}
	return all
}

// scopeFlag is --scope of the commands on roles.
func scopeFlag(cmd *cobra.Command, scope *string) {
	cmd.Flags().StringVar(scope, "scope", string(organization.TenantRole), "tenant: users have it everywhere; organization: members in theirs")
}

func roleCreate(c *cli, t *tenantFlag) *cobra.Command {
	var f roleFlags
	var scope string
	var format output
	cmd := &cobra.Command{
		Use:   "create KEY",
		Short: "Make a role",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				r := organization.Role{Scope: organization.RoleScope(scope), Key: args[0], Name: args[0]}
				f.into(cmd, &r)
				made, err := i.Organizations.Roles.Create(ctx, r)
				if err != nil {
					return err
				}
				return format.write(c.out, newRoleRow(&made), func(w io.Writer) { fmt.Fprintf(w, "Role %s is there: %s\n", made.Key, made.PublicID()) })
			})
		},
	}
	f.flags(cmd)
	scopeFlag(cmd, &scope)
	format.flag(cmd)
	return cmd
}

func roleList(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the roles, those that every tenant has first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				all, err := i.Organizations.Roles.All(ctx)
				if err != nil {
					return err
				}
				rows := []roleRow{}
				for n := range all {
					rows = append(rows, newRoleRow(&all[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "SCOPE\tKEY\tNAME\tINCLUDES\tPERMISSIONS")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Scope, r.Key, r.Name, strings.Join(r.Includes, " "), permissionText(r.Permissions))
					}
				})
			})
		},
	}
	format.flag(cmd)
	return cmd
}

// permissionText shows permissions in a column: the first ones, and how many more there are.
func permissionText(all []organization.Permission) string {
	const most = 4
	var shown []string
	for i, p := range all {
		if i == most {
			shown = append(shown, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		shown = append(shown, string(p))
	}
	return strings.Join(shown, " ")
}

func roleUpdate(c *cli, t *tenantFlag) *cobra.Command {
	var f roleFlags
	var scope string
	var format output
	cmd := &cobra.Command{
		Use:   "update KEY",
		Short: "Change a role for everybody who has it; only what is given changes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				changed, err := i.Organizations.Roles.Update(ctx, organization.RoleScope(scope), args[0], func(r *organization.Role) error {
					f.into(cmd, r)
					return nil
				})
				if err != nil {
					return err
				}
				return format.write(c.out, newRoleRow(&changed), func(w io.Writer) {
					fmt.Fprintf(w, "Role %s has %d permissions of its own and includes %d roles.\n", changed.Key, len(changed.Permissions), len(changed.Includes))
				})
			})
		},
	}
	f.flags(cmd)
	scopeFlag(cmd, &scope)
	format.flag(cmd)
	return cmd
}

func roleDelete(c *cli, t *tenantFlag) *cobra.Command {
	var scope string
	cmd := &cobra.Command{
		Use:   "delete KEY",
		Short: "Delete a role, and take it from everybody who has it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				if err := i.Organizations.Roles.Delete(ctx, organization.RoleScope(scope), args[0]); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Role %s is deleted.\n", args[0])
				return nil
			})
		},
	}
	scopeFlag(cmd, &scope)
	return cmd
}
