package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plinto/event"
	"plinto/tenant"
)

// A Recipient is who to tell.
type Recipient struct {
	Email string // "" when there is nobody to tell
	Name  string // how to greet; may be empty
}

// A Notifier tells users of what happened to their account. It implements
// event.Subscriber.
type Notifier struct {
	Sender Sender
	// Recipient returns whom an event's subject ("user_…") is, with no Email when
	// the user is gone or has none. Addresses that were not verified are told as
	// well: an account in a wrong name is worth a hint to its real owner.
	Recipient func(ctx context.Context, subject string) (Recipient, error)
}

// subjects are the events worth a mail, with the line the user sees first.
var subjects = map[event.Type]string{
	event.SignInSucceeded:    "New sign-in to your account",
	event.TokenReuseDetected: "We signed an app out of your account",
	event.PasswordChanged:    "Your password was changed",
}

// Handles implements event.Subscriber.
//
// Most sign-ins are from a browser that was used before: they cost no job.
func (n *Notifier) Handles(e event.Event) bool {
	return subjects[e.Type] != "" && (e.Type != event.SignInSucceeded || e.Data["new_device"] == true)
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped;
// everything else is tried again by the queue.
func (n *Notifier) Handle(ctx context.Context, e event.Event) error {
	subject := subjects[e.Type]
	if !n.Handles(e) {
		return nil
	}
	to, err := n.Recipient(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("find recipient of mail: %w", err)
	}
	if to.Email == "" {
		return nil
	}
	m, err := compose(ctx, e, subject, to)
	if err != nil {
		return fmt.Errorf("compose mail: %w", err)
	}
	if err := n.Sender.Send(ctx, m); err != nil && !errors.Is(err, ErrAddress) {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

func compose(ctx context.Context, e event.Event, subject string, to Recipient) (Message, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return Message{}, err
	}
	v := view{
		Subject: subject, Name: oneLine(to.Name), Tenant: oneLine(t.Name),
		When: when(e.OccurredAt), Address: e.IP, Device: oneLine(e.UserAgent),
	}
	m, err := v.write(ctx, string(e.Type))
	m.ID, m.To, m.Date = e.ID.String(), to.Email, time.Now()
	return m, err
}
