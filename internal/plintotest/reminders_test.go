package plintotest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/internal/mailcatcher"
	"plinto/internal/testworld"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/tenant"
)

// Programs use what ends before long: whose it is hears of it by mail, in their language, and no mail has the secret.
func TestReminders_areMailedToWhoseItIs(t *testing.T) {
	t.Parallel()
	const ops = "ops@example.com"
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{Contacts: []string{ops}}})
	roles := &organization.RoleService{Store: s.Store.Roles, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	keys := &apikey.Service{Store: s.Store.APIKeys, Roles: roles, Outbox: s.Store.Outbox, Tx: s.Store.DB, Now: time.Now}
	alice := s.User("alice@example.com") // who reads German
	s.must(roles.Assign(s.In(), alice.ID, organization.Administrator))
	var secrets []string
	for name, user := range map[string]uuid.UUID{"Nightly report": alice.ID, "Deployment": uuid.Nil} {
		k, plain, err := keys.Create(s.In(), apikey.New{Name: name, UserID: user, Permissions: []organization.Permission{organization.UsersRead}})
		s.must(err)
		secrets = append(secrets, plain.Reveal()[len(k.Hint):])
		s.Succeeds(s.Send(http.MethodGet, "/admin/v1/users", nil, With("Authorization", "Bearer "+plain.Reveal())))
		if _, err := s.Owner.Exec(t.Context(), `UPDATE api_keys SET created_at = created_at - interval '80 days', expires_at = expires_at - interval '80 days' WHERE id = $1`, k.ID); err != nil {
			t.Fatal(err)
		}
		s.must(keys.Remind(s.In(), k.ID))
	}

	c, plain := s.Client(testworld.Web())
	added, err := s.Registrar().RotateSecret(s.In(), c.ClientID, false)
	s.must(err)
	s.settle()
	s.Succeeds(s.machine(c, plain))
	s.App.Settle()
	stored, err := s.Store.Clients.Current(s.In(), c.ClientID)
	s.must(err)
	if len(stored.Secrets) != 2 || stored.Secrets[1].UsedAt.IsZero() {
		t.Fatalf("the use of the secret before is not noted: %+v", stored.Secrets)
	}
	reminders := &provider.SecretReminders{Secrets: s.Store.Clients, Clients: s.Store.Clients, Outbox: s.Store.Outbox, Tx: s.Store.DB}
	s.must(reminders.Remind(s.In(), stored.Secrets[1].ID))
	secrets = append(secrets, plain, added.Plain)

	for _, want := range []struct{ to, subject, says string }{
		{alice.Email, "Ein API-Schlüssel Ihres Kontos", "API-Schlüssel: Nightly report"},
		{alice.Email, "Ein API-Schlüssel Ihres Kontos", s.Issuer() + "/account/api-keys"},
		{ops, "An API key of", "API key: Deployment (key_"},
		{ops, "An app still uses", "App: Web app (" + c.ClientID + ")"},
	} {
		m := s.Mail(func(m mailcatcher.Mail) bool { return m.To == want.to && strings.HasPrefix(m.Subject, want.subject) }, 1)
		if !strings.Contains(m.Text, want.says) {
			t.Errorf("%q is not in the mail to %s:\n%s", want.says, want.to, m.Text)
		}
		for _, secret := range secrets {
			if strings.Contains(m.Text+m.HTML, secret) {
				t.Errorf("a secret is in the mail to %s", want.to)
			}
		}
	}
}
