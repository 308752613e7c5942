package tenant

import (
	"slices"
	"strings"

	"plinto/internal/mailaddr"
)

// SignUp is who may make an account for themselves. The zero value lets nobody. Its domains hold
// for the addresses that users add as well.
type SignUp struct {
	Enabled bool `json:"enabled,omitempty" yaml:"enabled"`
	// Domains are the mail domains that addresses must be of, lower case, in their own
	// script or in ASCII; empty: any.
	Domains []string `json:"domains,omitempty" yaml:"domains"`
	// Subdomains says that Domains stand for the domains below them too.
	Subdomains bool `json:"subdomains,omitempty" yaml:"subdomains"`
	// DeniedDomains are refused, with all below them, whatever Domains says.
	DeniedDomains []string `json:"denied_domains,omitempty" yaml:"denied_domains"`
}

// Takes reports whether an address of that mail domain may sign up.
func (s SignUp) Takes(domain string) bool {
	domain = mailaddr.FoldDomain(domain)
	if slices.ContainsFunc(s.DeniedDomains, func(d string) bool { return within(domain, d) }) {
		return false
	}
	return len(s.Domains) == 0 || slices.ContainsFunc(s.Domains, func(d string) bool {
		return domain == mailaddr.FoldDomain(d) || s.Subdomains && within(domain, d)
	})
}

// within reports whether a domain is one, or below it.
func within(domain, of string) bool {
	of = mailaddr.FoldDomain(of)
	return domain == of || strings.HasSuffix(domain, "."+of)
}
