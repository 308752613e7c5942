package tenant

import (
	"slices"
	"strings"

	"plinto/internal/mailaddr"
)

// SignUp is who may make an account for themselves. The zero value lets nobody.
type SignUp struct {
	Enabled bool `json:"enabled,omitempty" yaml:"enabled"`
	// Domains are the mail domains that addresses must be of, lower case, in their own
	// script or in ASCII; empty: any.
	Domains []string `json:"domains,omitempty" yaml:"domains"`
}

// Takes reports whether an address of that mail domain may sign up.
func (s SignUp) Takes(domain string) bool {
	ascii := func(domain string) string {
		if a, err := mailaddr.DomainASCII(domain); err == nil {
			domain = a
		}
		return strings.ToLower(domain)
	}
	return len(s.Domains) == 0 || slices.ContainsFunc(s.Domains, func(d string) bool { return ascii(d) == ascii(domain) })
}
