package manifest

import (
	"strings"
	"testing"
)

func TestValidate_refusesRegistrationSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ settings, path string }{
		{`{mode: closed}`, "mode"},
		{`{max_clients: -1}`, "max_clients"},
		{`{max_clients: many}`, "max_clients"},
		{`{max_clients: 18446744073709551615}`, "max_clients"},
		{`{per_hour: 1000001}`, "per_hour"},
		{`{software_statement_issuers: [{jwks_uri: "https://a.example"}]}`, "issuer"},
		{`{software_statement_issuers: [{issuer: a}]}`, "software_statement_issuers[0]"},
		{`{software_statement_issuers: [{issuer: a, jwks_uri: "http://a.example"}]}`, "jwks_uri"},
		{`{software_statement_issuers: [{issuer: a, jwks: {keys: [{kty: oct, k: AAAA}]}}]}`, "jwks"},
		{`{software_statement_issuers: [{issuer: a, jwks: text}]}`, "jwks"},
	} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {registration: "+c.settings+"}}]"))
		if err == nil || !strings.Contains(err.Error(), c.path+": ") {
			t.Errorf("%s: %v", c.settings, err)
		}
	}
	_, problems, err := Parse("x.yaml", []byte(`tenants: [{slug: a, settings: {registration: {mode: off, max_clients: 5}}}]`))
	if err != nil || len(problems) > 0 {
		t.Errorf("off: %v %v", problems, err)
	}
}

func TestValidate_refusesDomainsThatNoAddressHas(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"Example.com", "@example.com", "localhost", "*.example.com", "", "a.example, a.example"} {
		_, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {sign_up: {enabled: true, domains: ["+quotedEach(domain)+"]}}}]"))
		if err == nil || !strings.Contains(err.Error(), "domains") {
			t.Errorf("%q: %v", domain, err)
		}
	}
}

func TestValidate_refusesSignUpsThatNobodyMeans(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"sign_up: {enabled: true, denied_domains: [Example.com]}":                     "mail domain",
		"sign_up: {enabled: true, domains: [a.example], denied_domains: [a.example]}": "a.example",
		"sign_up: {enabled: true, subdomains: true}":                                  "needs domains",
		"identifiers: [username]":                                                     "must hold email",
		"identifiers: [email, phone]":                                                 "email or username",
		"identifiers: [email, email]":                                                 "email",
	} {
		if _, _, err := Parse("x.yaml", []byte("tenants: [{slug: a, settings: {"+settings+"}}]")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", settings, err, want)
		}
	}
	good := "tenants: [{slug: a, settings: {sign_up: {enabled: true, domains: [a.example], subdomains: true, denied_domains: [b.a.example]}, identifiers: [email, username]}}]"
	if _, problems, err := Parse("x.yaml", []byte(good)); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func quotedEach(list string) string { return `"` + strings.ReplaceAll(list, ", ", `", "`) + `"` }
