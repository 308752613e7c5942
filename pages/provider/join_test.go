package provider_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/organization"
)

// comes signs somebody in by the connection, to which the application leads.
func (w *world) comes(subject string) *plintotest.Page {
	w.t.Helper()
	b := w.Browser()
	p := b.Open(w.AuthorizeURL(w.client, url.Values{"connection": {w.conn.Slug}}))
	if p.Left == nil {
		w.t.Fatalf("on %s: %s", p.URL, text(p))
	}
	return b.Open(w.idp.Approve(p.Left, subject).String())
}

// membership is what a user is in an organization: its roles, or "none".
func (w *world) membership(o uuid.UUID, email string) string {
	w.t.Helper()
	var roles []string
	rows, err := w.Owner.Query(w.t.Context(), `
		SELECT unnest(m.roles || '{}'::text[] || 'member of it'::text) FROM memberships m JOIN users u ON u.id = m.user_id
		WHERE m.organization_id = $1 AND u.email = $2`, o, email)
	must(w.t, err)
	for rows.Next() {
		var role string
		must(w.t, rows.Scan(&role))
		roles = append(roles, role)
	}
	must(w.t, rows.Err())
	if len(roles) == 0 {
		return "none"
	}
	return strings.Join(roles[:len(roles)-1], " ")
}

// FED-25: who comes by a connection of an organization for the first time is its member where provision says so, with the roles of
// an invitation; who was removed is not made one again.
func TestProvider_makesMembersOfItsOrganization(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		provision     string
		exists        bool // the user does
		invited       bool
		member, again string // roles after the first time, and after another one where they were removed
	}{
		"a new user of the domain":        {federation.ProvisionDomain, false, false, "", "none"},
		"a new user, invited":             {federation.ProvisionInvited, false, true, "member", "none"},
		"a new user of the domain, asked": {federation.ProvisionDomain, false, true, "member", "none"},
		"a user of the domain":            {federation.ProvisionDomain, true, false, "", "none"},
		"a user, invited":                 {federation.ProvisionInvited, true, true, "member", "none"},
		"a user, not invited":             {federation.ProvisionInvited, true, false, "none", "none"},
		"a user, nobody is made one":      {federation.ProvisionOff, true, true, "none", "none"},
	} {
		w := newWorld(t, plintotest.Options{})
		acme := w.customer("acme")
		w.verifies(acme.ID, "example.com", true)
		w.edit(func(s *federation.Spec) { trusting(s); s.Organization, s.Provision = acme.ID, c.provision })
		if c.exists {
			w.User("alice@example.com")
		}
		if c.invited {
			w.exec(`INSERT INTO organization_invitations (tenant_id, id, organization_id, canonical, email, roles, hash, expires_at)
				VALUES ($1, gen_random_uuid(), $2, $3, $3, '{member}', 'h', now() + interval '1 day')`, w.Tenant.ID.String(), acme.ID, "alice@example.com")
		}
		if p := w.comes("alice"); !signedIn(p) {
			t.Errorf("%s: %s (%d)", name, text(p), p.Status)
			continue
		}
		if got := w.membership(acme.ID, "alice@example.com"); got != c.member {
			t.Errorf("%s: %q, want %q", name, got, c.member)
		}
		var open int
		must(t, w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM organization_invitations WHERE accepted_at IS NULL`).Scan(&open))
		if (open > 0) != (c.invited && c.member == "none") {
			t.Errorf("%s: %d invitations are open", name, open)
		}
		w.exec(`DELETE FROM memberships`)
		if p := w.comes("alice"); !signedIn(p) {
			t.Errorf("%s, again: %s", name, text(p))
		}
		if got := w.membership(acme.ID, "alice@example.com"); got != c.again {
			t.Errorf("%s, again: %q, want %q", name, got, c.again)
		}
	}
}

// FED-25: whoever was removed does not come back by taking the identity from themselves, as anybody may who has a password, and signing in
// once more: it is not the first time. An invitation makes them a member again.
func TestProvider_makesNobodyAMemberTwice(t *testing.T) {
	t.Parallel()
	for name, joins := range map[string]func(w *world, acme uuid.UUID){
		"who came by it": func(w *world, _ uuid.UUID) { w.comes("alice") },
		"who was a member before, and connected it": func(w *world, acme uuid.UUID) {
			_, err := w.Store.Organizations.AddMember(w.In(), acme, organization.Member{UserID: w.User("alice@example.com").ID})
			must(w.t, err)
			w.link("alice@example.com", "alice")
		},
	} {
		w := newWorld(t, plintotest.Options{})
		acme := w.customer("acme")
		w.verifies(acme.ID, "example.com", true)
		w.edit(func(s *federation.Spec) {
			trusting(s)
			s.Organization, s.Provision = acme.ID, federation.ProvisionDomain
		})
		joins(w, acme.ID)
		if got := w.membership(acme.ID, "alice@example.com"); got != "" {
			t.Fatalf("%s: control: %q", name, got)
		}
		again := func(want string) {
			w.t.Helper()
			held, err := w.Store.Users.Credential(w.In(), "alice@example.com", nil)
			must(t, err)
			w.exec(`DELETE FROM memberships`)
			ins := &federation.SignIns{Identities: w.Store.Identities, Outbox: w.Store.Outbox, Tx: w.Store.DB, Endings: w.Store.Endings()}
			must(t, ins.Unlink(w.In(), event.Actor{Type: "user"}, &held.User, w.identities("alice@example.com")[0].ID))
			if p := w.comes("alice"); !signedIn(p) {
				t.Errorf("%s, again: %s", name, text(p))
			}
			if got := w.membership(acme.ID, "alice@example.com"); got != want {
				t.Errorf("%s, again: %q, want %q", name, got, want)
			}
		}
		again("none")
		w.exec(`INSERT INTO organization_invitations (tenant_id, id, organization_id, canonical, email, roles, hash, expires_at)
			VALUES ($1, gen_random_uuid(), $2, $3, $3, '{member}', 'h', now() + interval '1 day')`, w.Tenant.ID.String(), acme.ID, "alice@example.com")
		again("member")
	}
}

// FED-25: an invitation counts while it is open and whoever made it may still give its roles.
func TestProvider_takesNoInvitationThatIsOver(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"revoked":                     `UPDATE organization_invitations SET revoked_at = now()`,
		"expired":                     `UPDATE organization_invitations SET expires_at = now()`,
		"of an inviter who lost them": `UPDATE organization_invitations SET made_by = 'user:' || 'user_00000000000000000000000000'`,
	} {
		w := newWorld(t, plintotest.Options{})
		acme := w.customer("acme")
		w.verifies(acme.ID, "example.com", true)
		w.edit(func(s *federation.Spec) {
			trusting(s)
			s.Organization, s.Provision = acme.ID, federation.ProvisionInvited
		})
		w.exec(`INSERT INTO organization_invitations (tenant_id, id, organization_id, canonical, email, roles, hash, expires_at)
			VALUES ($1, gen_random_uuid(), $2, $3, $3, '{owner}', 'h', now() + interval '1 day')`, w.Tenant.ID.String(), acme.ID, "alice@example.com")
		w.exec(change)
		if p := w.comes("alice"); signedIn(p) || len(w.identities("alice@example.com")) > 0 {
			t.Errorf("%s: an account was made", name)
		}
	}
}
