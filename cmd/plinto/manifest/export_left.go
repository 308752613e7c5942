package manifest

import (
	"errors"
	"fmt"

	"plinto/federation"
	"plinto/identity"
	"plinto/organization"
	"plinto/provider"
)

// A leftOut is what of an export cannot be read. The others are written, and then the export fails: applied with --prune, a file
// that lacks something without saying so would delete it.
type leftOut struct{ why error }

// add leaves something out.
func (l *leftOut) add(kind, name string, err error) {
	l.why = errors.Join(l.why, fmt.Errorf("%s %s: %w", kind, name, err))
}

// server reports whether a resource server is left out.
func (l *leftOut) server(r *provider.ResourceServer) bool {
	if r.Unreadable == "" {
		return false
	}
	l.add("resource server", r.Identifier, provider.ErrResourceUnreadable)
	return true
}

// client reports whether a client is left out.
func (l *leftOut) client(c *provider.Client) bool {
	if c.Unreadable == "" {
		return false
	}
	l.add("client", c.ClientID, provider.ErrClientUnreadable)
	return true
}

// connection reports whether a connection is left out.
func (l *leftOut) connection(c *federation.Connection) bool {
	if c.Unreadable == "" {
		return false
	}
	l.add("connection", c.Slug, federation.ErrUnreadable)
	return true
}

// user reports whether a user is left out.
func (l *leftOut) user(u *identity.User) bool {
	if u.Unreadable == "" {
		return false
	}
	l.add("user", u.PublicID(), identity.ErrUserUnreadable)
	return true
}

// organization reports whether an organization is left out.
func (l *leftOut) organization(o *organization.Organization) bool {
	if o.Unreadable == "" {
		return false
	}
	l.add("organization", o.Slug, organization.ErrUnreadable)
	return true
}
