package saml

import (
	"context"
	"time"

	"plinto/federation"
	"plinto/internal/fault"
	"plinto/tenant"
)

// soon is how long before its end a certificate is warned of.
const soon = 30 * 24 * time.Hour

// Probe implements federation.Connector. Without a user there is nobody to ask: it looks at what the connection says.
func (c *Connector) Probe(ctx context.Context, conn *federation.Connection) (r federation.Report) {
	check := func(name string, problem, warning string) {
		r.Checks = append(r.Checks, federation.Check{Name: name, OK: problem == "", Warning: problem == "" && warning != "", Detail: problem + warning})
	}
	off := ""
	if f, is := fault.As(federation.TakesKind(ctx, conn.Kind)); is {
		off = f.Message
	}
	check("tenant", off, "")
	problem, warning := Certificates(conn.SAML, c.now())
	check("certificates", problem, warning)
	if own, err := c.vault.Open(tenant.Must(ctx).ID, conn); err == nil {
		_, err = own.RSA()
		if err != nil {
			check("key", "the connection has no key pair", "")
			return r
		}
		check("key", "", "")
	}
	return r
}

// Certificates says what is wrong with those of a provider, or will be.
func Certificates(s *federation.SAML, now time.Time) (problem, warning string) {
	last, err := s.EndsAt()
	switch {
	case err != nil:
		return "a certificate cannot be read", ""
	case !last.After(now):
		return "no certificate of the provider is valid at the moment", ""
	case last.Before(now.Add(soon)):
		return "", "the last certificate of the provider expires on " + last.UTC().Format(time.DateOnly)
	}
	return "", ""
}
