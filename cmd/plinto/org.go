package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

func orgCommand(c *cli) *cobra.Command {
	var t tenantFlag
	cmd := group("org", "Manage a tenant's organizations",
		orgCreate(c, &t), orgList(c, &t), orgGet(c, &t), orgUpdate(c, &t), orgBranding(c, &t),
		orgSwitch(c, &t, "suspend", "Let nobody sign in to an organization, nor join it", "suspended", (*organization.Service).Suspend),
		orgSwitch(c, &t, "resume", "Let members sign in to an organization again", "not suspended", (*organization.Service).Unsuspend),
		orgDelete(c, &t), orgMembers(c, &t), orgInvite(c, &t), orgInvitations(c, &t), orgDomains(c, &t))
	t.flag(cmd)
	return cmd
}

// An orgRow is how an organization is shown.
type orgRow struct {
	ID              string                `json:"id"`
	Slug            string                `json:"slug"`
	Name            string                `json:"name"`
	ExternalID      string                `json:"external_id,omitempty"`
	State           string                `json:"state"` // "active", "suspended"
	SuspendedAt     string                `json:"suspended_at,omitempty"`
	Members         *int                  `json:"members,omitempty"`
	PublicMetadata  json.RawMessage       `json:"public_metadata,omitempty"`
	PrivateMetadata json.RawMessage       `json:"private_metadata,omitempty"`
	Policy          organization.Policy   `json:"policy,omitzero"`
	Branding        organization.Branding `json:"branding,omitzero"`
	ManagedBy       string                `json:"managed_by,omitempty"` // the manifest that declares it
	CreatedAt       string                `json:"created_at,omitempty"`
}

func newOrgRow(o *organization.Organization) orgRow {
	r := orgRow{
		ID: o.PublicID(), Slug: o.Slug, Name: o.Name, ExternalID: o.ExternalID, State: "active", SuspendedAt: stamp(o.SuspendedAt),
		PublicMetadata: o.PublicMetadata, PrivateMetadata: o.PrivateMetadata, Policy: o.Policy, Branding: o.Branding, ManagedBy: o.ManagedBy, CreatedAt: stamp(o.CreatedAt),
	}
	if o.Suspended() {
		r.State = "suspended"
	}
	return r
}

// organization finds an organization by public id or slug.
func (i *installation) organization(ctx context.Context, name string) (organization.Organization, error) {
	id, err := tid.Parse(organization.Prefix, name)
	var o organization.Organization
	if err == nil {
		o, err = i.Organizations.ByID(ctx, id)
	} else {
		o, err = i.Organizations.BySlug(ctx, name)
	}
	if errors.Is(err, organization.ErrNotFound) {
		return o, fmt.Errorf("there is no organization %q in the tenant", name)
	}
	return o, err
}

// onOrg is work on the organization that an argument names.
func (f *tenantFlag) onOrg(ctx context.Context, c *cli, name string, fn func(context.Context, *installation, organization.Organization) error) error {
	return f.work(ctx, c, func(ctx context.Context, i *installation) error {
		o, err := i.organization(ctx, name)
		if err != nil {
			return err
		}
		return fn(ctx, i, o)
	})
}

// orgFlags are the fields of an organization.
type orgFlags struct {
	name, external, public, private, mfa string
	sessionTTL, sessionIdle              time.Duration
	domains, methods                     []string
}

func (f *orgFlags) flags(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.name, "name", "", "what people read")
	s.StringVar(&f.external, "external-id", "", "the id in another system")
	s.StringVar(&f.public, "public-metadata", "", "a JSON object for applications")
	s.StringVar(&f.private, "private-metadata", "", "a JSON object for who manages the organization")
	s.StringVar(&f.mfa, "mfa", "", `policy: "required" asks every member for a second factor`)
	s.DurationVar(&f.sessionTTL, "session-ttl", 0, "policy: after what time members sign in again")
	s.DurationVar(&f.sessionIdle, "session-idle-ttl", 0, "policy: after what time without use members sign in again")
	s.StringSliceVar(&f.domains, "email-domains", nil, "policy: the mail domains of addresses that can be invited")
	s.StringSliceVar(&f.methods, "sign-in-methods", nil, "policy: how members may sign in: password, passkey")
}

