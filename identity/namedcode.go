package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// A NamedCode is a code that was mailed to the user whose address or user name somebody typed. The browser that asked
// for it keeps it, sealed. It has the same length whether or not there is such a user.
type NamedCode struct {
	MailedCode           // its Email is the address or user name as it was typed
	UserID     uuid.UUID `json:"u"` // random where there is no such user
	Mark       []byte    `json:"m"` // what the mark of the user was then, hashed: see MailMark
}

// PostToNamed mails letter with a new code to the user whose name was typed, if there is one who may sign in and has
// an address, in the user's language where they have one. For another name it runs the same statements, with a letter
// that nobody gets: neither the answer nor its time tells whether there is such a user.
func (s *MailedCodes) PostToNamed(ctx context.Context, users Users, u *CodeUse, typed string, letter Letter) (NamedCode, error) {
	canonical := Lookup(ctx, typed)
	held, err := users.Credential(ctx, canonical, nil)
	if err != nil && !errors.Is(err, ErrUserNotFound) {
		return NamedCode{}, fmt.Errorf("find user: %w", err)
	}
	made := NamedCode{MailedCode: NewMailedCode(typed, letter.Lang), UserID: uuid.New()}
	letter.Code, letter.To = NewCode(), ""
	subject := ""
	if user := &held.User; err == nil && user.Active() && user.Email != "" {
		made.UserID, subject, letter.To = user.ID, user.PublicID(), Mailbox(user, typed, canonical)
		letter.Lang = cmp.Or(user.Profile.Locale, letter.Lang)
	}
	held.User.ID = made.UserID
	made.Mark = MailMark(&held.User)
	return made, s.Post(ctx, u, &made.MailedCode, letter.Code, subject, letter)
}
