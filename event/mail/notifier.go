package mail

import (
	"context"
	"fmt"
	"slices"
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
	// well: an account in a wrong name is worth a hint to its real owner. It is the address of the time at:
	// whoever made theirs the primary one is not who has to know what they did before.
	Recipient func(ctx context.Context, subject string, at time.Time) (Recipient, error)
	// NotMe makes the address by which the reader of a mail to an address about an event says that it was not
	// them; nil for none. A mail that is sent again gets another one.
	NotMe func(ctx context.Context, e *event.Event, to string) (string, error)
	// Place says where the mails say that a request came from.
	Place Place
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
			event.PasswordRemoved{},
			event.FactorAdded{},
			event.FactorRemoved{},
			event.RecoveryCodesReplaced{},
			event.RecoveryCodeUsed{},
			event.UserDeletionScheduled{},
			event.UserDeletionCancelled{},
			event.EmailVerified{},
			event.EmailRemoved{},
			event.EmailPrimaryChanged{},
			event.APIKeyCreated{},
			event.DeviceRemembered{},
			event.UserUpdated{},
			event.ConsentGranted{},
			event.IdentityLinked{},
			event.IdentityUnlinked{},
		},
		Origin: true,
		When:   func(e *event.Event) bool { return noteworthy(e.Fact) && !madeWithUser(e) },
	}
}

// offline is the scope of access while the user is away (OpenID Connect Core 1.0 §11).
const offline = "offline_access"

// noteworthy leaves out what every day brings, and what takes nothing and gives nothing.
func noteworthy(fact event.Fact) bool {
	switch f := fact.(type) {
	case event.SignInSucceeded:
		return f.NewDevice
	case event.EmailVerified:
		return !f.Primary
	case event.EmailRemoved:
		return f.Verified
	case event.APIKeyCreated:
		return f.User != ""
	case event.UserUpdated:
		return slices.Contains(f.Fields, "username")
	case event.ConsentGranted:
		return slices.Contains(f.Scopes, offline)
	}
	return true
}

// madeWithUser reports whether an identity came with its user, at a first sign-in: nobody had the account before.
func madeWithUser(e *event.Event) bool {
	_, linked := e.Fact.(event.IdentityLinked)
	return linked && e.Actor.Type == "connection"
}

// reportable reports whether a mail about a fact has a link for who says that it was not them.
// An app that used a token twice is not somebody who signed in; and a new primary address may be
// that of whoever changed it.
func reportable(fact event.Fact) bool {
	switch fact.(type) {
	case event.TokenReuseDetected, event.EmailPrimaryChanged:
		return false
	}
	return true
}

// Handle implements event.Subscriber. A mail that can never be sent is dropped;
// everything else is tried again by the queue.
func (n *Notifier) Handle(ctx context.Context, e event.Event) error {
	if made, is := e.Fact.(event.APIKeyCreated); is {
		e.Subject = made.User // the event is about the key
	}
	at := e.OccurredAt
	if _, moved := e.Fact.(event.EmailPrimaryChanged); moved {
		at = time.Time{} // the new address is told; of the old one knows OldAddress
	}
	to, err := n.Recipient(ctx, e.Subject, at)
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
	return send(ctx, n.Sender, m)
}

func (n *Notifier) compose(ctx context.Context, e *event.Event, to Recipient) (Message, error) {
	makeLink := n.NotMe
	if !reportable(e.Fact) {
		makeLink = nil
	}
	return notice(ctx, e, string(e.Type()), to, n.Place, makeLink)
}

// notice writes the mail of a kind about an event. makeLink makes the address by which the reader
// says that it was not them; nil: there is none.
func notice(ctx context.Context, e *event.Event, kind string, to Recipient, place Place, makeLink func(context.Context, *event.Event, string) (string, error)) (Message, error) {
	t, err := tenant.From(ctx)
	if err != nil {
		return Message{}, err
	}
	v := newView(t, to.Lang, kind)
	v.Name = line(to.Name, maxName)
	v.from(e, place)
	if gone, is := e.Fact.(event.UserDeletionScheduled); is {
		v.Date = v.day(gone.DeleteAt)
	}
	if given, is := e.Fact.(event.ConsentGranted); is {
		v.App, v.Host = line(given.ClientName, maxName), line(given.RedirectHost, maxName)
	}
	if makeLink != nil {
		if v.NotMe, err = makeLink(ctx, e, to.Email); err != nil {
			return Message{}, fmt.Errorf("make link: %w", err)
		}
	}
	return v.message(ctx, t, e, to.Email, "")
}