// set writes what was given.
func (f *orgFlags) set(cmd *cobra.Command, o *organization.Organization) {
	for name, set := range map[string]func(){
		"name": func() { o.Name = f.name }, "external-id": func() { o.ExternalID = f.external },
		"public-metadata":  func() { o.PublicMetadata = json.RawMessage(f.public) },
		"private-metadata": func() { o.PrivateMetadata = json.RawMessage(f.private) },
		"mfa":              func() { o.Policy.MFA = f.mfa },
		"session-ttl":      func() { o.Policy.SessionTTL = tenant.Duration(f.sessionTTL) },
		"session-idle-ttl": func() { o.Policy.SessionIdleTTL = tenant.Duration(f.sessionIdle) },
		"email-domains":    func() { o.Policy.EmailDomains = f.domains },
		"sign-in-methods":  func() { o.Policy.SignInMethods = f.methods },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
}

func orgCreate(c *cli, t *tenantFlag) *cobra.Command {
	var f orgFlags
	var format output
	cmd := &cobra.Command{
		Use:   "create SLUG",
		Short: "Make an organization",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				o := organization.Organization{Slug: args[0], Name: args[0]}
				f.set(cmd, &o)
				made, err := i.Organizations.Create(ctx, o)
				if err != nil {
					return err
				}
				return format.write(c.out, newOrgRow(&made), func(w io.Writer) {
					fmt.Fprintf(w, "Organization %s is there: %s\n", made.Slug, made.PublicID())
				})
			})
		},
	}
	f.flags(cmd)
	format.flag(cmd)
	return cmd
}

func orgList(c *cli, t *tenantFlag) *cobra.Command {
	var page paging
	var prefix string
	var format output
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List organizations, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			start, err := page.afterID(organization.Prefix, "an organization")
			if err != nil {
				return err
			}
			return t.work(cmd.Context(), c, func(ctx context.Context, i *installation) error {
				found, err := i.Organizations.Page(ctx, prefix, page.window(start))
				if err != nil {
					return err
				}
				rows := []orgRow{}
				for n := range found {
					rows = append(rows, newOrgRow(&found[n]))
				}
				return format.write(c.out, rows, func(w io.Writer) {
					fmt.Fprintln(w, "ID\tSLUG\tNAME\tSTATE\tMANAGED BY")
					for _, r := range rows {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Slug, r.Name, r.State, cmp.Or(r.ManagedBy, "-"))
					}
					if len(rows) > 0 {
						page.more(w, len(rows), rows[len(rows)-1].ID)
					}
				})
			})
		},
	}
	cmd.Flags().StringVar(&prefix, "prefix", "", "only those whose slug or name starts with it")
	page.flags(cmd, "organization id")
	format.flag(cmd)
	return cmd
}

func orgGet(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use:   "get ORGANIZATION",
		Short: "Show an organization, by slug or id",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				row := newOrgRow(&o)
				n, err := i.Organizations.CountMembers(ctx, o.ID)
				if err != nil {
					return err
				}
				row.Members = &n
				return format.write(c.out, row, func(w io.Writer) { membersTable(w, row) })
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func orgUpdate(c *cli, t *tenantFlag) *cobra.Command {
	var f orgFlags
	var slug string
	var format output
	cmd := &cobra.Command{
		Use:   "update ORGANIZATION",
		Short: "Change an organization; only what is given changes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				after, err := i.Organizations.UpdateByID(ctx, o.ID, func(o *organization.Organization) {
					f.set(cmd, o)
					if cmd.Flags().Changed("slug") {
						o.Slug = slug
					}
				})
				if err != nil {
					return err
				}
				return format.write(c.out, newOrgRow(&after), func(w io.Writer) { fmt.Fprintf(w, "Organization %s is updated.\n", after.Slug) })
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&slug, "slug", "", "another slug")
	format.flag(cmd)
	return cmd
}

// orgSwitch is a command that changes an organization and says what it is then.
func orgSwitch(c *cli, t *tenantFlag, use, short, became string, do func(*organization.Service, context.Context, uuid.UUID) error) *cobra.Command {
	return &cobra.Command{
		Use: use + " ORGANIZATION", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				if err := do(i.Organizations, ctx, o.ID); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Organization %s is %s.\n", o.Slug, became)
				return nil
			})
		},
	}
}

func orgDelete(c *cli, t *tenantFlag) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "delete ORGANIZATION --yes", Short: "Delete an organization with its members, invitations and domains", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return t.onOrg(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, o organization.Organization) error {
				if !yes {
					return usageError{errors.New("deleting an organization cannot be undone: add --yes, or suspend it")}
				}
				if err := i.Organizations.Delete(ctx, o.ID); err != nil {
					return err
				}
				fmt.Fprintf(c.out, "Organization %s is deleted.\n", o.Slug)
				return c.tellDeletion(ctx, i, o.ID)
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "yes, delete the organization")
	return cmd
}

// roleText is how roles are shown in a table.
func roleText(roles []string) string { return strings.Join(roles, " ") }
