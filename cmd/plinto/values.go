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

// closedWords are the flags whose values are a closed list, by the first word of the command: others are refused before
// anything is opened. A flag of a list takes several, with commas between.
var closedWords = map[string]string{
	"audit --format":              audit.JSONLines + " " + audit.CSV,
	"client --type":               string(typeSPA + " " + typeWeb + " " + typeNative + " " + typeService),
	"connection --auth-method":    federation.AuthBasic + " " + federation.AuthPost + " " + federation.AuthPrivateKey + " " + federation.AuthSigned,
	"connection --claims-update":  federation.ClaimsFirst + " " + federation.ClaimsAlways,
	"connection --kind":           federation.KindOIDC + " " + federation.KindOAuth2 + " " + federation.KindSAML,
	"connection --logout-binding": bindings, "connection --sign-on-binding": bindings,
	"connection --metadata-trust": federation.TrustSigned + " " + federation.TrustPinned + " " + federation.TrustTLS,
	"connection --mfa":            federation.MFAAsk + " " + federation.MFATrust,
	"connection --provision":      federation.ProvisionOff + " " + federation.ProvisionInvited + " " + federation.ProvisionDomain + " " + federation.ProvisionAll,
	"connection --sso":            federation.SSOOff + " " + federation.SSOOffered + " " + federation.SSORequired,
	"org --state":                 string(invitation.Open + " " + invitation.Accepted + " " + invitation.Revoked + " " + invitation.Expired),
	"restore --isolation":         isolations, "tenant --isolation": isolations, "tenant --to": isolations,
	"role --scope":      string(organization.TenantRole + " " + organization.OrganizationRole),
	"tenant --saml":     tenant.SAMLOn + " " + tenant.SAMLOff,
	"webhook --payload": "full thin",
	"webhook --state":   string(webhook.Pending + " " + webhook.Delivered + " " + webhook.Failed + " " + webhook.Dropped),
}

const (
	isolations = string(tenant.Shared + " " + tenant.Schema + " " + tenant.Database)
	bindings   = federation.BindingRedirect + " " + federation.BindingPost
)

// closedValues are closedWords, and the lists that are not known before the program runs.
func closedValues() map[string][]string {
	all := map[string][]string{
		"connection --preset": preset.Names(), "email-template --language": mail.Languages(), "import --from": slices.Sorted(maps.Keys(sources)),
		"keys --alg": provider.SigningAlgs, "org --sign-in-methods": organization.Methods,
	}
	for flag, words := range closedWords {
		all[flag] = strings.Fields(words)
	}
	return all
}

// offeredValues are those that a shell completes, where others may be right too.
func offeredValues() map[string][]string {
	permissions, events := texts(organization.Permissions), texts(webhook.Types())
	return map[string][]string{
		"client --scope": provider.StandardScopes, "webhook --events": events, "audit --type": events, "role --permission": permissions, "api-key --permission": permissions,
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
		group, _, _ := strings.Cut(path, " ")
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			key := group + " --" + f.Name
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
