package tenant

import (
	"slices"
	"strings"
)

// SignUp is who may make an account for themselves. The zero value lets nobody.
type SignUp struct {
	Enabled bool `json:"enabled,omitempty" yaml:"enabled"`
	// Domains are the mail domains that addresses must be of, lower case; empty: any.
	Domains []string `json:"domains,omitempty" yaml:"domains"`
}

// Takes reports whether an address of that mail domain may sign up.
func (s SignUp) Takes(domain string) bool {
	return len(s.Domains) == 0 || slices.Contains(s.Domains, strings.ToLower(domain))
}
