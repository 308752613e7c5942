package provider

import (
	"net/url"
	"strings"

	"plinto/internal/weburl"
)

// Impersonable reports whether any app on the user's device can pretend to be the
// client at that redirect URI: it has no secret, and the URI is a private-use scheme,
// which every app may claim, or loopback, where every app may listen. A claimed https
// URI belongs to one app (RFC 8252 §8.6).
func (c *Client) Impersonable(redirectURI string) bool {
	return c.Public() && (privateScheme(redirectURI) || onLoopback(redirectURI))
}

// privateScheme reports whether uri uses a scheme of a native app (RFC 8252 §7.1).
func privateScheme(uri string) bool {
	return !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://")
}

func onLoopback(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && weburl.IsLoopback(u.Hostname())
}
