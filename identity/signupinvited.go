package identity

import "context"

// An Invited is an address that somebody else invited, and that who has the link of the mail reads.
type Invited struct {
	Email string // as the inviter typed it
	// Stands reports why the invitation is of no use, before anything is made. Accept uses it up for
	// the new user, in the transaction that makes the account.
	Stands func(context.Context) error
	Accept func(context.Context, *User) error
}

// FinishInvited makes the account of who was invited, also where nobody makes one for themselves:
// whoever has the link reads the mail of the address. Nobody is signed in by it, as by
// FinishByLink; the browser by its hash (nil for none) is known from then on. The errors of
// Finish, and of by.
func (s *SignUps) FinishInvited(ctx context.Context, by Invited, who Newcomer, device []byte) (User, error) {
	pending := SignUp{MailedCode: MailedCode{Email: by.Email}}
	in, err := s.finish(ctx, pending, who, nil, proof{
		stands: by.Stands,
		spend:  func(context.Context) error { return nil },
		then: func(ctx context.Context, u *User) error {
			if err := by.Accept(ctx, u); err != nil || device == nil {
				return err
			}
			made, err := s.Directory.Users.ByID(ctx, u.ID) // with its mark
			if err != nil {
				return err
			}
			return s.Starter.Devices.Sight(ctx, Sight(ctx, &made, device))
		},
	})
	return in.User, err
}
