package tenant

import "testing"

func TestSignUp_takesDomains(t *testing.T) {
	t.Parallel()
	some := []string{"example.com", "münchen.example"}
	for name, c := range map[string]struct {
		rules  SignUp
		domain string
		want   bool
	}{
		"any":                            {SignUp{}, "anything.example", true},
		"one of them":                    {SignUp{Domains: some}, "EXAMPLE.com", true},
		"one in ASCII":                   {SignUp{Domains: some}, "xn--mnchen-3ya.example", true},
		"another":                        {SignUp{Domains: some}, "example.org", false},
		"below one":                      {SignUp{Domains: some}, "mail.example.com", false},
		"below one, and meant":           {SignUp{Domains: some, Subdomains: true}, "mail.example.com", true},
		"one that ends alike":            {SignUp{Domains: some, Subdomains: true}, "badexample.com", false},
		"denied":                         {SignUp{DeniedDomains: some}, "Example.com", false},
		"below a denied one":             {SignUp{DeniedDomains: some}, "mail.xn--mnchen-3ya.example", false},
		"not denied":                     {SignUp{DeniedDomains: some}, "example.org", true},
		"allowed and denied":             {SignUp{Domains: some, DeniedDomains: some}, "example.com", false},
		"below an allowed one, denied":   {SignUp{Domains: some, Subdomains: true, DeniedDomains: []string{"x.example.com"}}, "y.x.example.com", false},
		"above a denied one, is allowed": {SignUp{Domains: some, DeniedDomains: []string{"x.example.com"}}, "example.com", true},
	} {
		if got := c.rules.Takes(c.domain); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
