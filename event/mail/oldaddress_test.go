package mail

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
)

func TestOldAddress_isToldOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to        Recipient
		revocable bool
		want      string // in the mail; "": none is sent
		link      bool
	}{
		"by the user":     {Recipient{Email: "old@example.com"}, true, "main address again", true},
		"by an operator":  {Recipient{Email: "old@example.com"}, false, "The team at", false},
		"there was none":  {Recipient{}, true, "", false},
		"no mail address": {Recipient{Email: "no address"}, true, "main address again", true},
	} {
		sender := &kept{}
		if name == "no mail address" {
			sender.err = ErrAddress
		}
		o := &OldAddress{
			Sender: sender, Recipient: func(context.Context, string, uuid.UUID) (Recipient, bool, error) { return c.to, c.revocable, nil },
			NotMe: func(context.Context, *event.Event, string) (string, error) {
				return "https://id.example/not-me?token=t", nil
			},
		}
		e := event.Event{ID: uuid.New(), Fact: event.EmailPrimaryChanged{ChangeID: uuid.New()}}
		must(t, o.Handle(acme(t), e))
		if len(sender.messages) == 0 && c.want == "" {
			continue
		}
		m := sender.messages[0]
		if m.To != c.to.Email || m.ID != e.ID.String()+"-old" || !strings.Contains(m.Text, c.want) || strings.Contains(m.Text, "/not-me?") != c.link {
			t.Errorf("%s: to %s, %s\n%s", name, m.To, m.ID, m.Text)
		}
	}
}
