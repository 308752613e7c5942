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
	Lang  string // BCP 47 tag of their language, or ""
}

// A Notifier tells users of what happened to their account. It implements
// event.Subscriber.
type Notifier struct {
	Sender Sender
	// Recipient returns whom an event's subject ("user_…") is, with no Email when
	// the user is gone or has none. Addresses that were not verified are told as
	// well: an account in a wrong name is worth a hint to its real owner.
	Recipient func(ctx context.Context, subject string) (Recipient, error)
	// NotMe makes the address by which the reader of a mail about an event says that it was not
	// them; nil for none. A mail that is sent again gets another one.
	NotMe func(ctx context.Context, e *event.Event) (string, error)
}

// Subscription implements event.Subscriber.
//
// Most sign-ins are from a browser that was used before: they cost no job.
func (*Notifier) Subscription() event.Subscription {
	return event.Subscription{
		Name: "mail.notices",
		Types: []event.Fact{
			event.SignInSucceeded{},
			event.TokenReuseDetected{},
			event.PasswordChanged{},
			event.FactorAdded{},
			event.FactorRemoved{},
			event.RecoveryCodesReplaced{},
			event.RecoveryCodeUsed{},
			event.UserDeletionScheduled{},
			event.UserDeletionCancelled{},
		},
		Origin: true,
		When: func(e *event.Event) bool {
			signIn, is := e.Fact.(event.SignInSucceeded)
			return !is || signIn.NewDevice
		},
	}
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped;
// everything else is tried again by the queue.
func (n *Notifier) Handle(ctx context.Context, e event.Event) error {
	to, err := n.Recipient(ctx, e.Subject)
	if err != nil {
		return fmt.Errorf("find recipient of mail: %w", err)
	}
	if to.Email == "" {
		return nil
	}
	m, err := n.compose(ctx, &e, to)
	if err != nil {
		return fmt.Errorf("compose mail: %w", err)
	}
	if err := n.Sender.Send(ctx, m); err != nil && !errors.Is(err, ErrAddress) {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

func (n *Notifier) compose(ctx context.Context, e *event.Event, to Recipient) (Message, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return Message{}, err
	}
	v := newView(t, to.Lang, string(e.Type()))
	v.Name, v.When, v.Address, v.Device = line(to.Name, maxName), v.when(e.OccurredAt), e.IP, v.device(e.UserAgent)
	if gone, is := e.Fact.(event.UserDeletionScheduled); is {
		v.Date = v.day(gone.DeleteAt)
	}
	if _, byApp := e.Fact.(event.TokenReuseDetected); n.NotMe != nil && !byApp {
		if v.NotMe, err = n.NotMe(ctx, e); err != nil {
			return Message{}, fmt.Errorf("make link: %w", err)
		}
	}
	m, err := v.write(ctx)
	m.ID, m.To, m.Date = e.ID.String(), to.Email, time.Now()
	m.From, m.ReplyTo = t.Settings.Mail.From, t.Settings.Mail.ReplyTo
	return m, err
}
