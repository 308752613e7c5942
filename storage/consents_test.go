package storage

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/provider"
)

func consentOf(s story) provider.Consent {
	return provider.Consent{
		UserID: s.user.ID, ClientID: s.client, Shown: []byte("shown"), Name: "App", RedirectHost: "rp.example",
		Permissions: []provider.Permission{{Scope: "openid"}, {Scope: "read", Resource: "https://orders"}},
	}
}

func TestConsent_growsAndIsForgottenWithItsGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	w.sql(`UPDATE grants SET offline = true WHERE id = $1`, s.grant.ID)
	c := consentOf(s)
	permissions := func(ctx context.Context) []provider.Permission {
		t.Helper()
		got, err := w.consents.Of(ctx, c.UserID, c.ClientID, c.Shown)
		must(t, err)
		return got.Permissions
	}
	if got := permissions(w.ctx()); got != nil {
		t.Errorf("got %v before anything was allowed", got)
	}
	must(t, w.consents.Allow(w.ctx(), c))
	// The same scope elsewhere is something else.
	c.Permissions = []provider.Permission{{Scope: "openid"}, {Scope: "read", Resource: "https://bills"}, {Resource: "https://plain"}}
	must(t, w.consents.Allow(w.ctx(), c))
	want := []provider.Permission{
		{Scope: "openid"}, {Scope: "read", Resource: "https://bills"}, {Scope: "read", Resource: "https://orders"}, {Resource: "https://plain"},
	}
	if diff := cmp.Diff(want, permissions(w.ctx())); diff != "" {
		t.Errorf("permissions differ (-want +got):\n%s", diff)
	}
	if got := permissions(w.other()); got != nil {
		t.Errorf("another tenant sees %v", got)
	}
	service := &provider.ConsentService{Consents: w.consents, Outbox: w.outbox, Tx: w.db}
	must(t, service.Revoke(w.other(), c.UserID, c.ClientID))
	if err := w.consents.Allow(w.other(), c); err == nil {
		t.Error("another tenant stored a consent of this tenant's user")
	}
	if len(permissions(w.ctx())) != len(want) || w.revoked(s) {
		t.Error("another tenant revoked the consent")
	}
	w.sql(`INSERT INTO consents (tenant_id, user_id, client_id, scopes) VALUES ($1, $2, $3, '{openid}')`, w.tenants[0].ID.String(), c.UserID, c.ClientID)
	for range 2 { // TOK-12
		must(t, service.Revoke(w.ctx(), c.UserID, c.ClientID))
	}
	if got := permissions(w.ctx()); got != nil || !w.revoked(s) || w.count(`SELECT (SELECT count(*) FROM consents) + (SELECT count(*) FROM user_consents)`) != 0 {
		t.Errorf("got %v, revoked %v; want nothing and true", got, w.revoked(s))
	}
	if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) {
		t.Errorf("rotation: got %v, want ErrGrantRevoked", err)
	}
	if taken := w.events(event.ConsentRevoked{}); taken != 1 {
		t.Errorf("got %d events of taking back, want 1", taken)
	}
}

// CON-11: one for each page that was shown, of the newest of which some are kept.
func TestConsent_isKeptPerPageThatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.redeemed()
	for i := range provider.MaxConsents + 3 {
		c := consentOf(s)
		c.Shown, c.RedirectHost = fmt.Append(nil, i), fmt.Sprint(i, ".example")
		must(t, w.consents.Allow(w.ctx(), c))
		w.sql(`UPDATE user_consents SET granted_at = now() - ($1 * interval '1 minute') WHERE shown = $2`, 100-i, c.Shown)
	}
	// Another client's, and another user's, are not counted with them.
	other := consentOf(w.redeemed())
	must(t, w.consents.Allow(w.ctx(), other))
	all, err := w.consents.List(w.ctx(), s.user.ID)
	must(t, err)
	if len(all) != provider.MaxConsents || all[0].RedirectHost != fmt.Sprint(provider.MaxConsents+2, ".example") {
		t.Errorf("got %d consents, the newest to %q", len(all), all[0].RedirectHost)
	}
	for i := range provider.MaxConsents + 3 {
		got, err := w.consents.Of(w.ctx(), s.user.ID, s.client, fmt.Append(nil, i))
		must(t, err)
		if kept := got.Permissions != nil; kept != (i >= 3) {
			t.Errorf("consent %d is there: %t", i, kept)
		}
	}
	if got, err := w.consents.List(w.other(), s.user.ID); len(got) != 0 || err != nil {
		t.Errorf("another tenant sees %v, %v", got, err)
	}
}

