package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"plinto/identity"
	"plinto/internal/brand"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/provider"
	"plinto/tenant"
)

// maxBytes bounds a manifest, but for its long lists.
const maxBytes = 16 << 20

// A Manifest is a file that declares tenants with everything in them.
type Manifest struct {
	Tenants []Tenant `yaml:"tenants"`
	// Owner is the name of the manifest as the owner of what it declares; nil: that of its file.
	Owner *string `yaml:"owner"`

	At place

	file string
}

// A place is where in the file something was declared. It is exported into the
// structs by the decoder, by its type.
type place struct{ *node }

// A Tenant is a declared tenant. A list that is nil was not in the file; prune
// leaves alone what such a list would declare.
type Tenant struct {
	managed `yaml:",inline"`

	Slug            string           `yaml:"slug"`
	Name            string           `yaml:"name"`
	Host            string           `yaml:"host"`
	Isolation       tenant.Isolation `yaml:"isolation"`
	Disabled        bool             `yaml:"disabled"`
	Settings        tenant.Settings  `yaml:"settings"`
	ResourceServers []ResourceServer `yaml:"resource_servers"`
	Clients         []Client         `yaml:"clients"`
	Roles           []Role           `yaml:"roles"`
	Users           []User           `yaml:"users"`
	Organizations   []Organization   `yaml:"organizations"`
	// Webhooks are addresses that events are sent to.
	Webhooks []WebhookEndpoint `yaml:"webhook_endpoints"`
	// Connections are identity providers that people sign in with.
	Connections []Connection `yaml:"connections"`

	logos []brand.Logo // that the settings show
	long  *longList    // of users, where they are too many to be in Users
	names *names       // of users of the long list

	At place
}

// A ResourceServer is a declared API.
type ResourceServer struct {
	managed `yaml:",inline"`

	Identifier     string               `yaml:"identifier"`
	Name           string               `yaml:"name"`
	Scopes         []provider.Scope     `yaml:"scopes"`
	TokenFormat    provider.TokenFormat `yaml:"token_format"`
	SigningAlg     string               `yaml:"signing_alg"`
	AccessTokenTTL tenant.Duration      `yaml:"access_token_ttl"`

	At place
}

// A Client is a declared client: its metadata by their RFC 7591 names, with
// defaults filled in, and what is not metadata.
type Client struct {
	ClientID     string
	ClientSecret secret.String
	FirstParty   bool
	Disabled     bool
	Metadata     provider.Metadata
	managed

	At place
}

// A User is a declared user. Standard claims have their names of OpenID Connect
// Core 1.0 §5.1; username is what the user may sign in with beside the email.
type User struct {
	Email               string        `yaml:"email"`
	EmailVerified       bool          `yaml:"email_verified"`
	Username            string        `yaml:"username"`
	PhoneNumber         string        `yaml:"phone_number"`
	PhoneNumberVerified bool          `yaml:"phone_number_verified"`
	Password            secret.String `yaml:"password"`
	Disabled            bool          `yaml:"disabled"`
	Roles               []string      `yaml:"roles"` // of the tenant, by key; nil leaves them alone
	TOTP                []App         `yaml:"totp"`  // of a user who is created; others keep what they have

	identity.Profile `yaml:",inline"`

	At place
}

// An App is an authenticator app: SHA-1, six digits, 30 seconds.
type App struct {
	Name   string        `yaml:"name"`
	Secret secret.String `yaml:"secret"` // base32 of 16 to 64 bytes
}

// A Role is a declared role. Those that are built in are not declared.
type Role struct {
	managed `yaml:",inline"`

	Key         string                    `yaml:"key"`
	Scope       organization.RoleScope    `yaml:"scope"` // tenant without one
	Name        string                    `yaml:"name"`
	Description string                    `yaml:"description"`
	Permissions []organization.Permission `yaml:"permissions"`
	Includes    []string                  `yaml:"includes"`

	At place
}

// An Organization is a declared organization.
type Organization struct {
	managed `yaml:",inline"`

	Slug            string                `yaml:"slug"`
	Name            string                `yaml:"name"`
	ExternalID      string                `yaml:"external_id"`
	PublicMetadata  json.RawMessage       `yaml:"public_metadata"`
	PrivateMetadata json.RawMessage       `yaml:"private_metadata"`
	Policy          organization.Policy   `yaml:"policy"`
	Branding        organization.Branding `yaml:"branding"`
	Suspended       bool                  `yaml:"suspended"`
	Members         []Member              `yaml:"members"`
	Domains         []string              `yaml:"domains"`

	At place

	logos []brand.Logo // that the branding shows
	long  *longList    // of members, where they are too many to be in Members
}

