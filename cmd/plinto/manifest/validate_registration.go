package manifest

import (
	"strings"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// maxRegistered bounds what an installation can be asked to count and keep.
const maxRegistered = 1_000_000

func (v *validator) registration(t *Tenant) {
	r := t.Settings.Registration
	place := func(name string) *node { return t.At.find("settings.registration." + name) }
	switch r.Mode {
	case "", tenant.RegistrationOff, tenant.RegistrationToken, tenant.RegistrationOpen:
	default:
		v.problems.at(place("mode"), "must be off, token or open")
	}
	if r.MaxClients < 0 || r.MaxClients > maxRegistered {
		v.problems.at(place("max_clients"), "must be between 1 and %d", maxRegistered)
	}
	if r.PerHour < 0 || r.PerHour > maxRegistered {
		v.problems.at(place("per_hour"), "must be between 1 and %d", maxRegistered)
	}
	for i, identifier := range r.Resources {
		if problem := provider.CheckResource(identifier); problem != "" {
			v.problems.at(place("resources"+index(i)), "%s", problem)
		}
	}
	seen := make(map[string]bool)
	for i, issuer := range r.StatementIssuers {
		at := "software_statement_issuers" + index(i)
		if issuer.Issuer == "" {
			v.problems.at(place(at+".issuer"), "must not be empty")
		}
		v.twice(seen, place(at+".issuer"), issuer.Issuer, "the issuer")
		if (len(issuer.JWKS) == 0) == (issuer.JWKSURI == "") {
			v.problems.at(place(at), "must have either jwks or jwks_uri")
		}
		if issuer.JWKSURI != "" && !strings.HasPrefix(issuer.JWKSURI, "https://") {
			v.problems.at(place(at+".jwks_uri"), "must start with https://")
		}
		if len(issuer.JWKS) > 0 {
			if _, err := jwt.ParseKeys(issuer.JWKS); err != nil {
				v.problems.at(place(at+".jwks"), "must be a set of public keys (RFC 7517 §5)")
			}
		}
	}
}
