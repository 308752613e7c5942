package addresses

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
)

// Prove makes an address the user's by the code of a mail. A form that is posted twice succeeds
// twice. ErrUnknown; ErrCode, also after too many wrong ones; identity.ErrEmailTaken when somebody
// else proved it first: the address is not kept then.
func (s *Service) Prove(ctx context.Context, user *identity.User, id uuid.UUID, code string) error {
	e, err := s.find(ctx, user, id)
	if err != nil || e.Verified {
		return err
	}
	m, err := s.Mailed.Verify(ctx, use, s.mailed(ctx, &e), code)
	if err != nil {
		return named("prove address", err)
	}
	err = s.prove(ctx, user, id, func(ctx context.Context) error { return s.Mailed.Spend(ctx, use, &m) })
	if errors.Is(err, identity.ErrLinkUnknown) {
		return ErrCode
	}
	return err
}

// LinkWellFormed reports whether text may be the token of a link: whether it is worth keeping.
func LinkWellFormed(text string) bool { return use.LinkWellFormed(text) }

// A LinkFor is what a link does.
type LinkFor struct {
	User  identity.User
	Email string // as typed
	Done  bool   // it is done: the address is the user's

	id     uuid.UUID
	linked identity.LinkedCode
}

// For returns what a link does. It changes nothing. identity.ErrLinkUnknown.
func (s *Service) For(ctx context.Context, token string) (f LinkFor, err error) {
	linked, stands, err := s.Mailed.Linked(ctx, use, token)
	if err != nil {
		return f, named("read link", err)
	}
	first, second, _ := strings.Cut(linked.Ref, " ")
	owner, errUser := uuid.Parse(first)
	id, errEmail := uuid.Parse(second)
	if err := errors.Join(errUser, errEmail); err != nil {
		return f, fmt.Errorf("read link: %w", err)
	}
	f = LinkFor{Email: linked.Email, id: id, linked: linked}
	f.User, err = s.Users.ByID(ctx, owner)
	if errors.Is(err, identity.ErrUserNotFound) || err == nil && !f.User.Active() {
		return LinkFor{}, identity.ErrLinkUnknown
	}
	if err != nil {
		return LinkFor{}, fmt.Errorf("find user: %w", err)
	}
	return f, s.judge(ctx, &f, stands)
}

// judge notes whether a link did what it is for. identity.ErrLinkUnknown when it can do nothing: its
// code was spent and the address is not the user's, or the user removed the address.
func (s *Service) judge(ctx context.Context, f *LinkFor, stands bool) (err error) {
	if f.Done, err = s.has(ctx, &f.User, f.Email); err != nil || f.Done {
		return err
	}
	_, err = s.find(ctx, &f.User, f.id)
	if errors.Is(err, ErrUnknown) || err == nil && !stands {
		return identity.ErrLinkUnknown
	}
	return err
}

// has reports whether an address is the user's and proved.
func (s *Service) has(ctx context.Context, user *identity.User, email string) (bool, error) {
	held, err := s.Users.Credential(ctx, email, nil)
	switch {
	case errors.Is(err, identity.ErrUserNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find user: %w", err)
	}
	if held.User.ID != user.ID {
		return false, nil
	}
	return held.User.EmailVerified || !Same(email, held.User.Email), nil
}

// Same reports whether two texts are one address.
func Same(a, b string) bool {
	one, errOne := identity.Canonical(a)
	other, errOther := identity.Canonical(b)
	return errOne == nil && errOther == nil && one == other
}

// ProveByLink makes an address the user's by the link of a mail. user is who is signed in to the
// browser that has the link, or nil: whoever reads a mail that they did not ask for must not give
// their address to somebody else's account by a click. ErrOther, identity.ErrLinkUnknown,
// identity.ErrEmailTaken.
func (s *Service) ProveByLink(ctx context.Context, user *identity.User, token string) error {
	f, err := s.For(ctx, token)
	switch {
	case err != nil:
		return err
	case user == nil || user.ID != f.User.ID:
		return ErrOther
	case f.Done:
		return nil
	}
	return s.prove(ctx, &f.User, f.id, func(ctx context.Context) error { return s.Mailed.SpendLinked(ctx, use, &f.linked.MailedCode) })
}

// prove spends a code and makes the address the user's: all or nothing. identity.ErrLinkUnknown
// when the code was spent for anything else.
func (s *Service) prove(ctx context.Context, user *identity.User, id uuid.UUID, spend func(context.Context) error) error {
	actor := by(user)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := spend(ctx); err != nil {
			return err
		}
		return s.settle(ctx, actor, user, id)
	})
	switch {
	case errors.Is(err, identity.ErrEmailTaken):
		// Who proved it may know. It is of no use to this user any more.
		if err := s.Remove(ctx, actor, user, id); err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		return identity.ErrEmailTaken
	case errors.Is(err, identity.ErrLinkUnknown), errors.Is(err, ErrUnknown):
		// The same form, posted twice at once.
		if e, found := s.find(ctx, user, id); found == nil && e.Verified {
			return nil
		}
		return identity.ErrLinkUnknown
	}
	return named("prove address", err)
}

// settle makes a kept address the user's. It needs a transaction.
func (s *Service) settle(ctx context.Context, actor event.Actor, user *identity.User, id uuid.UUID) error {
	primary, err := s.Store.Verify(ctx, user.ID, id)
	if err != nil {
		return err
	}
	facts := []event.Fact{event.EmailVerified{EmailID: id, Primary: primary}}
	if primary {
		facts = append(facts, event.UserUpdated{Fields: []string{"email_verified"}})
	}
	return s.tell(ctx, actor, user, facts...)
}
