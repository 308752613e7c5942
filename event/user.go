package event

import (
	"time"

	"github.com/google/uuid"
)

var userKinds = []kind{
	kindOf[UserCreated](), kindOf[UserUpdated](), kindOf[UserDisabled](), kindOf[UserEnabled](), kindOf[UserDeleted](),
	kindOf[UserSignedOut](), kindOf[PasswordChanged](), kindOf[PasswordRequired](), kindOf[PasswordBreached](),
	kindOf[PasswordTaken](), kindOf[PasswordRemoved](), kindOf[UserDeletionScheduled](), kindOf[UserDeletionCancelled](),
}

// UserCreated records a new user.
type UserCreated struct{}

// Type implements Fact.
func (UserCreated) Type() Type { return "user.created" }

// EndsNothing implements Harmless.
func (UserCreated) EndsNothing() {}

// UserUpdated records which members of a user changed.
type UserUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (UserUpdated) Type() Type { return "user.updated" }

// UserDisabled records that a user is kept out; everything of theirs is over.
type UserDisabled struct {
	Sessions int `json:"sessions"` // how many ended
}

// Type implements Fact.
func (UserDisabled) Type() Type { return "user.disabled" }

// UserEnabled records that a user is let in again.
type UserEnabled struct {
	Sessions int `json:"sessions"` // how many ended: what there was before stays dead
}

// Type implements Fact.
func (UserEnabled) Type() Type { return "user.enabled" }

// UserDeleted records that a user is gone, with everything of theirs.
type UserDeleted struct {
	Sessions int `json:"sessions"` // how many ended
}

// Type implements Fact.
func (UserDeleted) Type() Type { return "user.deleted" }

// UserDeletionScheduled records that an account is going to be deleted; what there was is over.
type UserDeletionScheduled struct {
	DeleteAt time.Time `json:"delete_at"`
	Sessions int       `json:"sessions"` // how many ended
}

// Type implements Fact.
func (UserDeletionScheduled) Type() Type { return "user.deletion_scheduled" }

// UserDeletionCancelled records that the account is kept.
type UserDeletionCancelled struct{}

// Type implements Fact.
func (UserDeletionCancelled) Type() Type { return "user.deletion_cancelled" }

// EndsNothing implements Harmless.
func (UserDeletionCancelled) EndsNothing() {}

// UserSignedOut records that a user was signed out everywhere; a browser's own sign-out is
// session.ended.
type UserSignedOut struct {
	Sessions int `json:"sessions"` // how many ended
}

// Type implements Fact.
func (UserSignedOut) Type() Type { return "user.signed_out" }

// PasswordChanged records that a user has another password; what there was before is over.
type PasswordChanged struct {
	Sessions int `json:"sessions"` // how many ended
}

// Type implements Fact.
func (PasswordChanged) Type() Type { return "password.changed" }

// PasswordRequired records that a user has to set another password.
type PasswordRequired struct{}

// Type implements Fact.
func (PasswordRequired) Type() Type { return "password.required" }

// EndsNothing implements Harmless.
func (PasswordRequired) EndsNothing() {}

// PasswordBreached records that a user signed in with a password that has leaked.
type PasswordBreached struct {
	Policy string `json:"policy"` // what becomes of it: flag, step_up or change
}

// Type implements Fact.
func (PasswordBreached) Type() Type { return "password.breached" }

// EndsNothing implements Harmless.
func (PasswordBreached) EndsNothing() {}

// PasswordTaken records that whoever reads the mails of a user said of one "This wasn't me": what
// there was is over, and the user has no password until they set another one.
type PasswordTaken struct {
	About    uuid.UUID `json:"about"`    // id of the event that the mail was about
	Sessions int       `json:"sessions"` // how many ended
}

// Type implements Fact.
func (PasswordTaken) Type() Type { return "password.taken" }

// PasswordRemoved records that a user signs in without a password from now on; what there was
// before is over.
type PasswordRemoved struct {
	Sessions int `json:"sessions"` // how many ended
}

// Type implements Fact.
func (PasswordRemoved) Type() Type { return "password.removed" }
