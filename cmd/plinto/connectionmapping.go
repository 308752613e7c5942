package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/tid"
	"plinto/organization"
)

// A mappingRow is what a connection says of a known provider and of claims.
type mappingRow struct {
	Preset       string            `json:"preset,omitempty"`
	Tenants      []string          `json:"tenants,omitempty"`
	TeamID       string            `json:"team_id,omitempty"`
	KeyID        string            `json:"key_id,omitempty"`
	SubjectClaim string            `json:"subject_claim,omitempty"`
	Claims       map[string]string `json:"claims,omitempty"`
	ClaimsUpdate string            `json:"claims_update,omitempty"`
	GroupsClaim  string            `json:"groups_claim,omitempty"`
	GroupRoles   []string          `json:"group_roles,omitempty"` // as the flag has them, with public ids
}

func newMappingRow(s *federation.Spec) mappingRow {
	r := mappingRow{
		Preset: s.Preset, Tenants: s.Tenants, TeamID: s.TeamID, KeyID: s.KeyID, SubjectClaim: s.SubjectClaim, Claims: s.Claims,
		ClaimsUpdate: s.ClaimsUpdate, GroupsClaim: s.GroupsClaim,
	}
	for _, rule := range s.GroupRoles {
		text := rule.Group + "=" + rule.Role
		if rule.Organization != uuid.Nil {
			text += "@" + tid.Format(organization.Prefix, rule.Organization)
		}
		r.GroupRoles = append(r.GroupRoles, text)
	}
	return r
}

// mappingFlags adds the flags of known providers and of claims.
func (f *connectionFlags) mappingFlags(cmd *cobra.Command) {
	s := cmd.Flags().StringVar
	s(&f.Preset, "preset", "", "a provider that is known, which fills in what is not given: "+strings.Join(preset.Names(), ", "))
	s(&f.Kind, "kind", "", "oidc (the default), oauth2 or saml")
	cmd.Flags().StringSliceVar(&f.Tenants, "tenants", nil, "ids of the Microsoft tenants whose users may sign in")
	s(&f.TeamID, "team-id", "", "with signed_client_secret (Apple): the id of the team")
	s(&f.KeyID, "key-id", "", "with signed_client_secret (Apple): the id of the key, which --secret-stdin reads")
	s(&f.SubjectClaim, "subject-claim", "", "with oauth2: the member of userinfo that says whose account it is")
	cmd.Flags().StringToStringVar(&f.Claims, "claims", nil, "which claims become what: name=display_name,locale=locale; to "+strings.Join(federation.Targets(), ", "))
	s(&f.ClaimsUpdate, "claims-update", "", "when claims are taken over: first (the default; when the account is made) or always")
	s(&f.GroupsClaim, "groups-claim", "", "the claim that lists groups")
	cmd.Flags().StringArrayVar(&f.roles, "group-role", nil, "GROUP=ROLE or GROUP=ROLE@ORGANIZATION: the role that members of a group have; may be given several times, \"\" for none")
}

// applyMapping sets what flags say of known providers and of claims.
func (f *connectionFlags) applyMapping(cmd *cobra.Command, s *federation.Spec) {
	for name, set := range map[string]func(){
		"preset": func() { s.Preset = f.Preset }, "kind": func() { s.Kind = f.Kind }, "tenants": func() { s.Tenants = f.Tenants },
		"team-id": func() { s.TeamID = f.TeamID }, "key-id": func() { s.KeyID = f.KeyID }, "subject-claim": func() { s.SubjectClaim = f.SubjectClaim },
		"claims": func() { s.Claims = f.Claims }, "claims-update": func() { s.ClaimsUpdate = f.ClaimsUpdate },
		"groups-claim": func() { s.GroupsClaim = f.GroupsClaim }, "group-role": func() { s.GroupRoles = f.GroupRoles },
	} {
		if cmd.Flags().Changed(name) {
			set()
		}
	}
}

// findRoles reads the rules of the flag, and looks their organizations up.
func (f *connectionFlags) findRoles(ctx context.Context, i *installation) error {
	f.GroupRoles = nil
	for _, text := range f.roles {
		if text == "" {
			continue
		}
		at := strings.LastIndexByte(text, '=') // a group may have a = in its name, a role has none
		if at < 0 {
			return usageError{errors.New("group-role must be GROUP=ROLE or GROUP=ROLE@ORGANIZATION")}
		}
		role, of, found := strings.Cut(text[at+1:], "@")
		rule := federation.GroupRole{Group: text[:at], Role: role}
		if found {
			o, err := i.organization(ctx, of)
			if err != nil {
				return err
			}
			rule.Organization = o.ID
		}
		f.GroupRoles = append(f.GroupRoles, rule)
	}
	return nil
}

func connectionPreview(c *cli, t *tenantFlag) *cobra.Command {
	var format output
	var file string
	cmd := &cobra.Command{
		Use:   "preview SLUG --claims FILE",
		Short: "Show what an account with the claims of a file gets here; nothing is stored",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			claims, err := readClaimsFile(c, file)
			if err != nil {
				return err
			}
			return t.onConnection(cmd.Context(), c, args[0], func(ctx context.Context, i *installation, found *federation.Connection) error {
				seen, err := i.Connections.Preview(ctx, found.ID, claims)
				if err != nil {
					return err
				}
				return format.write(c.out, seen, func(w io.Writer) { previewTable(w, &seen) })
			})
		},
	}
	cmd.Flags().StringVar(&file, "claims", "", "a file with the claims as a JSON object, or - for standard input")
	_ = cmd.MarkFlagRequired("claims")
	format.flag(cmd)
	return cmd
}

// readClaimsFile reads no more than claims may have.
func readClaimsFile(c *cli, name string) ([]byte, error) {
	in := c.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usageError{fmt.Errorf("open claims: %w", err)}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, federation.MaxClaims+1))
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	return raw, nil
}

func previewTable(w io.Writer, seen *federation.Preview) {
	verified := "not verified: it opens no account"
	if seen.EmailVerified {
		verified = "verified"
	}
	if seen.Email != "" {
		fmt.Fprintf(w, "email\t%s\t%s\n", seen.Email, verified)
	}
	if seen.Username != "" {
		fmt.Fprintf(w, "username\t%s\tof an account that is made\n", seen.Username)
	}
	for _, name := range federation.Targets() {
		if value := seen.Profile[name]; value != "" {
			fmt.Fprintf(w, "%s\t%s\t\n", name, value)
		}
	}
	groups := slices.Sorted(slices.Values(seen.Groups))
	fmt.Fprintf(w, "groups\t%s\t\n", strings.Join(groups, ", "))
	for _, r := range seen.Roles {
		where, note := "of the tenant", ""
		if r.Organization != uuid.Nil {
			where = "in " + tid.Format(organization.Prefix, r.Organization)
		}
		if r.Withheld {
			note = " (withheld: there is no such role, or whoever made the rule may not give it any more)"
		}
		fmt.Fprintf(w, "role\t%s\t%s%s\n", r.Role, where, note)
	}
}
