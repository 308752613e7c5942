package identity

import "github.com/google/uuid"

// AMREmail is the authentication method reference of a code that was mailed. RFC 8176 has none for it.
// It shows that somebody reads a mailbox: no acr of the shipped ones is reached by it, and it is no
// second factor.
const AMREmail = "email"

// A MailSignIn is somebody on the way to sign in with a code of a mail. The browser keeps it sealed.
// It has the same length whether or not there is such a user.
type MailSignIn struct {
	MailedCode           // its Email is the address or user name as it was typed
	UserID     uuid.UUID `json:"u"` // random where there is no such user
	Mark       []byte    `json:"m"` // what the mark of the user was then, hashed
	Remember   bool      `json:"r,omitempty"`
}
