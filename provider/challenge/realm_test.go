package challenge_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/tenant"
)

// FED-21: an application that signs users in by itself opens a page for those whose organization has them sign in with its
// identity provider.
func TestChallenge_leadsToTheProviderThatIsRequired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{})
	connections, id := w.requires()
	w.posts(w.request(password()), "redirect_to_web sign_in")
	if err := connections.Disable(w.In(), id); err != nil {
		t.Fatal(err)
	}
	w.posts(w.request(password()), "")
}

// requires has people of example.com sign in with a provider alone.
func (w *world) requires() (*federation.Service, uuid.UUID) {
	w.t.Helper()
	connections := &federation.Service{
		Connections: w.Store.Connections, Writes: w.Store.Connections, Vault: federation.NewVault(w.Root),
		CheckURL: func(string) error { return nil }, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: time.Now,
	}
	c, err := connections.Create(w.In(), "work", federation.Spec{
		Name: "Work", Issuer: "https://idp.example", ClientID: "plinto", EmailDomains: []string{"example.com"}, SSO: federation.SSORequired,
	}, secret.NewString("secret"))
	if err != nil {
		w.t.Fatal(err)
	}
	return connections, c.ID
}

// FED-53: what is answered to a name and a password depends on the domain of the name, and not on whether the password is right, and no
// code is mailed to a domain whose people sign in with a provider alone.
func TestChallenge_tellsNoRightPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true, Settings: tenant.Settings{EmailSignIn: tenant.EmailSignInOn}})
	connections, id := w.requires()
	for _, sql := range []string{
		`UPDATE users SET username = 'ann' WHERE tenant_id = $1 AND id = $2`,
		`INSERT INTO user_identifiers (tenant_id, canonical, kind, user_id) VALUES ($1, 'ann', 'username', $2)`,
	} {
		if _, err := w.Owner.Exec(t.Context(), sql, w.Tenant.ID.String(), w.alice.ID); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		alice: "redirect_to_web sign_in", "nobody@example.com": "redirect_to_web sign_in",
		"ann": "insufficient_authorization sign_in incorrect_credentials", "nobody": "insufficient_authorization sign_in incorrect_credentials",
	} {
		for _, password := range []string{plintotest.Password, "wrong"} {
			a := w.posts(w.request(url.Values{"username": {name}, "password": {password}}), want)
			if got := fmt.Sprint(a.JSON["methods"]); a.JSON["methods"] != nil && got != "[password email_code identity_provider]" {
				t.Errorf("%s with %q: methods are %s", name, password, got)
			}
		}
	}
	for _, name := range []string{alice, "nobody@example.com"} {
		w.posts(w.request(url.Values{"username": {name}, "email_code": {"true"}}), "redirect_to_web sign_in")
	}
	w.posts(w.request(url.Values{"username": {"nobody"}, "email_code": {"true"}}), "insufficient_authorization email")
	var asked int
	row := w.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND type = 'sign_in.code_requested' AND subject <> ''`, w.Tenant.ID.String())
	if err := row.Scan(&asked); err != nil || asked != 0 {
		t.Errorf("%d codes are mailed, %v", asked, err)
	}
	if _, err := connections.Update(w.In(), id, func(s *federation.Spec) { s.SSOExempt = []string{alice} }, secret.String{}); err != nil {
		t.Fatal(err)
	}
	w.posts(w.request(password()), "")
}