// pairwise is a client at a host.
func pairwise(host string) provider.Metadata {
	return provider.Metadata{SubjectType: provider.SubjectPairwise, RedirectURIs: []string{"https://" + host + "/cb"}}.WithDefaults()
}

// SUB-01: another subject means that what was granted under the old one ends.
func TestClient_changeOfSubjectsEndsWhatWasGranted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to provider.Metadata
		ends     bool
		sector   string
	}{
		"nothing":           {pairwise("a.example"), pairwise("a.example"), false, "a.example"},
		"another path":      {pairwise("a.example"), pairwise("a.example/other"), false, "a.example"},
		"another host":      {pairwise("a.example"), pairwise("b.example"), true, "b.example"},
		"to public":         {pairwise("a.example"), provider.Metadata{}.WithDefaults(), true, ""},
		"to pairwise":       {provider.Metadata{}.WithDefaults(), pairwise("a.example"), true, "a.example"},
		"public, elsewhere": {provider.Metadata{}.WithDefaults(), provider.Metadata{RedirectURIs: []string{"https://c.example"}}.WithDefaults(), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.redeemed()
			metadata, err := provider.EncodeMetadata(c.from)
			must(t, err)
			from, _ := provider.SectorChange(&provider.Client{}, &c.from)
			w.sql(`UPDATE clients SET metadata = $1, sector = $2 WHERE id = $3`, metadata, from, s.client)
			must(t, w.consents.Allow(w.ctx(), consentOf(s)))
			w.sql(`INSERT INTO consents (tenant_id, user_id, client_id, scopes) VALUES ($1, $2, $3, '{openid}')`, w.tenants[0].ID.String(), s.user.ID, s.client)

			_, err = w.registrar().Update(w.ctx(), "c"+s.client.String(), func(stored *provider.Client) error {
				stored.Metadata = c.to
				return nil
			})
			must(t, err)

			_, err = w.rotate(s, s.refresh, random())
			if ended := errors.Is(err, provider.ErrGrantRevoked); ended != c.ends || !ended && err != nil {
				t.Errorf("refresh: %v, want it to end: %t", err, c.ends)
			}
			left := w.count(`SELECT count(*) FROM user_consents`) + w.count(`SELECT count(*) FROM consents`)
			if (left == 0) != c.ends {
				t.Errorf("%d consents left, want them to end: %t", left, c.ends)
			}
			if n := w.count(`SELECT count(*) FROM clients WHERE id = $1 AND sector = $2`, s.client, c.sector); n != 1 {
				t.Errorf("the sector is not %q", c.sector)
			}
		})
	}
}

// Two writers at once: whatever comes last, the sector is that of the metadata.
func TestClient_sectorIsThatOfItsMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := provider.Client{ID: uuid.Must(uuid.NewV7()), ClientID: "racing", Metadata: pairwise("a.example")}
	must(t, w.registrar().Create(w.ctx(), c))
	for range 20 {
		for _, err := range parallel(2, func(i int) error {
			_, err := w.registrar().Update(w.ctx(), "racing", func(c *provider.Client) error {
				c.Metadata = pairwise([]string{"b.example", "c.example"}[i])
				return nil
			})
			return err
		}) {
			must(t, err)
		}
		if n := w.count(`SELECT count(*) FROM clients WHERE id = $1 AND metadata->'redirect_uris'->>0 = 'https://' || sector || '/cb'`, c.ID); n != 1 {
			t.Fatal("the sector is one writer's, the metadata are the other's")
		}
	}
}
