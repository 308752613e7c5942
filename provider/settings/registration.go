package settings

import (
	"fmt"
	"strings"

	"plinto/internal/jwt"
	"plinto/provider"
	"plinto/tenant"
)

// maxRegistered bounds what an installation can be asked to count and keep.
const maxRegistered = 1_000_000

// registration checks who may register clients, and how many.
func (c *checker) registration() {
	r := c.Registration
	c.oneOf(r.Mode, []string{tenant.RegistrationOff, tenant.RegistrationToken, tenant.RegistrationOpen}, "must be off, token or open", "registration", "mode")
	for name, n := range map[string]int{"max_clients": r.MaxClients, "per_hour": r.PerHour} {
		if n < 0 || n > maxRegistered {
			c.refuse(fmt.Sprintf("must be between 1 and %d", maxRegistered), "registration", name)
		}
	}
	for i, identifier := range r.Resources {
		if problem := provider.CheckResource(identifier); problem != "" {
			c.refuse(problem, "registration", "resources", index(i))
		}
	}
	seen := make(map[string]bool)
	for i, issuer := range r.StatementIssuers {
		at := func(names ...string) []string {
			return append([]string{"registration", "software_statement_issuers", index(i)}, names...)
		}
		if issuer.Issuer == "" {
			c.refuse("must not be empty", at("issuer")...)
		}
		c.twice(seen, issuer.Issuer, "the issuer", at("issuer")...)
		if (len(issuer.JWKS) == 0) == (issuer.JWKSURI == "") {
			c.refuse("must have either jwks or jwks_uri", at()...)
		}
		if issuer.JWKSURI != "" && !strings.HasPrefix(issuer.JWKSURI, "https://") {
			c.refuse("must start with https://", at("jwks_uri")...)
		}
		if len(issuer.JWKS) > 0 {
			if _, err := jwt.ParseKeys(issuer.JWKS); err != nil {
				c.refuse("must be a set of public keys (RFC 7517 §5)", at("jwks")...)
			}
		}
	}
}
