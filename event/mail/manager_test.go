package mail

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
)

func TestManagers_hearThatADomainLapses(t *testing.T) {
	t.Parallel()
	k := &kept{}
	all := []Recipient{{Email: "ann@acme.example", Name: "Ann"}, {Email: "bob@acme.example", Lang: "de"}}
	e := event.Event{ID: uuid.New(), Subject: "org_01", Fact: event.DomainLapsing{
		Domain: "acme.example", Record: "_plinto-challenge.acme.example", LapsesAt: time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC), Days: 3,
	}}
	for n := range MaxManagers {
		m := &Manager{Nth: n, Sender: k, Recipient: func(_ context.Context, subject string, nth int) (Recipient, string, error) {
			if nth >= len(all) || subject != "org_01" {
				return Recipient{}, "", nil
			}
			return all[nth], "Acme\nInc.", nil
		}}
		must(t, m.Handle(acme(t), e))
	}
	if len(k.messages) != len(all) || k.messages[0].ID == k.messages[1].ID {
		t.Fatalf("got %d letters: %+v", len(k.messages), k.messages)
	}
	for i, wants := range [][]string{
		{"Hello Ann", "24 December 2026", "Domain: acme.example", "TXT record: _plinto-challenge.acme.example", "the domains of Acme Inc.:"},
		{"24. Dezember 2026", "TXT-Eintrag: _plinto-challenge.acme.example"},
	} {
		for _, want := range wants {
			if m := k.messages[i]; m.To != all[i].Email || !strings.Contains(m.Text, want) {
				t.Errorf("%q is not in the letter to %s:\n%s", want, m.To, m.Text)
			}
		}
	}
}
