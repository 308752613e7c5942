package storage

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation"
	"plinto/internal/fakesaml"
	"plinto/internal/secret"
	"plinto/storage/internal/pg"
	"plinto/tenant"
)

// Contacts are told 30 days before the last certificate expires, 7 days and one, each once; and not of what concerns nobody.
func TestCertificates_areWarnedOfOnceForEachNumberOfDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, err := fakesaml.NewKey(2048, time.Now())
	must(t, err)
	connections := newConnections(w.db, copyOptions{heard: never})
	now := time.Now()
	service := &federation.Service{
		Connections: connections, Writes: connections, Outbox: w.outbox, Tx: w.db, Now: func() time.Time { return now },
		CheckURL: func(string) error { return nil }, Vault: federation.NewVault(root(t)),
	}
	w.sql(`UPDATE tenants SET settings = settings || '{"saml": "on"}' WHERE id = $1`, w.tenants[0].ID.String())
	on := *w.tenants[0]
	on.Settings.SAML = tenant.SAMLOn
	made := make(map[string]federation.Connection)
	for _, slug := range []string{"work", "disabled"} {
		c, err := service.Create(tenant.With(t.Context(), &on), slug, federation.Spec{
			Kind: federation.KindSAML, Name: slug, Issuer: "https://idp.example", SAML: &federation.SAML{SignOnURL: "https://idp.example/sso", Certificates: []string{key.Certificate()}},
		}, secret.String{})
		must(t, err)
		made[slug] = c
	}
	must(t, connections.Create(w.ctx(), federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "oidc", Spec: federation.Spec{Kind: federation.KindOIDC}}))
	must(t, service.Disable(tenant.With(t.Context(), &on), made["disabled"].ID))
	system := pg.NewSystem(w.platform)
	check := &certificateCheck{system, newTenants(system, nil, copyOptions{heard: always}), service}
	ends, err := made["work"].SAML.EndsAt()
	must(t, err)
	told := 0
	for _, c := range []struct {
		left time.Duration
		days int // 0: nothing is told
	}{{31 * 24 * time.Hour, 0}, {29 * 24 * time.Hour, 30}, {8 * 24 * time.Hour, 0}, {5 * 24 * time.Hour, 7}, {time.Hour, 1}, {-time.Hour, 0}} {
		now = ends.Add(-c.left)
		must(t, check.upkeep().Run(t.Context()))
		must(t, check.upkeep().Run(t.Context())) // again tells nothing again
		if c.days > 0 {
			told++
			if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'connection.certificate_expiring' AND (data ->> 'days')::int = $1`, c.days); n != 1 {
				t.Errorf("%s before: told %d times of %d days", c.left, n, c.days)
			}
		}
		if n := w.events(event.ConnectionCertificateExpiring{}); n != told {
			t.Errorf("%s before: told %d times, want %d", c.left, n, told)
		}
	}
}

func root(t *testing.T) secret.Root {
	t.Helper()
	made, _ := secret.NewRoot()
	return made
}
