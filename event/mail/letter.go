package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/tenant"
)

// A Letter is a mail to an address that may belong to nobody yet.
type Letter struct {
	Kind string // names the wording
	To   string // "" when there is nothing to send any more
	Code string
}

// Letters sends what events of one type ask for. It implements event.Subscriber.
type Letters struct {
	Sender Sender
	// Letter returns the letter of an event: events never hold one.
	Letter func(ctx context.Context, e event.Event) (Letter, error)
}

// letterSubjects are the kinds of letters, with the line the reader sees first.
var letterSubjects = map[string]string{
	"sign_up.code":    "Your code",
	"sign_up.account": "You already have an account",
}

// Handles implements event.Subscriber.
func (l *Letters) Handles(e event.Event) bool { return e.Type == event.SignUpRequested }

// Handle implements event.Subscriber. A letter that can never be sent is dropped;
// everything else is tried again by the queue.
func (l *Letters) Handle(ctx context.Context, e event.Event) error {
	letter, err := l.Letter(ctx, e)
	if err != nil {
		return fmt.Errorf("find letter: %w", err)
	}
	if letter.To == "" {
		return nil
	}
	subject := letterSubjects[letter.Kind]
	if subject == "" {
		return fmt.Errorf("letter of unknown kind %q", letter.Kind)
	}
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	v := view{
		Subject: subject, Tenant: oneLine(t.Name), Code: spaced(letter.Code), When: when(e.OccurredAt),
		Address: e.IP, Device: oneLine(e.UserAgent),
	}
	m, err := v.write(ctx, letter.Kind)
	if err != nil {
		return fmt.Errorf("write letter: %w", err)
	}
	m.ID, m.To, m.Date = e.ID.String(), letter.To, time.Now()
	if err := l.Sender.Send(ctx, m); err != nil && !errors.Is(err, ErrAddress) {
		return fmt.Errorf("send letter: %w", err)
	}
	return nil
}

// spaced writes a code as people read it: "1234 5678".
func spaced(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + " " + code[4:]
}
