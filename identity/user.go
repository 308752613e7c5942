package identity

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/tid"
)

// UserPrefix starts the public id of a user, which is also the public subject.
const UserPrefix = "user"

// A User is one person in one tenant.
type User struct {
	ID            uuid.UUID
	Username      string // as chosen; unique in the tenant ignoring case; may be empty
	Email         string // the primary address, as typed; unique in the tenant in canonical form; may be empty
	EmailVerified bool
	Phone         string // E.164; may be empty
	PhoneVerified bool
	Profile       Profile
	DisabledAt    time.Time // zero when enabled
	// NotBefore is the user's mark: every session and grant was made under one, and is
	// good while it is the user's present one. Moving it ends all there are.
	NotBefore time.Time
	// PasswordState is PasswordBreached, PasswordDue, PasswordUnpaired, PasswordShort or "".
	PasswordState string
	// DeleteAt is when the account is deleted unless the user keeps it; zero: never.
	DeleteAt  time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64 // counts the updates of the row
	// Kept is what other systems keep with the user, where it was asked for: ManagedUsers does.
	// nil when a user is written: it stays as it is.
	Kept *Kept
	// Unreadable names what of a user in a list is stored and cannot be read, as columns; "": nothing. It is left out, and the user
	// is not active. Who is read alone is whole: ErrUserUnreadable.
	Unreadable string
}

// Kept is what other systems keep with a user. Sign-ins and tokens do not read it.
type Kept struct {
	ExternalID string          // what another system calls the user; unique in the tenant; may be empty
	Public     json.RawMessage // an object that applications may be shown; nil for none
	Private    json.RawMessage // one that only the management API shows
}

// PublicID returns "user_…".
func (u *User) PublicID() string { return tid.Format(UserPrefix, u.ID) }

// Active reports whether the user may sign in and hold tokens.
func (u *User) Active() bool { return u.DisabledAt.IsZero() && u.Unreadable == "" }

// SetEmail gives a user a primary address ("" for none). Another one is not verified: who knows that it is says so after.
func (u *User) SetEmail(email string) {
	u.EmailVerified = u.EmailVerified && sameAddress(u.Email, email)
	u.Email = email
}

// SetPhone is SetEmail of the phone number.
func (u *User) SetPhone(number string) {
	u.PhoneVerified = u.PhoneVerified && u.Phone == number
	u.Phone = number
}

// Profile holds the standard claims of OpenID Connect Core 1.0 §5.1 that are
// not identifiers. Member names are the claim names.
type Profile struct {
	Name              string   `json:"name,omitempty" yaml:"name,omitempty"`
	GivenName         string   `json:"given_name,omitempty" yaml:"given_name,omitempty"`
	FamilyName        string   `json:"family_name,omitempty" yaml:"family_name,omitempty"`
	MiddleName        string   `json:"middle_name,omitempty" yaml:"middle_name,omitempty"`
	Nickname          string   `json:"nickname,omitempty" yaml:"nickname,omitempty"`
	PreferredUsername string   `json:"preferred_username,omitempty" yaml:"preferred_username,omitempty"`
	Profile           string   `json:"profile,omitempty" yaml:"profile,omitempty"`
	Picture           string   `json:"picture,omitempty" yaml:"picture,omitempty"`
	Website           string   `json:"website,omitempty" yaml:"website,omitempty"`
	Gender            string   `json:"gender,omitempty" yaml:"gender,omitempty"`
	Birthdate         string   `json:"birthdate,omitempty" yaml:"birthdate,omitempty"`
	Zoneinfo          string   `json:"zoneinfo,omitempty" yaml:"zoneinfo,omitempty"`
	Locale            string   `json:"locale,omitempty" yaml:"locale,omitempty"`
	Address           *Address `json:"address,omitempty" yaml:"address,omitempty"`
}

// Address is the address claim of OpenID Connect Core 1.0 §5.1.1.
type Address struct {
	Formatted     string `json:"formatted,omitempty" yaml:"formatted,omitempty"`
	StreetAddress string `json:"street_address,omitempty" yaml:"street_address,omitempty"`
	Locality      string `json:"locality,omitempty" yaml:"locality,omitempty"`
	Region        string `json:"region,omitempty" yaml:"region,omitempty"`
	PostalCode    string `json:"postal_code,omitempty" yaml:"postal_code,omitempty"`
	Country       string `json:"country,omitempty" yaml:"country,omitempty"`
}

