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
	if conn.ReadsMetadata() {
		problem, warning := Metadata(conn, c.now())
		check("metadata", problem, warning)
	}
	known := conn.Known(c.now())
	problem, warning := Certificates(&known, c.now())
	check("certificates", problem, warning)
	if own, err := c.vault.Open(tenant.Must(ctx).ID, conn); err == nil {
		check("key", keyProblem(&own), changing(&own))
	}
	return r
}

func keyProblem(own *federation.Credentials) string {
	if _, err := own.Present().RSA(); err != nil {
		return "the connection has no key pair"
	}
	return ""
}

// changing says that the key pair of a connection is being changed.
func changing(own *federation.Credentials) string {
	switch {
	case own.Next != nil:
		return "the next key is published: activate it once the provider has read our metadata"
	case own.Previous != nil:
		return "the key before still decrypts: retire it once the provider encrypts for the new one"
	}
	return ""
}

// Metadata says what is wrong with those of a provider that publishes them: what counts is what was read before.
func Metadata(c *federation.Connection, now time.Time) (problem, warning string) {
	st := &c.MetadataState
	until := ""
	if c.Metadata != nil && !c.Metadata.ValidUntil.IsZero() {
		until = "; what was read before counts until " + c.Metadata.ValidUntil.UTC().Format(time.RFC3339)
	}
	switch {
	case c.Metadata == nil:
		return "the metadata " + federation.MetadataProblems[st.Problem] + ", and were never read", ""
	case !c.Metadata.ValidUntil.IsZero() && !now.Before(c.Metadata.ValidUntil):
		return "the metadata that were read last are not valid any more: nobody can sign in", ""
	case st.Problem != "":
		return "", "the metadata " + federation.MetadataProblems[st.Problem] + ", since " + st.FailedSince.UTC().Format(time.RFC3339) + until
	}
	return "", ""
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
