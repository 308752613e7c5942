package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/mail"
	"plinto/event/webhook"
	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/identity/mailsignin"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// signUp reports whether people may make accounts for themselves in a tenant. It
// takes a mail to show that an address is theirs.
func (p *parts) signUp(t *tenant.Tenant) bool { return p.cfg.Mail != nil && t.Settings.SignUp.Enabled }

// reaches reports whether mail to an address of that form can be sent.
func (p *parts) reaches(ctx context.Context, email string) bool {
	r, ok := p.cfg.Mail.(mail.Reacher)
	return !ok || r.Reaches(ctx, email)
}

// mail registers the subscribers that send mails.
func (p *parts) mail() {
	if p.cfg.Mail == nil {
		return
	}
	p.cfg.Store.Handle(&mail.Notifier{Sender: p.cfg.Mail, Recipient: p.recipientAt, NotMe: p.notMe, Place: p.cfg.Place})
	p.cfg.Store.Handle(&mail.OldAddress{Sender: p.cfg.Mail, Recipient: p.oldAddress, NotMe: p.notMe, Place: p.cfg.Place})
	for n := range tenant.MaxContacts {
		p.cfg.Store.Handle(&mail.Contact{Nth: n, Sender: p.cfg.Mail, Endpoint: p.disabledEndpoint, Connection: p.expiring, Credential: p.ending, Lang: p.languageOf})
	}
	for n := range mail.MaxManagers {
		p.cfg.Store.Handle(&mail.Manager{Nth: n, Sender: p.cfg.Mail, Recipient: p.manager})
	}
	p.cfg.Store.Handle(&mail.KeyOwner{Sender: p.cfg.Mail, Recipient: p.recipient, Key: p.endingKey})
	p.cfg.Store.Handle(&mail.Letters{Sender: p.cfg.Mail, Letter: letterOf(p.mailed), Invitation: p.invitation, Place: p.cfg.Place})
}

// recipient finds whom an event's subject is.
func (p *parts) recipient(ctx context.Context, subject string) (mail.Recipient, error) {
	id, err := tid.Parse(identity.UserPrefix, subject)
	if err != nil {
		return mail.Recipient{}, nil //nolint:nilerr // an event about something else has nobody to tell
	}
	user, err := p.cfg.Store.Users.ByID(ctx, id)
	if errors.Is(err, identity.ErrUserNotFound) {
		return mail.Recipient{}, nil
	}
	return mail.Recipient{Email: user.Email, Name: user.Profile.Name, Lang: user.Profile.Locale}, err
}

// recipientAt is recipient with the address that was the primary one at a time; zero: that of today.
func (p *parts) recipientAt(ctx context.Context, subject string, at time.Time) (mail.Recipient, error) {
	to, err := p.recipient(ctx, subject)
	if err != nil || to.Email == "" || at.IsZero() {
		return to, err
	}
	id, err := tid.Parse(identity.UserPrefix, subject)
	if err != nil {
		return mail.Recipient{}, fmt.Errorf("read subject of mail: %w", err)
	}
	old, err := p.cfg.Store.Emails.PrimaryAt(ctx, id, at)
	to.Email = cmp.Or(old, to.Email)
	return to, err
}

// oldAddress finds whom to tell at the address that was the primary one of an event's subject.
func (p *parts) oldAddress(ctx context.Context, subject string, change uuid.UUID) (mail.Recipient, bool, error) {
	to, err := p.recipient(ctx, subject)
	if err != nil {
		return mail.Recipient{}, false, err
	}
	id, err := tid.Parse(identity.UserPrefix, subject)
	if err != nil {
		return mail.Recipient{}, false, fmt.Errorf("read subject of mail: %w", err)
	}
	changed, err := p.cfg.Store.Emails.Changed(ctx, id, change)
	if errors.Is(err, addresses.ErrUnknown) {
		return mail.Recipient{}, false, nil
	}
	to.Email = changed.Address
	return to, changed.Revocable, err
}