// Errors of users.
var (
	ErrUserNotFound  = fault.New(fault.NotFound, "user_not_found", "There is no such user.")
	ErrEmailTaken    = fault.New(fault.Conflict, "email_taken", "Another user has that email address.")
	ErrExternalID    = fault.New(fault.Conflict, "external_id_taken", "Another user has that external id.")
	ErrUsernameTaken = fault.New(fault.Conflict, "username_taken", "Another user has that user name.")
	// ErrUserUnreadable reports a user of whom something is stored that cannot be read. Nothing is answered in their name, and
	// nothing is written over; they can be deleted.
	ErrUserUnreadable = &fault.Error{
		Kind: fault.Unavailable, Code: "user_unreadable", RetryAfter: unreadableRetry,
		Message: "Something that is stored of this account cannot be read. Whoever runs this service can put it back.",
	}
)

// unreadableRetry is what clients are told to wait: somebody has to mend it.
const unreadableRetry = time.Minute

// A Credential is what a sign-in looks at.
type Credential struct {
	User         User
	PasswordHash string // encoded; "" for none
	Checked      PasswordCheck
	SecondFactor bool // the user has one
	Device       KnownDevice
}

// Users finds the users of the context's tenant.
type Users interface {
	// Rehash replaces the hash only while it still is old.
	Rehash(ctx context.Context, id uuid.UUID, old, new string) error
	// ByID returns one user, ErrUserNotFound or ErrUserUnreadable.
	ByID(ctx context.Context, id uuid.UUID) (User, error)
	// Credential returns the user of whose proved or primary addresses, or whose user name,
	// identifier is one in canonical form, with what is known of a browser by its hash (nil for
	// none), ErrUserNotFound or ErrUserUnreadable.
	Credential(ctx context.Context, identifier string, device []byte) (Credential, error)
	// PasswordHashes returns up to n encoded hashes of passwords of a user: the present one
	// first, then those before it that were kept.
	PasswordHashes(ctx context.Context, id uuid.UUID, n int) ([]string, error)
	// HasSecondFactor reports whether a user has a second factor.
	HasSecondFactor(ctx context.Context, id uuid.UUID) (bool, error)
	// List returns up to limit users after the id, in order of id; some may be Unreadable.
	List(ctx context.Context, after uuid.UUID, limit int) ([]User, error)
}

// A UserFilter is what users are looked for by. Empty members do not count.
type UserFilter struct {
	Identifier string // an address or user name, in any spelling
	ExternalID string
	Blocked    *bool
	Search     Search // not with Identifier or ExternalID
}

// ManagedUsers finds users for those who manage them, with what is kept with them. Where it returns several, some may be
// Unreadable.
type ManagedUsers interface {
	// Managed returns one user, ErrUserNotFound or ErrUserUnreadable.
	Managed(ctx context.Context, id uuid.UUID) (User, error)
	// Many returns those of the users that exist, in any order. One statement.
	Many(ctx context.Context, ids []uuid.UUID) ([]User, error)
	// Find returns the users of a window, in the order in which keyset.Window.Scan reads it.
	Find(ctx context.Context, filter UserFilter, window keyset.Window) ([]User, error)
	// Count returns how many users there are.
	Count(ctx context.Context, filter UserFilter) (int64, error)
}

