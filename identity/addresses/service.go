package addresses

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// Errors of addresses that cannot be added.
var (
	ErrDomain = fault.New(fault.Invalid, "email_domain", "Email addresses of this domain cannot be used here.")
	ErrReach  = fault.New(fault.Invalid, "email_unreachable", "Mail cannot be sent to this address.")
)

// Letters to an address that is added.
const (
	LetterCode  = "email.code"  // the code and the link that prove it
	LetterTaken = "email.taken" // another account has it
)

// The limits of mails. Eight digits, five tries a mail and four mails an hour to one address leave who guesses one chance in
// two hundred thousand a day.
var (
	limitNetwork = identity.Limit{Name: "email-address", Count: 20, Period: time.Hour, Burst: 10}
	limitMailbox = identity.Limit{Name: "email-mail", Count: 4, Period: time.Hour, Burst: 3}
	limitUser    = identity.Limit{Name: "email-user", Count: 10, Period: time.Hour, Burst: 5}
)

var use = &identity.CodeUse{
	Purpose: "email:", Verified: "email-verified:", Context: "one-time/email", Wrong: ErrCode, Life: ProofLife, Link: "plem_", Signed: true,
	Fact: func(purpose, hash string) event.Fact { return event.EmailRequested{Purpose: purpose, Hash: hash} },
}

// A Service changes the addresses of users, for pages, the command line and APIs.
type Service struct {
	Store   Store
	Users   identity.Users
	Mailed  *identity.MailedCodes
	Limiter identity.Limiter
	Outbox  event.Outbox
	Tx      identity.Transactor
	// Reaches reports whether mail can be sent to an address of that form at all; nil: to every one.
	Reaches func(ctx context.Context, email string) bool

	key [32]byte // keys the hashes of codes, and the counters of addresses
}

// New returns s with the key that it derives from the root key.
func New(root secret.Root, s Service) *Service {
	s.key = root.Subkey("plinto/email/v1")
	return &s
}

// List returns the addresses of a user, the primary one first, then the others, oldest first.
func (s *Service) List(ctx context.Context, user *identity.User) ([]Email, error) {
	others, err := s.Store.Of(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	var all []Email
	if user.Email != "" {
		all = append(all, Email{Address: user.Email, Primary: true, Verified: user.EmailVerified})
	}
	return append(all, others...), nil
}

// Add sends a mail to an address, in the user's language or in that of the tag lang, and keeps the
// address until it is proved; again for one that is kept already. The primary address can be
// added too, to prove it. An address that somebody else has gets another mail, and nothing else
// tells. address is the client's. identity.ErrEmail, ErrDomain, ErrHeld, ErrTooMany, ErrReach,
// ErrThrottle (with RetryAfter).
func (s *Service) Add(ctx context.Context, user *identity.User, typed, lang, address string) (Email, error) {
	typed, canonical, err := s.clean(ctx, user, typed)
	if err != nil {
		return Email{}, err
	}
	if err := s.throttle(ctx, user, canonical, address); err != nil {
		return Email{}, err
	}
	if s.Reaches != nil && !s.Reaches(ctx, typed) {
		return Email{}, ErrReach
	}
	if user.Profile.Locale != "" {
		lang = user.Profile.Locale
	}
	letter := identity.Letter{Kind: LetterCode, To: typed, Code: identity.NewCode(), Lang: lang}
	hidden := letter.Code
	switch held, err := s.Users.Credential(ctx, canonical, nil); {
	case err == nil && held.User.ID != user.ID:
		// The same statements, for a code that nobody will ever see.
		letter.Kind, letter.Code, letter.Lang = LetterTaken, "", cmp.Or(held.User.Profile.Locale, lang)
	case err != nil && !errors.Is(err, identity.ErrUserNotFound):
		return Email{}, fmt.Errorf("find user: %w", err)
	}
	var kept Email
	err = s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if kept, err = s.keep(ctx, by(user), user, typed); err != nil {
			return err
		}
		m := s.mailed(ctx, &kept)
		m.Lang, letter.Ref = lang, user.ID.String()+" "+kept.ID.String()
		return s.Mailed.Post(ctx, use, &m, hidden, user.PublicID(), letter)
	})
	return kept, named("add address", err)
}

// clean returns an address as it is kept and looked up, or why it cannot be added by its user.
func (s *Service) clean(ctx context.Context, user *identity.User, typed string) (email, canonical string, err error) {
	email = identity.Typed(typed)
	if identity.CheckEmail(email) != nil {
		return "", "", identity.ErrEmail
	}
	if canonical, err = identity.Canonical(email); err != nil {
		return "", "", identity.ErrEmail
	}
	if _, domain, _ := strings.Cut(canonical, "@"); !tenant.Must(ctx).Settings.SignUp.Takes(domain) {
		return "", "", ErrDomain
	}
	if isPrimary(user, canonical) {
		return "", "", ErrHeld
	}
	return email, canonical, nil
}

// isPrimary reports whether an address is the primary one, and proved.
func isPrimary(user *identity.User, canonical string) bool {
	primary, err := identity.Canonical(user.Email)
	return err == nil && primary == canonical && user.EmailVerified
}

