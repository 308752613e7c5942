package tenant

import "net/url"

// Issuer returns the issuer identifier of a tenant (OpenID Connect Core 1.0 §2) in an
// installation with that public origin, and the path prefix under which it is served: ""
// for a tenant with a host of its own, else "/t/<slug>". Without an origin, which commands
// may do without, both are empty.
func Issuer(public *url.URL, slug, host string) (issuer, path string) {
	switch {
	case public == nil:
		return "", ""
	case host != "":
		return public.Scheme + "://" + host, ""
	default:
		path = PathPrefix + slug
		return public.Scheme + "://" + publicHost(public) + path, path
	}
}
