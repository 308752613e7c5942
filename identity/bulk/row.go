package bulk

import (
	"encoding/json"
	"fmt"
	"time"

	"plinto/identity"
	"plinto/internal/fault"
)

// A Row is one line of a file of users. What is absent stays as it is at a user who is there.
type Row struct {
	ID            string            `json:"id,omitempty"` // of the user who was exported; not taken
	ExternalID    string            `json:"external_id,omitempty"`
	Email         *string           `json:"email,omitempty"`
	EmailVerified *bool             `json:"email_verified,omitempty"`
	Username      *string           `json:"username,omitempty"`
	Phone         *string           `json:"phone_number,omitempty"`
	PhoneVerified *bool             `json:"phone_number_verified,omitempty"`
	Profile       *identity.Profile `json:"profile,omitempty"`
	Public        json.RawMessage   `json:"public_metadata,omitempty"`
	Private       json.RawMessage   `json:"private_metadata,omitempty"`
	Blocked       *bool             `json:"blocked,omitempty"`
	CreatedAt     *time.Time        `json:"created_at,omitempty"`
	// PasswordHash is what another system stored, in a notation that package password reads. It is
	// taken by users who are created, and those without a password.
	PasswordHash string `json:"password_hash,omitempty"`
	// ChangePassword has the user set another password at the next sign-in.
	ChangePassword bool `json:"require_password_change,omitempty"`
	// TOTP are authenticator apps of a user who is created.
	TOTP []App `json:"totp,omitempty"`
	// Unreadable is all that is said of a user who was exported and could not be read, beside the id. Such a line is not taken.
	Unreadable string `json:"unreadable,omitempty"`
}

// An App is an authenticator app (RFC 6238): SHA-1, 6 digits, 30 seconds.
type App struct {
	Name   string `json:"name,omitempty"`
	Secret string `json:"secret"` // base32
}

// Errors of rows. None has a password hash or a secret in it.
var (
	errRow    = fault.New(fault.Invalid, "invalid_row", "The line is not one JSON object as it should be.")
	errLong   = fault.New(fault.Invalid, "row_too_long", "The line is too long.")
	errHash   = fault.New(fault.Invalid, "unknown_password_hash", "The password hash has no notation that can be read, or costs too much to compare.")
	errUnread = fault.New(fault.Invalid, "user_unreadable", "The user could not be read where the line was written, so that it says nothing of them.")
	errTwin   = fault.New(fault.Conflict, "given_twice", "An earlier line has that email address or user name.")
)

// edit puts what a row says into a user.
func (r *Row) edit(u *identity.User) error {
	email, phone := u.Email, u.Phone
	set(&email, r.Email)
	set(&phone, r.Phone)
	u.SetEmail(email)
	u.SetPhone(phone)
	set(&u.EmailVerified, r.EmailVerified)
	set(&u.Username, r.Username)
	set(&u.PhoneVerified, r.PhoneVerified)
	if r.ExternalID != "" {
		u.Kept.ExternalID = r.ExternalID
	}
	if r.Public != nil {
		u.Kept.Public = r.Public
	}
	if r.Private != nil {
		u.Kept.Private = r.Private
	}
	if r.Profile == nil {
		return nil
	}
	text, err := json.Marshal(r.Profile) // without what is absent
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return json.Unmarshal(text, &u.Profile)
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

// rowOf is the row that makes the same user again, or says that it cannot.
func rowOf(u *identity.User, hash string) Row {
	if u.Unreadable != "" {
		return Row{ID: u.PublicID(), Unreadable: u.Unreadable}
	}
	blocked, created := !u.Active(), u.CreatedAt.UTC()
	row := Row{
		ID: u.PublicID(), EmailVerified: &u.EmailVerified, PhoneVerified: &u.PhoneVerified, Profile: &u.Profile,
		Blocked: &blocked, CreatedAt: &created, PasswordHash: hash, ChangePassword: u.PasswordState == identity.PasswordDue || u.PasswordState == identity.PasswordShort,
	}
	for to, value := range map[**string]*string{&row.Email: &u.Email, &row.Username: &u.Username, &row.Phone: &u.Phone} {
		if *value != "" {
			*to = value
		}
	}
	if u.Kept != nil {
		row.ExternalID, row.Public, row.Private = u.Kept.ExternalID, u.Kept.Public, u.Kept.Private
	}
	return row
}
