package mail

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
)

var christmas = time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)

// Whose key it is hears of it in their language; of a key that is gone nobody hears.
func TestKeyOwner_hearsThatAKeyEnds(t *testing.T) {
	t.Parallel()
	e := event.Event{ID: uuid.New(), Subject: "key_01", Fact: event.APIKeyExpiring{User: "user_01", ExpiresAt: christmas}}
	for lang, wants := range map[string][]string{
		"en": {"Hello Ann", "expires on 24 December 2026", "API key: <b>Report Bcc: x@example.com", "https://id.example/account/api-keys"},
		"de": {"24. Dezember 2026", "API-Schlüssel: <b>Report", "https://id.example/account/api-keys"},
	} {
		k := &kept{}
		o := &KeyOwner{Sender: k, Recipient: func(_ context.Context, subject string) (Recipient, error) {
			if subject != "user_01" {
				t.Errorf("told %q", subject)
			}
			return Recipient{Email: "ann@example.com", Name: "Ann", Lang: lang}, nil
		}}
		for _, id := range []string{"", "key_01"} { // one that is gone has no id
			o.Key = func(context.Context, string) (Credential, error) {
				return Credential{ID: id, Name: "<b>Report\r\nBcc: x@example.com", Link: "https://id.example/account/api-keys"}, nil
			}
			must(t, o.Handle(acme(t), e))
		}
		if len(k.messages) != 1 || k.messages[0].To != "ann@example.com" {
			t.Fatalf("%s: %+v", lang, k.messages)
		}
		for _, want := range wants {
			if !strings.Contains(k.messages[0].Text, want) {
				t.Errorf("%s: %q is not in\n%s", lang, want, k.messages[0].Text)
			}
		}
		if strings.Contains(k.messages[0].HTML, "<b>Report") {
			t.Errorf("%s: the name is HTML", lang)
		}
	}
}

func TestContacts_hearWhatEndsOfTheTenant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact  event.Fact
		found Credential
		wants []string
	}{
		{event.APIKeyExpiring{ExpiresAt: christmas}, Credential{ID: "key_01", Name: "Report"}, []string{"API key: Report (key_01)", "expires on 24 December 2026"}},
		{event.ClientSecretExpiring{SecretID: "secret_01", ExpiresAt: christmas}, Credential{ID: "shop", Name: "Shop"}, []string{"App: Shop (shop)", "still uses it", "24 December 2026"}},
		{event.ClientSecretExpiring{SecretID: "secret_01", ExpiresAt: christmas}, Credential{ID: "shop"}, []string{"App: shop"}},
		{event.ClientSecretExpiring{SecretID: "secret_01", ExpiresAt: christmas}, Credential{}, nil},
	} {
		e := event.Event{ID: uuid.New(), Fact: c.fact}
		if s := new(Contact).Subscription(); !s.Wants(&e) {
			t.Errorf("%s is not for contacts", c.fact.Type())
		}
		k := &kept{}
		to := contact(0, k, Endpoint{}, "")
		to.Credential = func(context.Context, *event.Event) (Credential, error) { return c.found, nil }
		must(t, to.Handle(withContacts(t, "ops@acme.example"), e))
		if (len(k.messages) == 1) != (c.wants != nil) {
			t.Fatalf("%+v: %d letters", c.found, len(k.messages))
		}
		for _, want := range c.wants {
			if !strings.Contains(k.messages[0].Text, want) {
				t.Errorf("%q is not in\n%s", want, k.messages[0].Text)
			}
		}
	}
}

// Of a key of a user the user hears, and nobody else; of one of the tenant its contacts.
func TestExpiring_isToldToWhoseItIs(t *testing.T) {
	t.Parallel()
	for user, ownersKey := range map[string]bool{"user_01": true, "": false} {
		e := event.Event{Fact: event.APIKeyExpiring{User: user}}
		owner, contacts := new(KeyOwner).Subscription(), new(Contact).Subscription()
		if owner.Wants(&e) != ownersKey || contacts.Wants(&e) == ownersKey {
			t.Errorf("a key of %q: its user hears %v, contacts %v", user, owner.Wants(&e), contacts.Wants(&e))
		}
	}
}
