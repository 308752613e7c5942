package event

import "github.com/google/uuid"

var addressKinds = []kind{
	kindOf[EmailRequested](), kindOf[EmailAdded](), kindOf[EmailVerified](), kindOf[EmailPrimaryChanged](), kindOf[EmailRemoved](), kindOf[EmailsTakenBack](),
}

// EmailRequested records that a user wants to prove a mail address: there is a letter to send. It
// names the one-time token that has the letter.
type EmailRequested struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"` // base64url, without padding
}

// Type implements Fact.
func (EmailRequested) Type() Type { return "email.requested" }

// EndsNothing implements Harmless.
func (EmailRequested) EndsNothing() {}

// EmailAdded records that a user named another mail address, which is not proved yet.
type EmailAdded struct {
	EmailID uuid.UUID `json:"email_id"`
}

// Type implements Fact.
func (EmailAdded) Type() Type { return "user.email_added" }

// EndsNothing implements Harmless.
func (EmailAdded) EndsNothing() {}

// EmailVerified records that a mail address is the user's: they can sign in with it.
type EmailVerified struct {
	EmailID uuid.UUID `json:"email_id"`
	Primary bool      `json:"primary"` // it was the primary one before
}

// Type implements Fact.
func (EmailVerified) Type() Type { return "user.email_verified" }

// EndsNothing implements Harmless.
func (EmailVerified) EndsNothing() {}

// EmailPrimaryChanged records that another address of the user is the primary one.
type EmailPrimaryChanged struct {
	ChangeID uuid.UUID `json:"change_id"`
	EmailID  uuid.UUID `json:"email_id"` // what the new one was among the others
}

// Type implements Fact.
func (EmailPrimaryChanged) Type() Type { return "user.primary_email_changed" }

// EndsNothing implements Harmless.
func (EmailPrimaryChanged) EndsNothing() {}

// EmailRemoved records that a mail address is not the user's any more.
type EmailRemoved struct {
	EmailID  uuid.UUID `json:"email_id"`
	Verified bool      `json:"verified"`
}

// Type implements Fact.
func (EmailRemoved) Type() Type { return "user.email_removed" }

// EndsNothing implements Harmless.
func (EmailRemoved) EndsNothing() {}

// EmailsTakenBack records that whoever reads a mail of the user said of a change of addresses
// "This wasn't me": they are what they were before.
type EmailsTakenBack struct {
	Removed int  `json:"removed"` // how many addresses
	Primary bool `json:"primary"` // whether the primary one is another by it
}

// Type implements Fact.
func (EmailsTakenBack) Type() Type { return "user.emails_taken_back" }

// EndsNothing implements Harmless.
func (EmailsTakenBack) EndsNothing() {}