// UserWrites stores what a Directory has decided. Each method writes the columns of
// one kind of change and no others, so that changes of different kinds that are made
// at once undo nothing of each other.
type UserWrites interface {
	// Create stores u with its id and an encoded password hash ("" for none).
	// ErrEmailTaken, ErrUsernameTaken, ErrExternalID; also when the user name is another
	// user's email or the reverse.
	Create(ctx context.Context, u User, passwordHash string) error
	// Update writes identifiers and profile over those of u.Version.
	// fault.ErrChanged when the row has another version, ErrUserNotFound, and as Create.
	Update(ctx context.Context, u User) error
	// NoteEmail notes that the primary address of a user, who was before, is another one since after was written, so
	// that the mailbox of the old one can be told of it by the id of the change. promoted is an id of the new one. It
	// needs a transaction.
	NoteEmail(ctx context.Context, change, promoted uuid.UUID, before, after *User) error
	// SetPassword stores an encoded hash and ends nothing by itself. Of the hashes before it
	// the last keep are kept. ErrUserNotFound.
	SetPassword(ctx context.Context, id uuid.UUID, passwordHash string, keep int) error
	// SetFirstPassword stores an encoded hash for a user without a password, and reports whether they had none. It ends
	// nothing by itself.
	SetFirstPassword(ctx context.Context, id uuid.UUID, passwordHash string) (set bool, err error)
	// NoteReset notes that the password was set just now by a code of a mail, or by a link that an operator handed
	// over: then what was noted before is forgotten. It is sent with the rest of the transaction of ctx.
	NoteReset(ctx context.Context, id uuid.UUID, mailed bool) error
	// ReplacePassword is SetPassword while mark is the user's mark and the user is enabled:
	// ErrRefused.
	ReplacePassword(ctx context.Context, id uuid.UUID, mark time.Time, passwordHash string, keep int) error
	// RemovePassword takes the password away, if there is one, and reports whether there was; it
	// ends nothing by itself, and locks the user's row either way. ErrUserNotFound.
	RemovePassword(ctx context.Context, id uuid.UUID, keep int) (removed bool, err error)
	// SetPasswordState notes what is known of a password ("": it is as long as it has to be, which takes
	// PasswordUnpaired and PasswordShort away alone), while it is the one with that encoded
	// hash ("" for any), and reports whether that changed anything. PasswordDue stays. With it
	// sessions are told.
	SetPasswordState(ctx context.Context, id uuid.UUID, state, passwordHash string) (changed bool, err error)
	// SetPasswordChecked notes that the password with that encoded hash was looked up just now in
	// lists of breached passwords, by their edition. It does nothing when the user has another one by now.
	SetPasswordChecked(ctx context.Context, id uuid.UUID, list, passwordHash string) error
	// NameRetired reports whether somebody else had that user name less than NameRest ago.
	NameRetired(ctx context.Context, id uuid.UUID, name string) (bool, error)
	// SetDisabled disables or enables, and reports whether that changed anything.
	// ErrUserNotFound.
	SetDisabled(ctx context.Context, id uuid.UUID, disabled bool) (changed bool, err error)
	// Lock has changes of one user come one after the other until the transaction of ctx ends.
	Lock(ctx context.Context, id uuid.UUID) error
	// EndLinks ends the recovery links that operators made for the user. It is sent with the rest of the
	// transaction of ctx, which has locked the user's row.
	EndLinks(ctx context.Context, id uuid.UUID) error
	// Mark moves the user's mark, and returns the old one and the new one: every
	// session and grant of the user is dead when the transaction commits.
	// ErrUserNotFound.
	Mark(ctx context.Context, id uuid.UUID) (before, after time.Time, err error)
	// Delete removes the user and everything that hangs on it. ErrUserNotFound.
	Delete(ctx context.Context, id uuid.UUID) error
}

// UserDeletions stores when accounts are deleted whose users can still change their mind.
type UserDeletions interface {
	// ScheduleDeletion has a user deleted after the grace, and returns when that is. A time that
	// is set already stays: then nothing was changed. ErrUserNotFound.
	ScheduleDeletion(ctx context.Context, id uuid.UUID, grace time.Duration) (at time.Time, changed bool, err error)
	// CancelDeletion takes it back, and reports whether that changed anything. ErrUserNotFound.
	CancelDeletion(ctx context.Context, id uuid.UUID) (changed bool, err error)
	// DeletionDue locks the user's row and reports whether the time has come. It needs a
	// transaction.
	DeletionDue(ctx context.Context, id uuid.UUID) (bool, error)
}

// A Transactor runs fn in one transaction carried by its context; a nested call
// joins. storage provides it.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}
