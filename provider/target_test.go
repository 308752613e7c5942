package provider_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/provider"
	"plinto/tenant"
)

func scoped(names ...string) []provider.Scope {
	var scopes []provider.Scope
	for _, n := range names {
		scopes = append(scopes, provider.Scope{Name: n})
	}
	return scopes
}

var servers = []provider.ResourceServer{
	{Identifier: "https://bills", Scopes: scoped("bills", "shared"), TokenTTL: 60},
	{Identifier: "https://opaque", Scopes: scoped("secret"), Format: provider.FormatOpaque},
	{Identifier: "https://orders", Scopes: scoped("orders", "shared", "email"), TokenTTL: 30},
	{Identifier: "https://plain", Scopes: scoped("email")}, // nobody's own
	{Identifier: "https://rsa", Scopes: scoped("old"), SigningAlg: "RS256"},
}

var issuer = &tenant.Tenant{Issuer: "https://a"}

func TestTargetOf_findsTheAudienceOfAToken(t *testing.T) {
	t.Parallel()
	jwt := func(ttl time.Duration, scopes []string, audience ...string) provider.Target {
		return provider.Target{Audience: audience, Scopes: scopes, Format: provider.FormatJWT, SigningAlg: "ES256", TTL: ttl}
	}
	list := func(s ...string) []string { return s }
	limited := provider.Client{Metadata: provider.Metadata{Resources: list("https://bills")}}
	registered := provider.Client{SelfRegistered: true}
	for _, c := range []struct {
		name              string
		client            provider.Client
		resources, scopes []string
		want              provider.Target
		err               error
	}{
		{name: "nobody in particular", want: jwt(0, nil, "https://a")},
		{name: "userinfo", scopes: list("openid", "email"), want: jwt(0, list("openid", "email"), "https://a")},
		{name: "by scope", scopes: list("orders"), want: jwt(30*time.Second, list("orders"), "https://orders")},
		{name: "by scope, and userinfo", scopes: list("openid", "bills"), want: jwt(time.Minute, list("openid", "bills"), "https://bills", "https://a")},
		{name: "by a shared scope", scopes: list("shared"), want: jwt(30*time.Second, list("shared"), "https://bills", "https://orders")},
		{name: "by resource", resources: list("https://orders"), scopes: list("orders", "bills", "shared"), want: jwt(30*time.Second, list("orders", "shared"), "https://orders")},
		{name: "twice the same", resources: list("https://orders", "https://orders"), scopes: list("orders"), want: jwt(30*time.Second, list("orders"), "https://orders")},
		{name: "none of its scopes", resources: list("https://orders"), scopes: list("openid", "bills", "email"), err: provider.ErrTargetUnscoped},
		{name: "no scope at all", resources: list("https://orders"), err: provider.ErrTargetUnscoped},
		{name: "one with, one without", resources: list("https://orders", "https://bills"), scopes: list("orders"), err: provider.ErrTargetUnscoped},
		{name: "a server without scopes", resources: list("https://plain"), scopes: list("openid"), want: jwt(0, list("openid"), "https://plain", "https://a")},
		{name: "registered itself, by resource", client: registered, resources: list("https://orders"), scopes: list("orders"), err: provider.ErrTargetUnknown},
		{name: "registered itself, by scope", client: registered, scopes: list("openid", "orders"), want: jwt(0, list("openid"), "https://a")},
		{name: "unknown", resources: list("https://orders", "https://x"), scopes: list("orders"), err: provider.ErrTargetUnknown},
		{name: "a longer path", resources: list("https://orders/x"), scopes: list("orders"), err: provider.ErrTargetUnknown},
		{name: "another spelling", resources: list("HTTPS://Orders:443/"), scopes: list("orders"), want: jwt(30*time.Second, list("orders"), "https://orders")},
		{name: "not the client's", client: limited, resources: list("https://orders"), err: provider.ErrTargetUnknown},
		{name: "only the client's", client: limited, scopes: list("shared", "orders"), want: jwt(time.Minute, list("shared"), "https://bills")},
		{name: "two formats", resources: list("https://orders", "https://opaque"), scopes: list("orders", "secret"), err: provider.ErrTargetsDiffer},
		{name: "two algorithms", scopes: list("orders", "old"), err: provider.ErrTargetsDiffer},
		{name: "RS256", scopes: list("old"), want: provider.Target{Audience: list("https://rsa"), Scopes: list("old"), Format: provider.FormatJWT, SigningAlg: "RS256"}},
		{name: "opaque", scopes: list("secret"), want: provider.Target{Audience: list("https://opaque"), Scopes: list("secret"), Format: provider.FormatOpaque, SigningAlg: "ES256"}},
	} {
		got, err := provider.TargetOf(servers, issuer, &c.client, c.resources, c.scopes)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		if len(got.Scopes) == 0 {
			got.Scopes = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestTargetOfGrant_neverWidens_RFC8707_2_2(t *testing.T) {
	t.Parallel()
	named := &provider.Grant{Resources: []string{"https://orders", "https://bills"}, Scopes: []string{"orders", "bills", "old"}}
	byScope := &provider.Grant{Scopes: []string{"orders"}} // of the version that kept no resources of scopes
	gone := &provider.Grant{Resources: []string{"https://gone", "https://orders"}, Scopes: []string{"openid", "orders"}}
	for _, c := range []struct {
		name          string
		client        provider.Client
		grant         *provider.Grant
		asked, scopes []string
		want          []string
		err           error
	}{
		{name: "all", grant: named, scopes: named.Scopes, want: []string{"https://bills", "https://orders"}},
		{name: "one", grant: named, asked: []string{"https://bills"}, scopes: named.Scopes, want: []string{"https://bills"}},
		{name: "one more", grant: named, asked: []string{"https://bills", "https://rsa"}, scopes: named.Scopes, err: provider.ErrTargetUnknown},
		{name: "an empty one", grant: named, asked: []string{""}, scopes: named.Scopes, err: provider.ErrTargetUnknown},
		{name: "fewer scopes", grant: named, scopes: []string{"bills"}, want: []string{"https://bills"}},
		{name: "fewer scopes, none of the one asked for", grant: named, asked: []string{"https://orders"}, scopes: []string{"bills"}, err: provider.ErrTargetUnscoped},
		{name: "by scope", grant: byScope, scopes: byScope.Scopes, want: []string{"https://orders"}},
		{name: "by scope, asked for", grant: byScope, asked: []string{"https://orders"}, scopes: byScope.Scopes, want: []string{"https://orders"}},
		{name: "by scope, another", grant: byScope, asked: []string{"https://bills"}, scopes: byScope.Scopes, err: provider.ErrTargetUnknown},
		{name: "a server that is gone", grant: gone, scopes: gone.Scopes, want: []string{"https://orders", "https://a"}},
		{name: "no longer the client's", client: provider.Client{Metadata: provider.Metadata{Resources: []string{"https://bills"}}}, grant: gone, scopes: gone.Scopes, want: []string{"https://a"}},
	} {
		got, err := provider.TargetOfGrant(servers, issuer, &c.client, c.grant, c.asked, c.scopes)
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) || !cmp.Equal(got.Audience, c.want) {
			t.Errorf("%s: got %v, %v, want %v, %v", c.name, got.Audience, err, c.want, c.err)
		}
	}
}
