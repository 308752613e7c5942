package provider_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/provider"
	"plinto/tenant"
)

// fixed are resource servers that do not change.
type fixed []provider.ResourceServer

func (f fixed) All(context.Context) ([]provider.ResourceServer, error) { return f, nil }
func (fixed) Put(context.Context, provider.ResourceServer) error       { return errors.New("fixed") }

func (fixed) Delete(context.Context, string) error { return errors.New("fixed") }

var offering = provider.ScopePolicy{Resources: fixed{
	{Identifier: "https://mail", Scopes: []provider.Scope{{Name: "mail:read", Default: true}, {Name: "mail:send"}}},
	{Identifier: "https://orders", Scopes: scoped("orders:read", "orders:write")},
}}

// RFC 6749 §3.3: what cannot be had is left out, what is not asked for has a default,
// and strict clients are refused instead.
func TestChoose_reducesAndHasDefaults(t *testing.T) {
	t.Parallel()
	const registered = "openid email mail:read mail:send orders:read gone"
	for _, c := range []struct {
		name, asked, want string
		client            provider.Metadata
		resources         []string
		err               error
	}{
		{name: "as asked", asked: "email openid", client: provider.Metadata{Scope: registered}, want: "email openid"},
		{name: "unknown and foreign ones left out", asked: "openid nonsense orders:write orders:read", client: provider.Metadata{Scope: registered}, want: "openid orders:read"},
		{name: "gone from the resource server", asked: "gone openid", client: provider.Metadata{Scope: registered}, want: "openid"},
		{name: "nothing left", asked: "nonsense", client: provider.Metadata{Scope: registered}},
		{name: "prefixes are other scopes", asked: "mail OPENID mail:*", client: provider.Metadata{Scope: registered}},
		{name: "the registered ones by default", client: provider.Metadata{Scope: registered}, want: "openid email mail:read mail:send orders:read"},
		{name: "the default ones by default", client: provider.Metadata{Scope: registered, DefaultScope: "email gone"}, want: "email"},
		{name: "those that a resource marks", client: provider.Metadata{Scope: registered}, resources: []string{"https://mail"}, want: "mail:read"},
		{name: "those of a resource that marks none", client: provider.Metadata{Scope: registered}, resources: []string{"https://orders"}, want: "orders:read"},
		{name: "the client's default for a resource", client: provider.Metadata{Scope: registered, DefaultScope: "email mail:send orders:read"}, resources: []string{"https://mail"}, want: "email mail:send"},
		{name: "marked, and not registered", client: provider.Metadata{Scope: "openid"}, resources: []string{"https://mail"}},
		{name: "no scope registered: what is offered", asked: "openid address mail:read mail:send", want: "openid address mail:read"},
		{name: "no scope registered, none asked for"},
		{name: "no scope registered, a resource", resources: []string{"https://mail", "https://orders"}, want: "mail:read"},
		{name: "strict", asked: "openid email", client: provider.Metadata{Scope: registered, Profile: provider.ProfileStrict}, want: "openid email"},
		{name: "strict, one too many", asked: "openid nonsense", client: provider.Metadata{Scope: registered, Profile: provider.ProfileStrict}, err: provider.ErrScopeRefused},
		{name: "strict, none", client: provider.Metadata{Scope: registered, Profile: provider.ProfileStrict}, err: provider.ErrScopeMissing},
	} {
		got, err := offering.Choose(tenant.With(t.Context(), &tenant.Tenant{}), &provider.Client{Metadata: c.client}, strings.Fields(c.asked), c.resources)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || !cmp.Equal(strings.Join(got, " "), c.want) {
			t.Errorf("%s: got %q %v, want %q %v", c.name, got, err, c.want, c.err)
		}
	}
	if got := strings.Join(provider.StandardScopes, " "); got != "openid profile email address phone offline_access roles permissions" {
		t.Errorf("the standard scopes became %s", got)
	}
}
