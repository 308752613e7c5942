package tenant

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/weburl"
)

// PathPrefix precedes the slug of a tenant that has no host of its own.
const PathPrefix = "/t/"

// ErrUnknown reports a host or path that belongs to no tenant.
var ErrUnknown = fault.New(fault.NotFound, "unknown_tenant", "No tenant answers here.")

// errNoSlug is ErrUnknown at the public host, without the path of a tenant: what a library asks for that was
// given the address of the installation as issuer.
var errNoSlug = fault.New(fault.NotFound, "unknown_tenant", "No tenant answers here: the issuer of a tenant without a host of its own ends with /t/ and its slug.")

// A Directory finds tenants. Implementations may cache; a tenant that was just
// created must be found at once.
type Directory interface {
	// ByHost returns the tenant that answers on host (lower case, with a
	// non-default port), or ErrUnknown.
	ByHost(ctx context.Context, host string) (*Tenant, error)
	// BySlug returns the tenant with that slug, or ErrUnknown.
	BySlug(ctx context.Context, slug string) (*Tenant, error)
}

// A Resolver turns a request's host and path into a tenant. Nothing else of a
// request is read: forwarded-host headers never choose an issuer.
type Resolver struct {
	Tenants Directory
	Public  *url.URL // the installation's public origin
}

// Resolve returns the tenant for host and path together with the rest of the
// path below the issuer (starting with a slash), or ErrUnknown, ErrMoving or ErrUnreadable.
//
// The well-known documents of a path issuer are found both below the issuer
// (OpenID Connect Discovery 1.0 §4) and with the well-known part inserted
// between host and path (RFC 8414 §3).
func (r *Resolver) Resolve(ctx context.Context, host, path string) (*Tenant, string, error) {
	host = weburl.Canonical(host, r.Public.Scheme)
	if host == r.PublicHost() {
		if slug, rest, ok := SplitPath(path); ok {
			t, err := r.Tenants.BySlug(ctx, slug)
			if err != nil {
				return nil, "", err
			}
			if t.Host != "" {
				return nil, "", ErrUnknown
			}
			return answering(t, rest)
		}
	}
	t, err := r.Tenants.ByHost(ctx, host)
	switch {
	case errors.Is(err, ErrUnknown) && host == r.PublicHost():
		return nil, "", errNoSlug
	case err != nil:
		return nil, "", err
	}
	return answering(t, path)
}

// answering is what Resolve returns of a tenant that was found.
func answering(t *Tenant, rest string) (*Tenant, string, error) {
	switch {
	case !t.DisabledAt.IsZero():
		return nil, "", ErrUnknown
	case t.Placement.Isolation == Moving:
		return nil, "", ErrMoving
	}
	if err := t.Check(); err != nil {
		return nil, "", err
	}
	return t, rest, nil
}

// PublicHost returns the canonical host of the public origin.
func (r *Resolver) PublicHost() string { return publicHost(r.Public) }

// SplitPath splits "/t/acme/x" into "acme" and "/x", and moves the slug out of
// "/.well-known/name/t/acme" likewise. ok is false of a path that names no tenant.
func SplitPath(path string) (slug, rest string, ok bool) {
	if after, found := strings.CutPrefix(path, PathPrefix); found {
		slug, rest, _ = strings.Cut(after, "/")
		return slug, "/" + rest, slug != ""
	}
	after, found := strings.CutPrefix(path, "/.well-known/")
	if !found {
		return "", "", false
	}
	name, tail, found := strings.Cut(after, PathPrefix)
	if !found || tail == "" || strings.Contains(tail, "/") {
		return "", "", false
	}
	return tail, "/.well-known/" + name, true
}

func publicHost(public *url.URL) string { return weburl.Canonical(public.Host, public.Scheme) }