// manager finds the nth of those who manage the domains of the organization that an event's subject is, and how that is called.
func (p *parts) manager(ctx context.Context, subject string, nth int) (to mail.Recipient, name string, err error) {
	id, err := tid.Parse(organization.Prefix, subject)
	if err != nil {
		return to, "", nil //nolint:nilerr // an event about something else has nobody to tell
	}
	o, err := p.cfg.Store.Organizations.ByID(ctx, id)
	if errors.Is(err, organization.ErrNotFound) {
		return to, "", nil
	}
	if err != nil {
		return to, "", err
	}
	keys, err := p.roles.Giving(ctx, organization.DomainsWrite)
	if err != nil {
		return to, "", err
	}
	user, err := p.cfg.Store.Domains.Manager(ctx, id, keys, nth)
	if err != nil || user == uuid.Nil {
		return to, "", err
	}
	to, err = p.recipient(ctx, (&identity.User{ID: user}).PublicID())
	return to, o.Name, err
}

// notMe makes the link of a mail to an address of a user by which the reader says that it was not them.
func (p *parts) notMe(ctx context.Context, e *event.Event, to string) (string, error) {
	id, err := tid.Parse(identity.UserPrefix, e.Subject)
	if err != nil {
		return "", fmt.Errorf("read subject of mail: %w", err)
	}
	token, err := p.reports.Issue(ctx, id, e, to)
	return tenant.Must(ctx).URL(paths.NotMe + "?token=" + token), err
}

// linkPaths are the pages to which the links of letters lead.
var linkPaths = map[string]string{identity.LetterCode: paths.SignUpLink, mailsignin.Letter: paths.LoginEmailLink, addresses.LetterCode: paths.ConfirmEmail}

// letterOf finds the mail with a code; none when the code is of no use any more.
func letterOf(mailed *identity.MailedCodes) func(ctx context.Context, purpose, hash string) (mail.Letter, error) {
	return func(ctx context.Context, purpose, hash string) (mail.Letter, error) {
		letter, err := mailed.Letter(ctx, purpose, hash)
		if errors.Is(err, identity.ErrLinkUnknown) {
			return mail.Letter{}, nil
		}
		made := mail.Letter{Kind: letter.Kind, To: letter.To, Code: letter.Code, Lang: letter.Lang}
		if path := linkPaths[letter.Kind]; path != "" && letter.Link != "" {
			made.Link = tenant.Must(ctx).URL(path + "?token=" + letter.Link)
		}
		return made, err
	}
}

// invitation finds the mail of an invitation; none when it is of no use any more.
func (p *parts) invitation(ctx context.Context, id, hash string) (mail.Letter, error) {
	letter, err := p.invitations.Letter(ctx, id, hash)
	if errors.Is(err, identity.ErrLinkUnknown) {
		return mail.Letter{}, nil
	}
	t, in := tenant.Must(ctx), &letter.Organization
	look := in.Branding.Within(t.Settings.Branding)
	made := mail.Letter{
		Kind: mail.InvitationLetter, To: letter.To, Lang: letter.Lang, Organization: in.Name, Inviter: letter.Inviter, Branding: &look,
		Link: t.URL(paths.Invitation + "?token=" + letter.Link),
	}
	if in.Branding.Logo != "" {
		made.Logo = t.URL(paths.BrandOrganization + in.ID.String() + ".png")
	}
	return made, err
}

// disabledEndpoint finds the webhook endpoint that an event's subject is; none when it is
// gone, or enabled again.
func (p *parts) disabledEndpoint(ctx context.Context, subject string) (mail.Endpoint, error) {
	id, err := tid.Parse(webhook.EndpointPrefix, subject)
	if err != nil {
		return mail.Endpoint{}, nil //nolint:nilerr // an event about something else has nobody to tell
	}
	e, err := p.webhooks.ByID(ctx, id)
	if errors.Is(err, webhook.ErrNotFound) || err == nil && e.DisabledAt.IsZero() {
		return mail.Endpoint{}, nil
	}
	if err != nil {
		return mail.Endpoint{}, err
	}
	address, err := url.Parse(e.URL)
	if err != nil {
		return mail.Endpoint{}, fmt.Errorf("read address of webhook endpoint: %w", err)
	}
	return mail.Endpoint{ID: e.PublicID(), Description: e.Description, Host: address.Host}, nil
}

// languageOf returns the language of the user who has an address, "" when there is none.
func (p *parts) languageOf(ctx context.Context, email string) (string, error) {
	held, err := p.cfg.Store.Users.Credential(ctx, email, nil)
	if errors.Is(err, identity.ErrUserNotFound) {
		return "", nil
	}
	return held.User.Profile.Locale, err
}
