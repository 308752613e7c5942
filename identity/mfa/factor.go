package mfa

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/tid"
)

// FactorPrefix starts the public id of a factor.
const FactorPrefix = "mfa"

// Authentication method references (RFC 8176 §2).
const (
	AMROTP      = "otp"  // a one-time password of an app
	AMRHardware = "hwk"  // a passkey that cannot leave its device
	AMRSoftware = "swk"  // a passkey that is synced between devices
	AMRPresence = "user" // somebody was present
	AMRMulti    = "mfa"  // more than one factor
)

// Errors of factors. ErrRefused does not tell a wrong code from one that was used before.
var (
	ErrRefused       = fault.New(fault.Unauthenticated, "factor_refused", "The code is incorrect or was used before.")
	ErrThrottled     = fault.New(fault.TooMany, "factor_throttled", "Too many incorrect codes. Try again later.")
	ErrHeld          = fault.New(fault.Conflict, "factor_held", "There is a second step already. Use it to sign in.")
	ErrUnconfirmed   = fault.New(fault.Invalid, "factor_unconfirmed", "The code does not fit. Check the time of your phone, and try the next code.")
	ErrFactorUnknown = fault.New(fault.NotFound, "factor_not_found", "There is no such second step.")
	ErrNoFactor      = fault.New(fault.Conflict, "no_factor", "There is no second step to have recovery codes for.")
	ErrTooManyHeld   = fault.New(fault.Invalid, "factors_full", "There are as many authenticator apps as an account can have.")
)

// MaxTOTP is how many authenticator apps a user can have.
const MaxTOTP = 5

// A TOTP is an authenticator app of a user.
type TOTP struct {
	ID        uuid.UUID
	UserID    uuid.UUID
	Name      string // as the user calls it
	Sealed    []byte // the secret, encrypted
	LastStep  int64  // time step of the last code used (RFC 6238 §5.2)
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
}

// PublicID returns "mfa_…".
func (f *TOTP) PublicID() string { return tid.Format(FactorPrefix, f.ID) }

// Held is what a user has.
type Held struct {
	TOTP     []TOTP // oldest first
	Passkeys int    // how many that are asked for; package passkey knows them
	Silent   int    // how many more that browsers made by themselves
	Alone    int    // passkeys that sign in without anything else
	Codes    int    // recovery codes left
	Password bool   // there is one
}

// Any reports whether the user has a second factor. Recovery codes alone are none, nor are passkeys
// that a browser made by itself.
func (h *Held) Any() bool { return len(h.TOTP)+h.Passkeys > 0 }

// Factors stores what the Service has decided.
type Factors interface {
	// Of returns what a user has.
	Of(ctx context.Context, user uuid.UUID) (Held, error)
	// AddTOTP stores an app. With first it does so only while the user has no factor, in the
	// statement that stores: ErrHeld. ErrTooManyHeld. It needs a transaction.
	AddTOTP(ctx context.Context, f TOTP, first bool) error
	// UseTOTP notes that the code of a step of an app was used. It is sent with the rest of the
	// transaction of ctx, which fails with ErrRefused if that step or a later one was used
	// before, or the app is gone.
	UseTOTP(ctx context.Context, user, id uuid.UUID, step int64) error
	// RenameTOTP gives an app of a user another name. ErrFactorUnknown.
	RenameTOTP(ctx context.Context, user, id uuid.UUID, name string) error
	// RemoveTOTP removes an app of a user. ErrFactorUnknown. It needs a transaction.
	RemoveTOTP(ctx context.Context, user, id uuid.UUID) error
	// ReplaceCodes gives a user other recovery codes, by their hashes; nil: none. It needs a
	// transaction.
	ReplaceCodes(ctx context.Context, user uuid.UUID, hashes [][]byte) error
	// RemoveCodes removes the recovery codes of a user that were made since a time, used ones too, and returns how many
	// there were. It needs a transaction.
	RemoveCodes(ctx context.Context, user uuid.UUID, since time.Time) (int, error)
	// Unpair notes that the password of a user, if there is one, was allowed to be shorter than it may be alone
	// (identity.PasswordUnpaired), unless something else is known of it.
	Unpair(ctx context.Context, user uuid.UUID) error
	// HasCode reports whether a recovery code was not used yet.
	HasCode(ctx context.Context, user uuid.UUID, hash []byte) (bool, error)
	// UseCode notes that a recovery code was used, as UseTOTP does.
	UseCode(ctx context.Context, user uuid.UUID, hash []byte) error
}
