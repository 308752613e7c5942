package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"plinto/cmd/plinto/remote"
	"plinto/organization"
	"plinto/provider"
)

func loginCommand(c *cli) *cobra.Command {
	var name, clientID, scope string
	cmd := &cobra.Command{
		Use:   "login SERVER",
		Short: "Sign in to a server with your browser, and work on it",
		Long: `Sign in to a server with your browser, and work on it by its management API.
The server is the address of a tenant, such as https://id.example.com. You may do
there what your roles let you.

The token is kept in profiles.json in your configuration directory, which only
you can read, and renewed. Commands like plinto user work on that server until
plinto logout, or plinto profile use none.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			issuer := strings.TrimSuffix(args[0], "/")
			if err := remote.CheckServer(issuer); err != nil {
				return usageError{err}
			}
			if name == "" {
				name = profileOf(issuer)
			}
			if err := remote.CheckName(name); err != nil {
				return usageError{err}
			}
			server, err := remote.Discover(cmd.Context(), c.http(), issuer)
			if err != nil {
				return err
			}
			login := remote.Login{HTTP: c.http(), Server: server, ClientID: clientID, Scope: scope, Browse: c.openBrowser}
			token, err := login.Run(cmd.Context())
			if err != nil {
				return fmt.Errorf("sign in to %s: %w", issuer, err)
			}
			profiles, err := remote.ReadProfiles(c.profilesFile())
			if err != nil {
				return err
			}
			err = profiles.Change(func(p *remote.Profiles) {
				p.Current, p.All[name] = name, remote.Profile{Server: issuer, ClientID: clientID, Token: token}
			})
			if err == nil {
				fmt.Fprintf(c.out, "Signed in to %s as the profile %s.\n", issuer, name)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "of the profile; the host of the server without it")
	cmd.Flags().StringVar(&clientID, "client-id", provider.CommandLineClientID, "client to sign in as")
	cmd.Flags().StringVar(&scope, "scope", loginScope(), "rights to ask for")
	return cmd
}

// loginScope are all rights in a tenant that is not the system's, and a token that can be renewed.
func loginScope() string {
	scope := []string{"openid", "offline_access"}
	for _, p := range organization.Permissions {
		if !p.OfSystem() {
			scope = append(scope, string(p))
		}
	}
	return strings.Join(scope, " ")
}

// profileOf is the name of a profile without another: the host of its server, and the tenant.
func profileOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return strings.ReplaceAll(strings.ReplaceAll(u.Host, ":", "-")+strings.ReplaceAll(u.Path, "/t/", "-"), "/", "-")
}

func logoutCommand(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:               "logout [PROFILE]",
		Short:             "Sign out of the server of a profile: end its token, and forget it",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeProfiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			profiles, err := remote.ReadProfiles(c.profilesFile())
			if err != nil {
				return err
			}
			name := profiles.Current
			if len(args) == 1 {
				name = args[0]
			}
			if name == "" {
				return usageError{errors.New("no profile is in use: plinto logout PROFILE signs out of one, plinto profile list shows them")}
			}
			p, ok := profiles.All[name]
			if !ok {
				return usageError{fmt.Errorf("there is no profile %q", name)}
			}
			var failed error
			if p.Token.Access != "" {
				server, err := remote.Discover(cmd.Context(), c.http(), p.Server)
				if failed = err; err == nil {
					login := remote.Login{HTTP: c.http(), Server: server, ClientID: p.ClientID}
					failed = login.Revoke(cmd.Context(), p.Token)
				}
			}
			if err := profiles.Change(forget(name)); err != nil {
				return err
			}
			if failed != nil {
				return fmt.Errorf("the profile %s is forgotten, but its token may still be good: %w", name, failed)
			}
			fmt.Fprintf(c.out, "Signed out of %s.\n", p.Server)
			return nil
		},
	}
}

func forget(name string) func(*remote.Profiles) {
	return func(p *remote.Profiles) {
		delete(p.All, name)
		if p.Current == name {
			p.Current = ""
		}
	}
}

func profileCommand(c *cli) *cobra.Command {
	return group("profile", "Choose the server that commands work on", profileList(c), profileUse(c), profileRemove(c))
}

// A profileRow is how a profile is shown.
type profileRow struct {
	Name    string `json:"name"`
	Server  string `json:"server"`
	Client  string `json:"client_id"`
	Current bool   `json:"current"`
}

func profileList(c *cli) *cobra.Command {
	var format output
	cmd := &cobra.Command{
		Use: "list", Short: "List the profiles", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			profiles, err := remote.ReadProfiles(c.profilesFile())
			if err != nil {
				return err
			}
			rows := []profileRow{}
			for _, name := range slices.Sorted(maps.Keys(profiles.All)) {
				p := profiles.All[name]
				rows = append(rows, profileRow{name, p.Server, p.ClientID, name == profiles.Current})
			}
			return format.write(c.out, rows, func(w io.Writer) {
				for _, r := range rows {
					mark := ""
					if r.Current {
						mark = "in use"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\n", r.Name, r.Server, mark)
				}
			})
		},
	}
	format.flag(cmd)
	return cmd
}

func profileUse(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "use PROFILE", Short: "Work on the server of a profile from now on; none: on the database",
		Args: cobra.ExactArgs(1), ValidArgsFunction: c.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			profiles, err := remote.ReadProfiles(c.profilesFile())
			if err != nil {
				return err
			}
			if _, ok := profiles.All[args[0]]; !ok && args[0] != remote.None {
				return usageError{fmt.Errorf("there is no profile %q", args[0])}
			}
			return profiles.Change(func(p *remote.Profiles) {
				p.Current = args[0]
				if args[0] == remote.None {
					p.Current = ""
				}
			})
		},
	}
}

func profileRemove(c *cli) *cobra.Command {
	return &cobra.Command{
		Use: "remove PROFILE", Short: "Forget a profile; plinto logout also ends its token",
		Args: cobra.ExactArgs(1), ValidArgsFunction: c.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			profiles, err := remote.ReadProfiles(c.profilesFile())
			if err != nil {
				return err
			}
			if _, ok := profiles.All[args[0]]; !ok {
				return usageError{fmt.Errorf("there is no profile %q", args[0])}
			}
			return profiles.Change(forget(args[0]))
		},
	}
}
