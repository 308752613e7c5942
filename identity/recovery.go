package identity

import "github.com/google/uuid"

// A Recovery is somebody who cannot sign in, on the way to another password. The browser keeps
// it sealed. It has the same length whether or not there is such a user.
type Recovery struct {
	MailedCode           // its Email is the address or user name as it was typed
	UserID     uuid.UUID `json:"u"` // random where there is no such user
	Mark       []byte    `json:"m"` // what the mark of the user was then, hashed
}
