package mail

import (
	"context"
	"fmt"
	"slices"

	"plinto/event"
	"plinto/tenant"
)

// A Letter is a mail to an address that may belong to nobody yet.
type Letter struct {
	Kind string // names the wording
	To   string // "" when there is nothing to send any more
	Code string
	Link string // an address that does the same as the code, or ""
	Lang string // BCP 47 tag of the reader's language, or ""
	// Organization and Inviter are the names that an invitation has; "" of other letters.
	Organization, Inviter string
	// Branding is what it looks like where that is not the tenant's look, or nil; Logo is the address of a logo
	// of the organization's, or "".
	Branding *tenant.Branding
	Logo     string
}

// Letters sends the letters of sign-ups, recoveries, addresses that are added, sign-ins in new
// browsers and invitations. It implements event.Subscriber.
type Letters struct {
	Sender Sender
	// Letter returns the letter that was requested, by the purpose and the hash of its code:
	// events never hold one.
	Letter func(ctx context.Context, purpose, hash string) (Letter, error)
	// Place says where the mails say that a request came from.
	Place Place
	// Invitation returns the letter of an invitation, by its public id and the hash of its token.
	Invitation func(ctx context.Context, invitation, hash string) (Letter, error)
}

// InvitationLetter is the kind of letters that invite to an organization.
const InvitationLetter = "organization.invitation"

// letters are the kinds of letters.
var letters = []string{"sign_up.code", "sign_up.account", "sign_in.code", "recovery.code", "email.code", "email.taken", "device.code", InvitationLetter}

// Subscription implements event.Subscriber.
func (*Letters) Subscription() event.Subscription {
	return event.Subscription{
		Name: "mail.letters", Origin: true,
		Types: []event.Fact{event.SignUpRequested{}, event.SignInCodeRequested{}, event.RecoveryRequested{}, event.EmailRequested{}, event.DeviceCodeRequested{}, event.InvitationRequested{}},
	}
}

// Handle implements event.Subscriber. A letter that can never be sent is dropped;
// everything else is tried again by the queue.
func (l *Letters) Handle(ctx context.Context, e event.Event) error {
	letter, err := l.requested(ctx, e.Fact)
	if err != nil {
		return fmt.Errorf("find letter: %w", err)
	}
	if letter.To == "" {
		return nil
	}
	if !slices.Contains(letters, letter.Kind) {
		return fmt.Errorf("letter of unknown kind %q", letter.Kind)
	}
	t, err := tenant.From(ctx)
	if err != nil {
		return err
	}
	v := newView(t, letter.Lang, letter.Kind)
	v.Link = letter.Link
	if letter.Branding != nil {
		v.look = lookOf(*letter.Branding)
	}
	if letter.Logo != "" {
		v.Logo, v.LogoOf = letter.Logo, line(letter.Organization, maxName)
	}
	if v.Organization, v.Inviter = line(letter.Organization, maxName), line(letter.Inviter, maxName); letter.Kind != InvitationLetter {
		// Where an inviter sat is none of the reader's business.
		v.Code = spaced(letter.Code)
		v.from(&e, l.Place)
	}
	return v.post(ctx, l.Sender, t, &e, letter.To, "")
}

// requested returns the letter that a fact asks for.
func (l *Letters) requested(ctx context.Context, fact event.Fact) (Letter, error) {
	switch r := fact.(type) {
	case event.SignUpRequested:
		return l.Letter(ctx, r.Purpose, r.Hash)
	case event.SignInCodeRequested:
		return l.Letter(ctx, r.Purpose, r.Hash)
	case event.RecoveryRequested:
		return l.Letter(ctx, r.Purpose, r.Hash)
	case event.EmailRequested:
		return l.Letter(ctx, r.Purpose, r.Hash)
	case event.DeviceCodeRequested:
		return l.Letter(ctx, r.Purpose, r.Hash)
	case event.InvitationRequested:
		return l.Invitation(ctx, r.Invitation, r.Hash)
	}
	return Letter{}, nil // not subscribed to
}

// spaced writes a code as people read it: "1234 5678".
func spaced(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + " " + code[4:]
}
