package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"plinto/event/audit"
	"plinto/event/mail"
	"plinto/event/webhook"
	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/nearest"
	"plinto/organization"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/tenant"
)

// closedValues are the flags whose values are a closed list, by the path of the command below plinto: others
// are refused before anything is opened. A flag of a list takes several, with commas between.
func closedValues() map[string][]string {
	connection := map[string][]string{
		"auth-method": {federation.AuthBasic, federation.AuthPost, federation.AuthPrivateKey, federation.AuthSigned},
		"kind":        {federation.KindOIDC, federation.KindOAuth2, federation.KindSAML}, "preset": preset.Names(),
		"mfa": {federation.MFAAsk, federation.MFATrust}, "sso": {federation.SSOOff, federation.SSOOffered, federation.SSORequired},
		"provision":      {federation.ProvisionOff, federation.ProvisionInvited, federation.ProvisionDomain, federation.ProvisionAll},
		"claims-update":  {federation.ClaimsFirst, federation.ClaimsAlways},
		"metadata-trust": {federation.TrustSigned, federation.TrustPinned, federation.TrustTLS},
	}
	for _, name := range []string{"sign-on-binding", "logout-binding"} {
		connection[name] = []string{federation.BindingRedirect, federation.BindingPost}
	}
	isolation := texts([]tenant.Isolation{tenant.Shared, tenant.Schema, tenant.Database})
	scopes := texts([]organization.RoleScope{organization.TenantRole, organization.OrganizationRole})
	all := map[string][]string{
		"tenant create --isolation": isolation, "tenant move --to": isolation, "restore --isolation": isolation, "tenant update --saml": {tenant.SAMLOn, tenant.SAMLOff},
		"import --from": slices.Sorted(maps.Keys(sources)), "audit export --format": {audit.JSONLines, audit.CSV}, "keys rotate --alg": provider.SigningAlgs,
		"org invitations list --state": texts(invitation.States), "webhook deliveries --state": texts([]webhook.State{webhook.Pending, webhook.Delivered, webhook.Failed, webhook.Dropped}),
		"webhook create --payload": {"full", "thin"}, "webhook update --payload": {"full", "thin"},
		"client create --type": {string(typeSPA), string(typeWeb), string(typeNative), string(typeService)},
	}
	for _, command := range []string{"create", "update"} {
		for name, values := range connection {
			all["connection "+command+" --"+name] = values
		}
		all["org "+command+" --sign-in-methods"] = organization.Methods
	}
	for _, command := range []string{"create", "update", "delete"} {
		all["role "+command+" --scope"] = scopes
	}
	for _, command := range []string{"show", "set", "preview"} {
		all["email-template "+command+" --language"] = mail.Languages()
	}
	return all
}

// offeredValues are those that a shell completes, where others may be right too.
func offeredValues() map[string][]string {
	permissions := texts(organization.Permissions)
	return map[string][]string{
		"client create --scope": provider.StandardScopes, "client update --scope": provider.StandardScopes,
		"webhook create --events": texts(webhook.Types()), "webhook update --events": texts(webhook.Types()), "audit list --type": texts(webhook.Types()),
		"role create --permission": permissions, "role update --permission": permissions, "api-key create --permission": permissions,
	}
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}

// closeValues has the flags of every command below cmd refuse what is not among their values, and complete them.
func closeValues(cmd *cobra.Command) {
	closed, offered := closedValues(), offeredValues()
	eachCommand(cmd, func(cmd *cobra.Command) {
		_, path, _ := strings.Cut(cmd.CommandPath(), " ")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			key := path + " --" + f.Name
			switch {
			case closed[key] != nil:
				closeFlag(cmd, f.Name, closed[key])
			case offered[key] != nil:
				completeFlag(cmd, f.Name, offered[key])
			}
		})
		if path == "email-template show" || path == "email-template set" || path == "email-template preview" {
			cmd.ValidArgsFunction = oneArgument(append([]string{mail.Shared}, mail.Kinds()...))
		}
	})
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, do)
	}
}

// closeFlag has a flag of a command refuse what is not among values, and a shell complete them.
func closeFlag(cmd *cobra.Command, name string, values []string) {
	f := cmd.Flags().Lookup(name)
	f.Value = &closedValue{f.Value, values, f.DefValue}
	if f.DefValue == "[]" {
		f.DefValue = "" // help would show it as a default
	}
	completeFlag(cmd, name, values)
}

// A closedValue is the value of a flag that is one of a closed list, or several of it with commas between.
type closedValue struct {
	pflag.Value
	of       []string
	fallback string // what it is without being given, "" too
}

// Set implements pflag.Value.
func (v *closedValue) Set(s string) error {
	given := []string{s}
	if v.Type() == "stringSlice" {
		given = strings.Split(s, ",")
	}
	for _, word := range given {
		if !slices.Contains(v.of, word) && word != v.fallback && word != "" {
			return errors.New("must be " + nearest.OneOf(v.of) + nearest.Hint(word, v.of))
		}
	}
	return v.Value.Set(s)
}

// completeFlag has a shell complete the values of a flag: of one that takes several, the last.
func completeFlag(cmd *cobra.Command, name string, values []string) {
	between := ""
	switch {
	case cmd.Flags().Lookup(name).Value.Type() == "stringSlice":
		between = ","
	case name == "scope":
		between = " "
	}
	_ = cmd.RegisterFlagCompletionFunc(name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) { // the flag is there
		before := ""
		if between != "" {
			before = typed[:strings.LastIndex(typed, between)+1]
		}
		var found []string
		for _, value := range values {
			if strings.HasPrefix(before+value, typed) && !slices.Contains(strings.Split(before, between), value) {
				found = append(found, before+value)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	})
}

// oneArgument completes the first argument of a command.
func oneArgument(values []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !strings.HasPrefix(v, typed) }), cobra.ShellCompDirectiveNoFileComp
	}
}

// suggestFlag says which flag was perhaps meant by one that is unknown.
func suggestFlag(cmd *cobra.Command, err error) error {
	if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 { // the flag is one of the command that was meant
		return usageError{noneOf(cmd, words)}
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
			flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		}
		if near := nearest.To(unknown.GetSpecifiedName(), names); near != "" {
			err = fmt.Errorf("%w: did you mean --%s?", err, near)
		}
	}
	return usageError{err}
}