func (s *Service) throttle(ctx context.Context, user *identity.User, canonical, address string) error {
	mailbox := fmt.Sprintf("%x", secret.MAC(s.key, "mailbox", canonical)[:16])
	buckets := append(limitNetwork.Networks(address, ""), limitMailbox.Of(mailbox), limitUser.Of(user.ID.String()))
	if wait := s.Limiter.Take(ctx, buckets...); wait > 0 {
		return ErrThrottle.After(wait)
	}
	return nil
}

// keep stores an address that is not proved.
func (s *Service) keep(ctx context.Context, actor event.Actor, user *identity.User, typed string) (Email, error) {
	id := uuid.Must(uuid.NewV7())
	kept, err := s.Store.Add(ctx, user.ID, Email{ID: id, Address: typed}, Max-1)
	if err != nil || kept.ID != id {
		return kept, err
	}
	return kept, s.tell(ctx, actor, user, event.EmailAdded{EmailID: id})
}

// mailed is the code that was mailed last to an address. Its salt is no secret of a browser, as
// it is in a sign-up: every browser of the user can prove the address. It comes from a key, so that
// who reads the database cannot try all codes.
func (s *Service) mailed(ctx context.Context, e *Email) identity.MailedCode {
	salt := secret.MAC(s.key, "salt", tenant.Must(ctx).ID.String(), e.ID.String(), strconv.FormatInt(e.SentAt.UnixMicro(), 10))
	return identity.MailedCode{Email: e.Address, Salt: salt[:16]}
}

// Provide gives a user an address that is known to be theirs, without a mail. identity.ErrEmail,
// ErrHeld, ErrTooMany, identity.ErrEmailTaken.
func (s *Service) Provide(ctx context.Context, actor event.Actor, user *identity.User, typed string) (kept Email, err error) {
	typed = identity.Typed(typed)
	canonical, err := identity.Canonical(typed)
	switch {
	case err != nil || identity.CheckEmail(typed) != nil:
		return kept, identity.ErrEmail
	case isPrimary(user, canonical):
		return kept, ErrHeld
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if kept, err = s.keep(ctx, actor, user, typed); err != nil {
			return err
		}
		return s.settle(ctx, actor, user, kept.ID)
	})
	kept.Verified = err == nil
	return kept, named("add address", err)
}

// MakePrimary makes a proved address the primary one. What users change themselves the mailbox of
// the old address can take back; operators are sure of what they do. ErrUnknown, ErrUnproved.
func (s *Service) MakePrimary(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	if e, err := s.find(ctx, user, id); err != nil {
		return err
	} else if !e.Verified {
		return ErrUnproved
	}
	change := Change{ID: uuid.Must(uuid.NewV7()), Revocable: actor == by(user)}
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if change, err = s.Store.Promote(ctx, user.ID, id, change, ChangeLife); err != nil {
			return err
		}
		return s.tell(ctx, actor, user, event.EmailPrimaryChanged{ChangeID: change.ID, EmailID: id}, event.UserUpdated{Fields: []string{"email"}})
	})
	return named("change primary address", err)
}

// Remove takes an address away: nobody signs in or recovers with it any more. ErrPrimary for the
// primary one, which has no id; ErrUnknown.
func (s *Service) Remove(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	if id == uuid.Nil {
		return ErrPrimary
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		proved, err := s.Store.Remove(ctx, user.ID, id)
		if err != nil {
			return err
		}
		return s.tell(ctx, actor, user, event.EmailRemoved{EmailID: id, Verified: proved})
	})
	return named("remove address", err)
}

// TakeBack puts the addresses of a user back to what they were before what a mail is about. It
// needs a transaction. It returns TakenBack.Since.
func (s *Service) TakeBack(ctx context.Context, actor event.Actor, user *identity.User, cause Cause) (since time.Time, err error) {
	back, err := s.Store.TakeBack(ctx, user.ID, cause)
	if err != nil || back.Removed == 0 && !back.Primary {
		return back.Since, named("take addresses back", err)
	}
	facts := []event.Fact{event.EmailsTakenBack{Removed: back.Removed, Primary: back.Primary}}
	if back.Primary {
		facts = append(facts, event.UserUpdated{Fields: []string{"email"}})
	}
	return back.Since, s.tell(ctx, actor, user, facts...)
}

// find returns one of the addresses of a user but the primary one. ErrUnknown.
func (s *Service) find(ctx context.Context, user *identity.User, id uuid.UUID) (Email, error) {
	others, err := s.Store.Of(ctx, user.ID)
	if err != nil {
		return Email{}, fmt.Errorf("find address: %w", err)
	}
	for _, e := range others {
		if e.ID == id {
			return e, nil
		}
	}
	return Email{}, ErrUnknown
}

func (s *Service) tell(ctx context.Context, actor event.Actor, user *identity.User, facts ...event.Fact) error {
	events := make([]event.Event, len(facts))
	for i, f := range facts {
		events[i] = event.Event{Fact: f, Outcome: "success", Actor: actor, Subject: user.PublicID()}
	}
	return s.Outbox.Append(ctx, events...)
}

func by(user *identity.User) event.Actor { return event.Actor{Type: "user", ID: user.PublicID()} }

// named says what failed; errors that callers are to tell apart stay as they are.
func named(what string, err error) error {
	if err != nil && fault.KindOf(err) == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	return err
}
