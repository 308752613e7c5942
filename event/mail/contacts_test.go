package mail

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/tenant"
)

func contact(nth int, sender Sender, endpoint Endpoint, lang string) *Contact {
	return &Contact{
		Nth: nth, Sender: sender,
		Endpoint: func(context.Context, string) (Endpoint, error) { return endpoint, nil },
		Lang:     func(context.Context, string) (string, error) { return lang, nil },
	}
}

var failing = Endpoint{ID: "webhook_01", Description: "orders", Host: "hooks.example.com"}

func withContacts(t *testing.T, contacts ...string) context.Context {
	return tenant.With(t.Context(), &tenant.Tenant{Name: "Acme", Settings: tenant.Settings{Contacts: contacts}})
}

// both sends by SMTP to a server that takes mail, and keeps what it sends.
type both struct {
	kept
	smtp *SMTP
}

func (b *both) Send(ctx context.Context, m Message) error {
	return errors.Join(b.kept.Send(ctx, m), b.smtp.Send(ctx, m))
}

func TestContacts_hearThatAnEndpointWasDisabled(t *testing.T) {
	t.Parallel()
	server := &unsteady{taken: make(chan string, tenant.MaxContacts)}
	sender := &both{smtp: server.listen(t)}
	ctx := withContacts(t, "ops@acme.example", "dev@acme.example")
	e := event.Event{ID: uuid.New(), Fact: event.WebhookEndpointDisabled{Reason: "failing"}, Subject: "webhook_01", OccurredAt: time.Date(2026, 11, 28, 17, 5, 0, 0, time.UTC)}
	for n := range tenant.MaxContacts {
		must(t, contact(n, sender, failing, "").Handle(ctx, e))
	}
	if len(sender.messages) != 2 || len(server.taken) != 2 {
		t.Fatalf("got %d letters, %d of them by the server, want one to each contact", len(sender.messages), len(server.taken))
	}
	for i, m := range sender.messages {
		for _, want := range []string{
			"hasn’t accepted any event for three days", "webhook_01 (orders)", "hooks.example.com", "28 November 2026, 17:05 UTC",
			"technical contact of Acme", "enable the endpoint",
		} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("%q is not in\n%s", want, m.Text)
			}
		}
		if to := []string{"ops@acme.example", "dev@acme.example"}[i]; m.To != to || m.Subject != "We stopped sending Acme events to a webhook" {
			t.Errorf("got %q to %s, want it to %s", m.Subject, m.To, to)
		}
	}
	if sender.messages[0].ID == sender.messages[1].ID {
		t.Error("two letters have one Message-ID")
	}
}

func TestContacts_hearInTheirLanguageWhatHappened(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"de": "(410)", "fr": "(410)", "es": "(410)", "en": "gone for good (410)", "xx": "gone for good (410)"} {
		k := &kept{}
		must(t, contact(0, k, failing, lang).Handle(withContacts(t, "ops@acme.example"), event.Event{ID: uuid.New(), Fact: event.WebhookEndpointDisabled{Reason: "gone"}}))
		if m := k.messages[0]; !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, "webhook_01") || lang == "de" && !strings.Contains(m.Subject, "erhält keine Ereignisse") {
			t.Errorf("%s: got %s\n%s", lang, m.Subject, m.Text)
		}
	}
}

func TestContacts_hearThatACertificateExpires(t *testing.T) {
	t.Parallel()
	k := &kept{}
	e := event.Event{ID: uuid.New(), Fact: event.ConnectionCertificateExpiring{ExpiresAt: time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC), Days: 7}}
	c := contact(0, k, Endpoint{}, "")
	for slug, letters := range map[string]int{"work": 1, "": 0} { // one that is gone has no slug
		k.messages = nil
		c.Connection = func(context.Context, string) (Connection, error) {
			return Connection{Slug: slug, Name: "<b>Example"}, nil
		}
		must(t, c.Handle(withContacts(t, "ops@acme.example"), e))
		if len(k.messages) != letters {
			t.Fatalf("%q: %d letters", slug, len(k.messages))
		}
		if letters == 0 {
			continue
		}
		for _, want := range []string{"expires on", "24 December 2026", "work (<b>Example)", "technical contact of Acme"} {
			if !strings.Contains(k.messages[0].Text, want) {
				t.Errorf("%q is not in\n%s", want, k.messages[0].Text)
			}
		}
		if strings.Contains(k.messages[0].HTML, "<b>") {
			t.Error("the name is HTML")
		}
	}
	if s := new(Contact).Subscription(); !s.Wants(&e) {
		t.Error("the event is not for contacts")
	}
}

func TestContacts_hearNothingThatAnOperatorDid(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]bool{"failing": true, "gone": true, "operator": false} {
		s := new(Contact).Subscription()
		if got := s.Wants(&event.Event{Fact: event.WebhookEndpointDisabled{Reason: reason}}); got != want {
			t.Errorf("%s: got %v, want %v", reason, got, want)
		}
	}
	k := &kept{}
	must(t, contact(0, k, Endpoint{}, "").Handle(withContacts(t, "ops@acme.example"), event.Event{Fact: event.WebhookEndpointDisabled{Reason: "failing"}}))
	if len(k.messages) > 0 {
		t.Error("a letter about an endpoint that is enabled again")
	}
}

func TestContacts_thatCannotBeReachedAreTriedAgainAlone(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for n := range tenant.MaxContacts {
		names[(&Contact{Nth: n}).Subscription().Name] = true
	}
	if len(names) != tenant.MaxContacts {
		t.Errorf("got %v, want a subscription for each contact: one that fails has the others told again", names)
	}
	ctx, e := withContacts(t, "ops@acme.example"), event.Event{Fact: event.WebhookEndpointDisabled{Reason: "failing"}}
	away := errors.New("away")
	if err := contact(0, &kept{err: away}, failing, "").Handle(ctx, e); !errors.Is(err, away) {
		t.Errorf("got %v, want it tried again", err)
	}
	must(t, contact(0, &kept{err: ErrAddress}, failing, "").Handle(ctx, e)) // would fail for ever
}

// Who makes an endpoint writes its description and address.
func TestContacts_areShownWhatOthersWroteAsText(t *testing.T) {
	t.Parallel()
	k := &kept{}
	evil := Endpoint{ID: "webhook_01", Description: "<a href=//evil.example>\r\nBcc: x@example.com", Host: "<b>"}
	must(t, contact(0, k, evil, "").Handle(withContacts(t, "ops@acme.example"), event.Event{Fact: event.WebhookEndpointDisabled{Reason: "failing"}}))
	if m := k.messages[0]; strings.Contains(m.HTML, "<a ") || strings.Contains(m.HTML, "<b>") || strings.Contains(m.Text, "\nBcc") {
		t.Errorf("got %s\n%s", m.Text, m.HTML)
	}
}
