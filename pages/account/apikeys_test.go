package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/organization/apikey"
)

// roles gives a user a role of the tenant with those rights.
func (w *world) roles(user uuid.UUID, rights ...organization.Permission) *organization.RoleService {
	w.t.Helper()
	s := &organization.RoleService{Store: w.Store.Roles, Outbox: w.Store.Outbox, Tx: w.Store.DB}
	if len(rights) > 0 {
		r, err := s.Create(w.In(), organization.Role{Scope: organization.TenantRole, Key: "helper", Name: "Helper", Permissions: rights})
		if err == nil {
			err = s.Assign(w.In(), user, r.Key)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return s
}

func (w *world) keys() *apikey.Service {
	s := w.Store
	return &apikey.Service{Store: s.APIKeys, Roles: w.roles(uuid.Nil), Outbox: s.Outbox, Tx: s.DB, Now: time.Now}
}

// newKey is what a form for a key says.
func newKey(p *plintotest.Page, rights ...string) url.Values {
	return url.Values{"csrf": {p.Doc.Find("[name=csrf]").First().AttrOr("value", "")}, "name": {"Nightly backup"}, "days": {"30"}, "right": rights}
}

func TestAPIKeys_areMadeShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.roles(w.alice.ID, organization.UsersRead, organization.ClientsRead)
	b := w.signedIn(alice)
	list := w.at(w.open(b, w.open(b, "/account/security").Doc.Find("#api-keys").AttrOr("href", "")[len(w.Tenant.Path):]), "/account/api-keys")
	if list.Doc.Find("#no-keys").Length() != 1 {
		t.Error("there is a key before one is made")
	}
	w.later(6 * time.Minute)
	w.at(w.open(b, "/account/api-keys/new"), "/login") // fresh proof
	form := w.at(w.open(b, "/account/api-keys/new").Submit("submit", plintotest.Alice()), "/account/api-keys/new")
	if n := form.Doc.Find("[name=right]").Length(); n != 2 {
		t.Errorf("%d rights are offered, want those of the user", n)
	}
	made := b.Post(w.Issuer()+"/account/api-keys/new", newKey(form, "users:read"))
	plain := made.Doc.Find("#key").Text()
	k, a, err := w.keys().Authenticate(w.In(), plain)
	if err != nil || k.UserID != w.alice.ID || len(a.Rights) != 1 || a.Rights[0] != organization.UsersRead || k.ExpiresAt.Sub(k.CreatedAt) != 30*24*time.Hour {
		t.Fatalf("the key shown (%d) is %+v with %v: %v", made.Status, k, a.Rights, err)
	}
	mail := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && strings.Contains(m.Subject, "API-Schlüssel") }, 1)
	if strings.Contains(mail.Text, plain) || !strings.Contains(mail.Text, "/not-me?token=") {
		t.Errorf("the notice says %q", mail.Text)
	}
	if n := w.count(`SELECT count(*) FROM audit_log WHERE type = 'api_key.created' AND actor_id = $1`, w.alice.PublicID()); n != 1 {
		t.Errorf("%d audit rows say who made it", n)
	}
	list = w.open(b, "/account/api-keys")
	if text := list.Doc.Find("#keys").Text(); !strings.Contains(text, "Nightly backup") || !strings.Contains(text, k.Hint) || strings.Contains(text, plain) {
		t.Errorf("the list says %q", text)
	}
	gone := url.Values{"csrf": newKey(list)["csrf"], "id": {k.PublicID()}}
	w.told(b.Post(w.Issuer()+"/account/api-keys", gone), "/account/api-keys")
	if _, _, err := w.keys().Authenticate(w.In(), plain); err == nil {
		t.Error("a key that was revoked works")
	}
	w.at(b.Post(w.Issuer()+"/account/api-keys", gone), "/account/api-keys") // again
}

// APK-07: nobody makes a key with a right that they have not, whatever their form says, and nobody
// sees or ends the keys of others.
func TestAPIKeys_giveNothingThatTheUserHasNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.roles(w.alice.ID, organization.UsersRead)
	b := w.signedIn(alice)
	form := w.open(b, "/account/api-keys/new")
	for name, rights := range map[string][]string{
		"beyond": {"users:read", "users:write"}, "of the system": {"tenants:write"}, "an application's": {"orders:read"}, "none": nil,
	} {
		if p := b.Post(w.Issuer()+"/account/api-keys/new", newKey(form, rights...)); p.Status < 400 || p.Doc.Find("#key").Length() != 0 || p.Doc.Find("#problem").Length() != 1 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	nameless := newKey(form, "users:read")
	nameless.Set("name", " ")
	if p := b.Post(w.Issuer()+"/account/api-keys/new", nameless); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#name[aria-invalid=true]").Length() != 1 {
		t.Errorf("without a name: %d", p.Status)
	}
	if n := w.count(`SELECT count(*) FROM api_keys`); n != 0 {
		t.Errorf("%d keys were made", n)
	}
	made := b.Post(w.Issuer()+"/account/api-keys/new", newKey(form, "users:read")).Doc.Find("#key").Text()
	k, _, err := w.keys().Authenticate(w.In(), made)
	if err != nil {
		t.Fatal(err)
	}
	bob := w.signedIn(w.User("bob@example.com").Email)
	p := w.open(bob, "/account/security")
	if p.Doc.Find("#api-keys").Length() != 0 {
		t.Error("keys are offered to who has no rights")
	}
	w.at(w.open(bob, "/account/api-keys"), "/account/security")
	w.at(w.open(bob, "/account/api-keys/new"), "/account/security")
	csrf := p.Doc.Find("[name=csrf]").First().AttrOr("value", "")
	bob.Post(w.Issuer()+"/account/api-keys", url.Values{"csrf": {csrf}, "id": {k.PublicID()}})
	forged := newKey(p, "users:read")
	if p := bob.Post(w.Issuer()+"/account/api-keys/new", forged); p.Doc.Find("#key").Length() != 0 {
		t.Error("who has no rights made a key")
	}
	if _, _, err := w.keys().Authenticate(w.In(), made); err != nil {
		t.Errorf("somebody else ended the key: %v", err)
	}
}
