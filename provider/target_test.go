package provider_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/provider"
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
	{Identifier: "https://rsa", Scopes: scoped("old"), SigningAlg: "RS256"},
}

func TestTargetOf_findsTheAudienceOfAToken(t *testing.T) {
	t.Parallel()
	jwt := func(ttl time.Duration, scopes []string, audience ...string) provider.Target {
		return provider.Target{Audience: audience, Scopes: scopes, Format: provider.FormatJWT, SigningAlg: "ES256", TTL: ttl}
	}
	list := func(s ...string) []string { return s }
	for _, c := range []struct {
		name              string
		client            provider.Metadata
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
		{name: "twice the same", resources: list("https://orders", "https://orders"), want: jwt(30*time.Second, nil, "https://orders")},
		{name: "unknown", resources: list("https://orders", "https://x"), err: provider.ErrTargetUnknown},
		{name: "a longer path", resources: list("https://orders/x"), err: provider.ErrTargetUnknown},
		{name: "another spelling", resources: list("HTTPS://Orders:443/"), want: jwt(30*time.Second, nil, "https://orders")},
		{name: "not the client's", client: provider.Metadata{Resources: list("https://bills")}, resources: list("https://orders"), err: provider.ErrTargetUnknown},
		{name: "only the client's", client: provider.Metadata{Resources: list("https://bills")}, scopes: list("shared", "orders"), want: jwt(time.Minute, list("shared"), "https://bills")},
		{name: "two formats", resources: list("https://orders", "https://opaque"), err: provider.ErrTargetsDiffer},
		{name: "two algorithms", scopes: list("orders", "old"), err: provider.ErrTargetsDiffer},
		{name: "RS256", scopes: list("old"), want: provider.Target{Audience: list("https://rsa"), Scopes: list("old"), Format: provider.FormatJWT, SigningAlg: "RS256"}},
		{name: "opaque", scopes: list("secret"), want: provider.Target{Audience: list("https://opaque"), Scopes: list("secret"), Format: provider.FormatOpaque, SigningAlg: "ES256"}},
	} {
		got, err := provider.TargetOf(servers, "https://a", &provider.Client{Metadata: c.client}, c.resources, c.scopes)
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

func TestNarrowResources_neverWidens_RFC8707_2_2(t *testing.T) {
	t.Parallel()
	named := &provider.Grant{Resources: []string{"https://orders", "https://bills"}, Scopes: []string{"orders", "bills", "old"}}
	byScope := &provider.Grant{Scopes: []string{"orders"}}
	for _, c := range []struct {
		grant *provider.Grant
		asked []string
		want  []string
		ok    bool
	}{
		{named, nil, named.Resources, true},
		{named, []string{"https://bills"}, []string{"https://bills"}, true},
		{named, []string{"https://bills", "https://rsa"}, nil, false},
		{named, []string{""}, nil, false},
		{byScope, nil, nil, true},
		{byScope, []string{"https://orders"}, []string{"https://orders"}, true},
		{byScope, []string{"https://bills"}, nil, false},
	} {
		got, err := provider.NarrowResources(servers, &provider.Client{}, c.grant, c.asked)
		if (err == nil) != c.ok || !cmp.Equal(got, c.want) {
			t.Errorf("%v of %v: got %v, %v", c.asked, c.grant, got, err)
		}
	}
}
