package tenant

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/weburl"
)

// asked is a Directory that knows everybody, and notes who was asked for.
type asked struct{ host, slug string }

func (a *asked) ByHost(_ context.Context, host string) (*Tenant, error) {
	a.host = host
	return &Tenant{Slug: "of-host", Host: "of.host"}, nil
}

func (a *asked) BySlug(_ context.Context, slug string) (*Tenant, error) {
	a.slug = slug
	return &Tenant{Slug: slug}, nil
}

// FuzzResolve sends any host and path. One tenant is asked for, by what the request
// says and nothing else, and what is left of the path is what stood behind it.
func FuzzResolve(f *testing.F) {
	for _, host := range []string{"id.example.com", "ID.example.com:443", "other.example", "", "id.example.com.", "[::1]:443", "id.example.com:443:443"} {
		for _, path := range []string{"/", "/t/acme", "/t/acme/", "/t/acme/login", "/t/", "/t//x", "/.well-known/jwks.json/t/acme", "/.well-known/a/t/b/t/c", "/x/t/acme", "t/acme", ""} {
			f.Add(host, path)
		}
	}
	f.Fuzz(func(t *testing.T, host, path string) {
		directory := &asked{}
		r := &Resolver{Tenants: directory, Public: &url.URL{Scheme: "https", Host: "id.example.com"}}
		found, rest, err := r.Resolve(t.Context(), host, path)
		if err != nil {
			t.Fatalf("everybody is known: %v", err)
		}
		if directory.slug == "" {
			if directory.host != strings.TrimSuffix(strings.ToLower(host), ":443") || rest != path || found.Path != "" {
				t.Errorf("%q %q: asked for host %q, rest %q, path %q", host, path, directory.host, rest, found.Path)
			}
			return
		}
		// A slug counts on the public host only, and is one segment of the path.
		if directory.host != "" || strings.TrimSuffix(strings.ToLower(host), ":443") != "id.example.com" || strings.Contains(directory.slug, "/") {
			t.Errorf("%q %q: asked for slug %q", host, path, directory.slug)
		}
		if !strings.HasPrefix(rest, "/") || !strings.Contains(path, "/t/"+directory.slug) {
			t.Errorf("%q %q: slug %q, rest %q", host, path, directory.slug, rest)
		}
	})
}

// FuzzCheckHost compares with net/url: what may be a tenant's host makes an issuer
// that everybody reads the same.
func FuzzCheckHost(f *testing.F) {
	for _, seed := range []string{"", "id.example.com", "localhost:8080", "a..b", "-a", "a-", "a.b:99999", "a:b", "a/b", "a@b", "A", "ä", "a\nb", "[::1]", "127.0.0.1", "a%41"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if host == "" || CheckHost(host) != nil {
			return
		}
		u, err := url.Parse("https://" + host)
		if err != nil || u.Host != host || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || weburl.Canonical(host, "http") != strings.TrimSuffix(host, ":80") {
			t.Errorf("%q is read as %+v, %v", host, u, err)
		}
	})
}

// FuzzCheckSlug: a slug stands in a path and in a cookie's name as it is.
func FuzzCheckSlug(f *testing.F) {
	for _, seed := range []string{"", "acme", "a-b", "-a", "a-", "A", "a/b", "a.b", "a;b", "ä", strings.Repeat("a", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, slug string) {
		if CheckSlug(slug) == nil && (url.PathEscape(slug) != slug || len(slug) > 63 || slug == "" || strings.ContainsAny(slug, "/=;, \t.")) {
			t.Errorf("%q may be a slug", slug)
		}
	})
}
