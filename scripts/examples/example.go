package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
)

// The kinds of examples.
const (
	kindWeb     = "web"     // serves pages on PORT, and keeps tokens on its side
	kindSPA     = "spa"     // serves pages on PORT that keep tokens in the browser
	kindCommand = "command" // runs to its end
	kindAPI     = "api"     // serves a resource on PORT to whoever has an access token
)

// An example is what example.yaml says of a directory of examples/. Commands are for a shell, in the
// directory, with ISSUER, CLIENT_ID, CLIENT_SECRET and PORT in the environment.
type example struct {
	dir string // where it is
	// Title is what it shows, for people.
	Title string `yaml:"title"`
	Kind  string `yaml:"kind"`
	// Client is the client_id in seed.yaml; a command that registers itself or needs none has none.
	Client string `yaml:"client"`
	// Untried is why the example is not run, "" for one that is; then all below is left out.
	Untried string `yaml:"untried"`
	// HTTPS is for clients that take no issuer without it. SSL_CERT_FILE in the environment has its authority.
	HTTPS bool `yaml:"https"`
	// Install is run once, "" for nothing.
	Install string `yaml:"install"`
	// Version prints the name and version of the library that is tried.
	Version string `yaml:"version"`
	// Run stays in the foreground.
	Run string `yaml:"run"`
	// Beside is another command that runs in the meantime, say a server that a command calls. Ready is the
	// address that answers once it does.
	Beside string `yaml:"beside"`
	Ready  string `yaml:"ready"`
	// Start is the path that begins a sign-in, or at an API the one to ask. Of a command it is a regular
	// expression that finds the address to open in what it prints; without one it needs no browser.
	Start string `yaml:"start"`
	// Click is a CSS selector to click on the page of Start, "" for one that redirects itself.
	Click string `yaml:"click"`
	// Expect is a text on the page after the sign-in, in the output of a command, or in the answer of an API.
	Expect string `yaml:"expect"`
	// After are further steps of the signed-in user, in order.
	After []step `yaml:"after"`
	// Logout signs out. Afterwards a sign-in has to ask for the password again.
	Logout *step `yaml:"logout"`
	// Resource and Scope are those of the tokens that an API takes.
	Resource string `yaml:"resource"`
	Scope    string `yaml:"scope"`
}

// A step opens Path, if there is one, clicks Click, if there is one, and waits for Expect.
type step struct {
	Path   string `yaml:"path"`
	Click  string `yaml:"click"`
	Expect string `yaml:"expect"`
}

// name is how the example is called: the name of its directory.
func (e *example) name() string { return filepath.Base(e.dir) }

// read returns the examples below dir, by name.
func read(dir string) ([]example, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*", "example.yaml"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no example in %s: %w", dir, fs.ErrNotExist)
	}
	all := make([]example, 0, len(names))
	for _, name := range names {
		e := example{dir: filepath.Dir(name)}
		if err := decode(name, &e, yaml.Strict()); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func decode(name string, v any, options ...yaml.DecodeOption) error {
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(text), options...).Decode(v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// check says everything that is wrong with an example.
func (e *example) check(s *seed) error {
	var problems []error
	wrong := func(bad bool, what string) {
		if bad {
			problems = append(problems, fmt.Errorf("%s: %s", e.name(), what))
		}
	}
	wrong(e.Title == "", "it has no title")
	wrong(!slices.Contains([]string{kindWeb, kindSPA, kindCommand, kindAPI}, e.Kind), "its kind is none of web, spa, command, api")
	pages := e.Kind == kindWeb || e.Kind == kindSPA
	client, known := s.client(e.Client)
	wrong(e.Client != "" && !known, "its client is not in seed.yaml")
	if e.Untried != "" {
		wrong(e.Run != "", "it is untried, and says how to run it")
		return errors.Join(problems...)
	}
	wrong(e.Client == "" && e.Kind != kindCommand, "it has no client")
	wrong(e.Version == "" || e.Run == "" || e.Expect == "", "it lacks version, run or expect")
	wrong(e.Start == "" && e.Kind != kindCommand, "it does not say where it starts")
	wrong(pages && known && client.port() == "", "its client has no port in its first redirect URI")
	wrong(!pages && (e.Click != "" || e.After != nil || e.Logout != nil), "only pages have click, after and logout")
	wrong((e.Kind == kindAPI) != (e.Resource != "" && e.Scope != ""), "resource and scope are for an API, which needs them")
	wrong((e.Beside == "") != (e.Ready == ""), "beside and ready go together")
	for _, s := range e.After {
		wrong(s.Expect == "" || s.Path == "" && s.Click == "", "a step after the sign-in has no path and no click, or expects nothing")
	}
	if _, err := regexp.Compile(e.Start); err != nil && e.Kind == kindCommand {
		problems = append(problems, fmt.Errorf("%s: start: %w", e.name(), err))
	}
	wrong(e.Logout != nil && e.Logout.Expect == "", "the logout expects nothing")
	return errors.Join(problems...)
}

// A seed is what the examples have to know of seed.yaml.
type seed struct {
	Tenants []struct {
		Slug            string           `yaml:"slug"`
		ResourceServers []resourceServer `yaml:"resource_servers"`
		Clients         []client         `yaml:"clients"`
		Users           []user           `yaml:"users"`
	} `yaml:"tenants"`
}

type resourceServer struct {
	Identifier string `yaml:"identifier"`
	Scopes     []struct {
		Name string `yaml:"name"`
	} `yaml:"scopes"`
}

type client struct {
	ClientID     string   `yaml:"client_id"`
	ClientSecret string   `yaml:"client_secret"`
	RedirectURIs []string `yaml:"redirect_uris"`
}

type user struct {
	Email    string `yaml:"email"`
	Password string `yaml:"password"`
}

func readSeed(name string) (*seed, error) {
	var s seed
	if err := decode(name, &s); err != nil {
		return nil, err
	}
	if len(s.Tenants) != 1 || len(s.Tenants[0].Users) == 0 {
		return nil, fmt.Errorf("%s: it needs one tenant, with a user", name)
	}
	return &s, nil
}

func (s *seed) client(id string) (client, bool) {
	all := s.Tenants[0].Clients
	at := slices.IndexFunc(all, func(c client) bool { return c.ClientID == id })
	if at < 0 {
		return client{}, false
	}
	return all[at], true
}

// elsewhere returns a resource server other than the one of identifier, and a scope of it.
func (s *seed) elsewhere(identifier string) (resource, scope string) {
	for _, r := range s.Tenants[0].ResourceServers {
		if r.Identifier != identifier && len(r.Scopes) > 0 {
			return r.Identifier, r.Scopes[0].Name
		}
	}
	return "", ""
}

// port is that of the first redirect URI, "" for none.
func (c client) port() string {
	if len(c.RedirectURIs) == 0 {
		return ""
	}
	u, err := url.Parse(c.RedirectURIs[0])
	if err != nil {
		return ""
	}
	return u.Port()
}
