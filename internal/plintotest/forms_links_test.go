package plintotest

import (
	"net/url"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/mailcatcher"
	"plinto/internal/secret"
	"plinto/provider"
)

var mailedLink = regexp.MustCompile(`https?://\S+/(?:sign-up/link|email/confirm)\?token=\S+`)

// linkForms are the forms of the links of mails that prove an address.
func linkForms(t *testing.T, s *Server, client *provider.Client) map[string]func() PostedForm {
	t.Helper()
	return map[string]func() PostedForm{
		"sign-up link": func() PostedForm {
			email := uuid.NewString() + "@example.com"
			b := s.Browser()
			b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}})).Submit("submit", map[string]string{"email": email})
			return b.Open(mailedLink.FindString(s.Mailed(email, 1).Text)).Form("submit", map[string]string{"name": "N", "password": Password})
		},
		"email confirm": func() PostedForm {
			user, email := s.User(uuid.NewString()+"@example.com"), uuid.NewString()+"@example.com"
			box, err := secret.NewBox(s.Root.Subkey("plinto/letter/v1"))
			if err != nil {
				t.Fatal(err)
			}
			service := addresses.New(s.Root, addresses.Service{
				Store: s.Store.Emails, Users: s.Store.Users, Limiter: s.Store.Limiter, Outbox: s.Store.Outbox, Tx: s.Store.DB,
				Mailed: &identity.MailedCodes{Attempts: s.Store.Attempts, Codes: s.Store.OneTimeTokens, Box: box, Outbox: s.Store.Outbox, Tx: s.Store.DB},
			})
			if _, err := service.Add(s.In(), &user, email, "en", "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			b := s.Browser()
			b.SignIn(s.AuthorizeURL(client, nil), user.Email)
			m := s.Mail(func(m mailcatcher.Mail) bool { return m.To == email }, 1)
			return b.Open(mailedLink.FindString(m.Text)).Form("submit", nil)
		},
	}
}
