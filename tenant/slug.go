package tenant

import (
	"regexp"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/weburl"
)

var slugPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// Errors of CheckSlug and CheckHost.
var (
	ErrSlug = fault.New(fault.Invalid, "invalid_slug", "A slug is 1 to 63 lower-case letters, digits and inner hyphens.")
	ErrHost = fault.New(fault.Invalid, "invalid_host", "A host is lower-case letters, digits, dots and inner hyphens, or an IPv4 address, with an optional port.")
)

// CheckSlug reports whether s may be a slug.
func CheckSlug(s string) error {
	if !slugPattern.MatchString(s) {
		return ErrSlug
	}
	return nil
}

// CheckHost reports whether s may be a tenant's host. The empty host is fine.
func CheckHost(s string) error {
	host, port, hasPort := weburl.CutPort(s)
	if s != "" && (strings.HasPrefix(s, "[") || !weburl.IsHost(host) || hasPort && !weburl.IsPort(port)) {
		return ErrHost
	}
	return nil
}
