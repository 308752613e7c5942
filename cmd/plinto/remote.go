package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"plinto/admin"
	"plinto/client"
	"plinto/cmd/plinto/manifest"
	"plinto/cmd/plinto/remote"
	"plinto/internal/textfile"
)

// A remoteTarget is the server that commands work on by its management API, instead of the database.
type remoteTarget struct {
	server  string // issuer
	name    string // of the profile; "": none
	keyFile string
}

// The variables of commands that work on a server: no settings of an installation.
const (
	serverVariable  = "PLINTO_SERVER"
	profileVariable = "PLINTO_PROFILE"
	keyVariable     = "PLINTO_API_KEY"
)

var remoteVariables = []string{serverVariable, profileVariable, keyVariable}

// env returns a variable of the environment.
func (c *cli) env(name string) string {
	for _, v := range slices.Backward(c.environ) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// profilesFile is where profiles are kept; "": there is no home directory.
func (c *cli) profilesFile() string {
	if dir := c.env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "plinto", "profiles.json")
	}
	for _, home := range []string{c.env("HOME"), c.env("USERPROFILE")} {
		if filepath.IsAbs(home) {
			return filepath.Join(home, ".config", "plinto", "profiles.json")
		}
	}
	return ""
}

// target returns the server to work on, nil for the database: what the flags say, else the
// environment, else the profile in use.
func (c *cli) target(args []string) (*remoteTarget, error) {
	server, fromFlag := flagOf(args, "server")
	name, named := flagOf(args, "profile")
	keyFile, _ := flagOf(args, "api-key-file")
	if !fromFlag && !named {
		server, name = c.env(serverVariable), c.env(profileVariable)
	}
	if server != "" {
		if err := remote.CheckServer(server); err != nil {
			return nil, usageError{err}
		}
		return &remoteTarget{server: strings.TrimSuffix(server, "/"), keyFile: keyFile}, nil
	}
	profiles, err := remote.ReadProfiles(c.profilesFile())
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = profiles.Current
	}
	if name == "" || name == remote.None {
		return nil, nil
	}
	p, ok := profiles.All[name]
	if !ok && len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil, nil // its name is being typed
	}
	if !ok {
		return nil, usageError{fmt.Errorf("there is no profile %q: plinto login makes one", name)}
	}
	return &remoteTarget{server: p.Server, name: name, keyFile: keyFile}, nil
}

// remoteFlags are those by which people choose a server; target has read them already.
func remoteFlags(c *cli, root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.String("server", "", "work on the server at this address by its API, not on the database (PLINTO_SERVER)")
	flags.String("profile", "", "work on the server of this profile; none: on the database (PLINTO_PROFILE)")
	flags.String("api-key-file", "", "file with the API key for the server (PLINTO_API_KEY is one)")
	_ = root.RegisterFlagCompletionFunc("profile", c.completeProfiles) // the flag is there
}

// remoteCommands are the commands that work on a server.
func remoteCommands(c *cli, t *remoteTarget) ([]*cobra.Command, error) {
	contract, err := admin.Document()
	if err != nil {
		return nil, err
	}
	all, err := remote.Commands(remote.Options{
		Contract: contract, Usage: func(err error) error { return usageError{err} },
		Output: func(cmd *cobra.Command) remote.Show {
			o := new(output)
			o.flag(cmd)
			return o.write
		},
		Close: closeFlag, None: noneOf,
		File: func(name string) ([]byte, error) {
			_, text, err := readManifest(c, name)
			return text, err
		},
		NotYAML: manifest.NotYAML,
		Send: func(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
			api, err := c.api(ctx, t)
			if err != nil {
				return nil, err
			}
			res, err := api.Send(ctx, method, path, header, body)
			if refused := (*client.Error)(nil); err != nil && !errors.As(err, &refused) {
				err = fmt.Errorf("reach %s: %w", t.server, err)
			}
			return res, err
		},
	})
	for _, cmd := range all {
		cmd.Short += " (" + t.server + ")"
	}
	return all, err
}

const requestWait = 60 * time.Second

// http is how the program reaches a server.
func (c *cli) http() *http.Client {
	h := &http.Client{Timeout: requestWait, CheckRedirect: remote.Redirects}
	if c.transport != nil {
		h.Transport = c.transport
	}
	return h
}

// api returns the API of a server, for whoever the API key or the profile stands for.
func (c *cli) api(ctx context.Context, t *remoteTarget) (*client.ClientWithResponses, error) {
	tokens, err := c.tokens(ctx, t)
	if err != nil {
		return nil, err
	}
	var options []client.Option
	if c.transport != nil {
		options = append(options, client.WithTransport(c.transport))
	}
	return client.New(client.Base(t.server), tokens, options...)
}

var errNotSignedIn = errors.New("not signed in to this server: run plinto login, or set PLINTO_API_KEY")

const maxKeyFile = 4 << 10

func (c *cli) tokens(ctx context.Context, t *remoteTarget) (oauth2.TokenSource, error) {
	key := c.env(keyVariable)
	if t.keyFile != "" {
		text, err := textfile.Read(t.keyFile, maxKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read API key: %w", err)
		}
		key = string(text)
	}
	if key = strings.TrimSpace(key); key != "" {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: key}), nil
	}
	if t.name == "" {
		return nil, errNotSignedIn
	}
	token, err := c.fresh(ctx, t)
	if err != nil {
		return nil, err
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token.Access}), nil
}

// early is how long before its end a token is replaced.
const early = 30 * time.Second

// fresh returns the token of a profile, another one when it is about to end.
func (c *cli) fresh(ctx context.Context, t *remoteTarget) (remote.Token, error) {
	profiles, err := remote.ReadProfiles(c.profilesFile())
	if err != nil {
		return remote.Token{}, err
	}
	p := profiles.All[t.name]
	switch {
	case p.Token.Access == "":
		return remote.Token{}, errNotSignedIn
	case time.Until(p.Token.Expires) > early:
		return p.Token, nil
	case p.Token.Refresh == "":
		return remote.Token{}, errNotSignedIn
	}
	server, err := remote.Discover(ctx, c.http(), p.Server)
	if err != nil {
		return remote.Token{}, err
	}
	login := remote.Login{HTTP: c.http(), Server: server, ClientID: p.ClientID}
	token, err := login.Refresh(ctx, p.Token)
	if err != nil {
		return remote.Token{}, fmt.Errorf("%w: %w", errNotSignedIn, err)
	}
	return token, profiles.Change(func(now *remote.Profiles) {
		p := now.All[t.name]
		p.Token = token
		now.All[t.name] = p
	})
}

// completeProfiles completes the names of profiles.
func (c *cli) completeProfiles(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	profiles, err := remote.ReadProfiles(c.profilesFile())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for name, p := range profiles.All {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name+"\t"+p.Server)
		}
	}
	slices.Sort(names)
	return names, cobra.ShellCompDirectiveNoFileComp
}

// openBrowser opens an address, and says it for whoever has no browser here.
func (c *cli) openBrowser(ctx context.Context, address string) error {
	if c.json {
		c.note("Sign in with your browser: " + address)
	} else {
		fmt.Fprintf(c.err, "Sign in with your browser:\n\n  %s\n\n", address)
	}
	if c.browse != nil {
		return c.browse(ctx, address)
	}
	openInBrowser(ctx, address)
	return nil
}