// A Member is a user, by email or username, with roles.
type Member struct {
	Email    string   `yaml:"email"`
	Username string   `yaml:"username"`
	Roles    []string `yaml:"roles"`

	At place
}

// identifier is what to look the user up by.
func (u *User) identifier() string {
	if u.Email != "" {
		return u.Email
	}
	return u.Username
}

func (m *Member) identifier() string {
	if m.Email != "" {
		return m.Email
	}
	return m.Username
}

// Parse is Read of what is in memory.
func Parse(file string, data []byte) (*Manifest, []Problem, error) {
	return Read(file, bytes.NewReader(data), int64(len(data)))
}

// Read reads a manifest of size bytes, which must not change as long as it is used: long lists of users and members
// are read again by each look at them. file names it in messages; names of files in it count from there. Warnings are
// what is accepted but without effect. An error is a *Problems, or that of reading.
func Read(file string, from io.ReaderAt, size int64) (*Manifest, []Problem, error) {
	var problems, warnings log
	m := &Manifest{file: file}
	text, err := cutLists(from, size)
	if errors.Is(err, errLarge) {
		return nil, nil, &Problems{file, []Problem{{Message: errLarge.Error()}}}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", file, err)
	}
	root := m.read(text, &problems)
	if root != nil && len(problems.list) == 0 || root != nil && len(text.lists) == 0 {
		v := &validator{problems: &problems, warnings: &warnings, dir: filepath.Dir(file)}
		if err := v.manifest(m); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	if len(problems.list) > 0 {
		problems.sort()
		return nil, nil, &Problems{file, problems.list}
	}
	warnings.sort()
	return m, warnings.list, nil
}

// read reads what is left of the file without its long lists, and puts these where they were.
func (m *Manifest) read(text *cut, problems *log) *node {
	root := parse(text.text, problems)
	for i := range problems.list {
		problems.list[i].Line = text.line(problems.list[i].Line)
	}
	switch {
	case root == nil && len(problems.list) == 0:
		problems.list = []Problem{{Message: "is empty: it needs a list named tenants"}}
	case root != nil && !text.takeMarks(root):
		problems.list = append(problems.list, Problem{Message: "has long lists in a form that cannot be read some at a time: write them as plinto export does"})
	}
	if root == nil {
		return nil
	}
	if len(text.lists) > 0 {
		root.renumber(text.line)
	}
	(&decoder{problems}).into(root, m)
	for i := range m.Tenants {
		t := &m.Tenants[i]
		t.long = text.at(fmt.Sprintf("tenants[%d].users", i))
		for j := range t.Organizations {
			t.Organizations[j].long = text.at(fmt.Sprintf("tenants[%d].organizations[%d].members", i, j))
		}
	}
	return root
}

// decode reads a client: its own members, and metadata by the rules of provider.
func (c *Client) decode(d *decoder, n *node) {
	c.At = place{n}
	if !d.want(n, shapeMap) {
		return
	}
	own := map[string]any{
		"client_id": &c.ClientID, "client_secret": &c.ClientSecret,
		"first_party": &c.FirstParty, "disabled": &c.Disabled, "managed_by": &c.ManagedBy,
	}
	doc := make(map[string]json.RawMessage)
	for _, f := range n.fields {
		switch target, ok := own[f.name]; {
		case ok:
			d.into(f.value, target)
		case !provider.KnownMember(f.name):
			d.unknown(f, append(provider.MemberNames(), "first_party", "disabled", "managed_by"))
		case f.name == "access_token_ttl":
			doc[f.name] = d.seconds(f.value)
		default:
			doc[f.name] = f.value.toJSON()
		}
	}
	metadata, problems := provider.DecodeMetadata(doc)
	for _, p := range problems {
		d.at(n.find(p.Member), "%s", p.Message)
	}
	c.Metadata = metadata.WithDefaults()
}

// seconds reads a duration of Go, or a number of seconds, as a number of seconds.
func (d *decoder) seconds(n *node) json.RawMessage {
	if n.shape != shapeText {
		return n.toJSON()
	}
	ttl, err := time.ParseDuration(n.scalar.(string))
	if err != nil || ttl%time.Second != 0 {
		d.at(n, "%q is not a duration of whole seconds such as 10m", n.scalar)
		return json.RawMessage("null")
	}
	return (&node{shape: shapeInt, scalar: int64(ttl / time.Second)}).toJSON()
}

// Find returns the declared tenant with that slug, or nil.
func (m *Manifest) Find(slug string) *Tenant {
	i := slices.IndexFunc(m.Tenants, func(t Tenant) bool { return t.Slug == slug })
	if i < 0 {
		return nil
	}
	return &m.Tenants[i]
}
