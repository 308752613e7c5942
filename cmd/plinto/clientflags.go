package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plinto/internal/nearest"
	"plinto/provider"
)

// A clientType is a preset of metadata. It is a flag value.
type clientType string

// The types.
const (
	typeSPA     clientType = "spa"
	typeWeb     clientType = "web"
	typeNative  clientType = "native"
	typeService clientType = "service"
)

// String implements pflag.Value.
func (t *clientType) String() string { return string(*t) }

// Type implements pflag.Value.
func (t *clientType) Type() string { return "type" }

// Set implements pflag.Value.
func (t *clientType) Set(s string) error {
	switch v := clientType(s); v {
	case typeSPA, typeWeb, typeNative, typeService:
		*t = v
		return nil
	}
	return errors.New("must be spa, web, native or service")
}

// metadata returns what a client of the type starts from.
func (t clientType) metadata() provider.Metadata {
	users := []string{provider.GrantCode, provider.GrantRefresh}
	switch t {
	case typeSPA:
		return provider.Metadata{TokenEndpointAuthMethod: provider.AuthNone, GrantTypes: users, RequirePKCE: true}
	case typeNative:
		return provider.Metadata{
			TokenEndpointAuthMethod: provider.AuthNone, GrantTypes: users, RequirePKCE: true, ApplicationType: provider.ApplicationNative,
		}
	case typeService:
		return provider.Metadata{GrantTypes: []string{provider.GrantClientCredentials}}
	default:
		return provider.Metadata{GrantTypes: users, RequirePKCE: true}
	}
}

// clientFlags are what client create and update can set.
type clientFlags struct {
	cli                     *cli
	name, scope             string
	redirects, afterSignOut []string
	firstParty              bool
	set                     []string
	trust                   trustSectors
}

func (f *clientFlags) flags(c *cli, cmd *cobra.Command) {
	f.cli = c
	cmd.Flags().StringVar(&f.name, "name", "", "what users see")
	cmd.Flags().StringSliceVar(&f.redirects, "redirect-uri", nil, "where users come back to; may be repeated")
	cmd.Flags().StringSliceVar(&f.afterSignOut, "post-logout-redirect-uri", nil, "where users go after signing out; may be repeated")
	cmd.Flags().StringVar(&f.scope, "scope", "", "scopes it may ask for, separated by spaces; without it the standard ones")
	cmd.Flags().BoolVar(&f.firstParty, "first-party", false, "it belongs to the tenant's owner: no consent page")
	f.trust.flag(cmd)
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "MEMBER=VALUE: any other client metadata of RFC 7591 and later; the value is JSON, or a plain text")
}

// change puts the flags that were given into the client and checks the result.
func (f *clientFlags) change(cmd *cobra.Command, c *provider.Client) error {
	given := cmd.Flags().Changed
	if given("name") {
		c.ClientName = f.name
	}
	if given("redirect-uri") {
		c.RedirectURIs = f.redirects
	}
	if given("post-logout-redirect-uri") {
		c.PostLogoutRedirectURIs = f.afterSignOut
	}
	if given("scope") {
		c.Scope = f.scope
	}
	if given("first-party") {
		c.FirstParty = f.firstParty
	}
	problems, err := f.setMembers(c)
	if err != nil {
		return err
	}
	c.Metadata = c.WithDefaults()
	if p := provider.CheckClientID(c.ClientID); p != nil {
		problems = append(problems, *p)
	}
	problems = append(problems, c.Validate(provider.Rules{Operator: true})...)
	for i, p := range problems {
		if !slices.Contains(problems[:i], p) {
			err = errors.Join(err, fmt.Errorf("%s: %s", p.Member, p.Message))
		}
	}
	for _, p := range c.Warnings() {
		f.cli.warning(p.Member + ": " + p.Message)
	}
	return err
}

// setMembers applies --set.
func (f *clientFlags) setMembers(c *provider.Client) ([]provider.Problem, error) {
	if len(f.set) == 0 {
		return nil, nil
	}
	doc, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return nil, err
	}
	for _, s := range f.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usageError{fmt.Errorf("--set wants MEMBER=VALUE, not %q", s)}
		}
		if !provider.KnownMember(name) {
			return nil, usageError{fmt.Errorf("--set %s is no client metadata%s", name, nearest.Hint(name, provider.MemberNames()))}
		}
		doc[name] = json.RawMessage(value)
		if !json.Valid([]byte(value)) {
			doc[name], _ = json.Marshal(value) // of a string
		}
	}
	m, problems := provider.DecodeMetadata(doc)
	c.Metadata = m
	return problems, nil
}
