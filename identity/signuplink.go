package identity

import (
	"context"
	"errors"
	"fmt"
)

// SignUpLinkWellFormed reports whether text may be the token of a link: whether it is worth keeping.
func SignUpLinkWellFormed(text string) bool { return forSignUp.LinkWellFormed(text) }

// A SignUpLink is what the link of a mail does.
type SignUpLink struct {
	Email string // as it was typed
	Flow  string // names the flow in which the mail was asked for
	Lang  string // BCP 47 tag
	Taken bool   // the address has an account already

	linked LinkedCode
}

// Link returns what a link does. It changes nothing. ErrLinkUnknown.
func (s *SignUps) Link(ctx context.Context, token string) (SignUpLink, error) {
	linked, stands, err := s.Mailed.Linked(ctx, forSignUp, token)
	if err != nil {
		return SignUpLink{}, err
	}
	link := SignUpLink{Email: linked.Email, Flow: linked.Ref, Lang: linked.Lang, linked: linked}
	// Whoever has the link reads the mail of the address, and may be told.
	switch err := s.free(ctx, linked.Email); {
	case errors.Is(err, ErrEmailTaken):
		link.Taken = true
		return link, nil
	case err != nil:
		return SignUpLink{}, err
	case !stands:
		return SignUpLink{}, ErrLinkUnknown
	}
	return link, nil
}

// FinishByLink makes the account of a link. What the browser in which the sign-up began knows or
// typed is no part of it: whoever has the link says who they are and chooses the password. in is
// for the session, where the sign-up began in the browser that has the link; nil: nobody is signed
// in. The link is spent only with all of that done. The errors of Link and Finish; ErrEmailTaken
// for all but one of those who use a link at once.
func (s *SignUps) FinishByLink(ctx context.Context, token string, who Newcomer, in *Browser) (SignedIn, error) {
	link, err := s.Link(ctx, token)
	if err != nil {
		return SignedIn{}, err
	}
	if link.Taken {
		return SignedIn{}, ErrEmailTaken
	}
	code := &link.linked.MailedCode
	return s.finish(ctx, SignUp{MailedCode: *code}, who, in, proof{
		stands: func(ctx context.Context) error {
			stands, err := s.Mailed.stands(ctx, forSignUp, code)
			if err == nil && !stands {
				err = ErrLinkUnknown
			}
			if err != nil {
				return fmt.Errorf("look at link: %w", err)
			}
			return nil
		},
		spend: func(ctx context.Context) error { return s.Mailed.SpendLinked(ctx, forSignUp, code) },
	})
}
