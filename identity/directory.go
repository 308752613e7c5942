package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/fault"
)

// Errors of a Directory.
var (
	ErrNoIdentifier = fault.New(fault.Invalid, "identifier_missing", "A user needs an email address or a user name.")
	ErrEmail        = fault.New(fault.Invalid, "invalid_email", "That is not an email address.")
	ErrUsername     = fault.New(fault.Invalid, "invalid_username", "A user name has no @ and no blanks.")
)

// A Directory manages users. It is the only way to change one: command line,
// manifest, pages and APIs all call it. Each change is one transaction with its
// event, or part of the transaction of ctx. A change that changes nothing has no
// event.
type Directory struct {
	Users     Users
	Managed   ManagedUsers // for Manage alone
	Writes    UserWrites
	Batch     UserBatch // for StoreMany alone
	Deletions UserDeletions
	Sessions  Sessions
	Hasher    PasswordHasher
	Breaches  Breaches // nil: no password is known to have leaked
	Outbox    event.Outbox
	Tx        Transactor
}

// Create stores a new user with a password ("" for none) and returns it with its
// id. An actor of type "user" without an id is the new user.
func (d *Directory) Create(ctx context.Context, actor event.Actor, u User, password string) (User, error) {
	if err := checkIdentifiers(&u); err != nil {
		return User{}, err
	}
	encoded, err := d.Hash(ctx, &u, password)
	if err != nil {
		return User{}, err
	}
	return d.Store(ctx, actor, u, encoded)
}

func checkIdentifiers(u *User) error {
	switch {
	case u.Email == "" && u.Username == "":
		return ErrNoIdentifier
	case u.Email != "" && CheckEmail(u.Email) != nil:
		return ErrEmail
	case u.Username != "" && CheckUsername(u.Username) != nil:
		return ErrUsername
	}
	return nil
}

// Store is Create with a password that is hashed already.
func (d *Directory) Store(ctx context.Context, actor event.Actor, u User, encoded Hashed) (User, error) {
	if err := prepare(&u); err != nil {
		return User{}, err
	}
	if actor.Type == "user" && actor.ID == "" {
		actor.ID = u.PublicID()
	}
	err := d.change(ctx, actor, u.ID, func(ctx context.Context) (event.Fact, error) {
		return event.UserCreated{}, d.Writes.Create(ctx, u, string(encoded))
	})
	if err != nil {
		return User{}, fmt.Errorf("create user: %w", err)
	}
	return u, nil
}

// prepare checks a new user and fills in what every one has. One who was created elsewhere keeps the
// time.
func prepare(u *User) error {
	if err := checkIdentifiers(u); err != nil {
		return err
	}
	u.ID, u.Version = uuid.Must(uuid.NewV7()), 1
	if u.CreatedAt.IsZero() {
		u.CreatedAt = time.Now()
	}
	u.CreatedAt = u.CreatedAt.Truncate(time.Microsecond) // as the database keeps it
	u.UpdatedAt = u.CreatedAt
	return nil
}

// updateTries is how often a change is decided anew when somebody else was faster.
const updateTries = 5

// Update changes identifiers and profile. edit gets the user as it is stored and
// changes it; it is called again when somebody else changed the user meanwhile, so
// it must depend on nothing else. What it changes besides is not stored. It returns
// the user as it was written. ErrUserNotFound, ErrEmailTaken, ErrUsernameTaken,
// fault.ErrChanged when others are faster again and again.
func (d *Directory) Update(ctx context.Context, actor event.Actor, id uuid.UUID, edit func(*User)) (User, error) {
	return d.update(ctx, actor, id, d.Users.ByID, func(u *User) error { edit(u); return nil })
}

// Manage is Update by those who manage users: edit changes what is kept with the user too, and may
// refuse.
func (d *Directory) Manage(ctx context.Context, actor event.Actor, id uuid.UUID, edit func(*User) error) (User, error) {
	return d.update(ctx, actor, id, d.Managed.Managed, func(u *User) error {
		kept := *u.Kept // another than that of the user that was read
		u.Kept = &kept
		return edit(u)
	})
}

func (d *Directory) update(
	ctx context.Context, actor event.Actor, id uuid.UUID, read func(context.Context, uuid.UUID) (User, error), edit func(*User) error,
) (User, error) {
	for range updateTries {
		before, err := read(ctx, id)
		if err != nil {
			return User{}, err
		}
		after := before
		if err := edit(&after); err != nil {
			return User{}, err
		}
		fields := differences(&before, &after)
		if len(fields) == 0 {
			return before, nil
		}
		if err := checkIdentifiers(&after); err != nil {
			return User{}, err
		}
		err = d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
			if err := d.Writes.Update(ctx, after); err != nil {
				return nil, err
			}
			return event.UserUpdated{Fields: fields}, d.moved(ctx, actor, &before, &after)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return after, err
		}
	}
	return User{}, fmt.Errorf("update user: %w", fault.ErrChanged)
}

// moved has the mailboxes of the old and of the new primary address told of it, if it is another one. Nobody takes that
// back by mail: see addresses.Service.MakePrimary.
func (d *Directory) moved(ctx context.Context, actor event.Actor, before, after *User) error {
	if sameAddress(before.Email, after.Email) {
		return nil
	}
	change, promoted := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	if before.Email != "" {
		if err := d.Writes.NoteEmail(ctx, change, promoted, before, after); err != nil {
			return err
		}
	}
	return d.Outbox.Append(ctx, event.Event{
		Fact: event.EmailPrimaryChanged{ChangeID: change, EmailID: promoted}, Outcome: "success", Actor: actor, Subject: after.PublicID(),
	})
}

// SetPassword replaces a password and ends everything of the user that there is but
// the session keep (uuid.Nil for none): that of the browser in which the user does so.
func (d *Directory) SetPassword(ctx context.Context, actor event.Actor, u User, password string, keep uuid.UUID) error {
	encoded, err := d.Hash(ctx, &u, password)
	if err != nil {
		return err
	}
	return d.SetHashed(ctx, actor, u.ID, encoded, keep)
}

// SetHashed is SetPassword with a password that is hashed already.
func (d *Directory) SetHashed(ctx context.Context, actor event.Actor, id uuid.UUID, encoded Hashed, keep uuid.UUID) error {
	return d.setHashed(ctx, actor, id, keep, func(ctx context.Context) error { return d.Writes.SetPassword(ctx, id, string(encoded), kept(ctx)) })
}

// SetFirst is SetHashed for a user who has no password, and reports whether they had none: one that they set meanwhile stays.
func (d *Directory) SetFirst(ctx context.Context, actor event.Actor, id uuid.UUID, encoded Hashed) (set bool, err error) {
	err = d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		if set, err = d.Writes.SetFirstPassword(ctx, id, string(encoded)); err != nil || !set {
			return nil, err
		}
		ended, err := d.evict(ctx, id, uuid.Nil, event.SessionPasswordChanged)
		return event.PasswordChanged{Sessions: ended}, err
	})
	return set, err
}

// ReplaceHashed is SetHashed by a user who proved who they are when u was read. ErrRefused when
// everything of theirs was ended since, as by another password, or they were disabled: of two
// who change a password at once one does.
func (d *Directory) ReplaceHashed(ctx context.Context, u *User, encoded Hashed, keep uuid.UUID) error {
	return d.setHashed(ctx, event.Actor{Type: "user", ID: u.PublicID()}, u.ID, keep, func(ctx context.Context) error {
		return d.Writes.ReplacePassword(ctx, u.ID, u.NotBefore, string(encoded), kept(ctx))
	})
}

func (d *Directory) setHashed(ctx context.Context, actor event.Actor, id, keep uuid.UUID, store func(context.Context) error) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		if err := store(ctx); err != nil {
			return nil, err
		}
		ended, err := d.evict(ctx, id, keep, event.SessionPasswordChanged)
		return event.PasswordChanged{Sessions: ended}, err
	})
}

// RequirePassword has the user set another password when they sign in next, or go on with a
// session that they signed in to by password. Nothing ends by it.
func (d *Directory) RequirePassword(ctx context.Context, actor event.Actor, id uuid.UUID) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		changed, err := d.Writes.SetPasswordState(ctx, id, PasswordDue, "")
		if err != nil || !changed {
			return nil, err
		}
		return event.PasswordRequired{}, nil
	})
}

// TakePassword takes the password away and ends everything of the user that there is, also links of
// operators: an event, whose id is about, was not theirs. Another password is set by a recovery.
func (d *Directory) TakePassword(ctx context.Context, actor event.Actor, id, about uuid.UUID) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		if err := d.Writes.SetPassword(ctx, id, "", kept(ctx)); err != nil {
			return nil, err
		}
		ended, err := d.evictAll(ctx, id, event.SessionPasswordChanged)
		return event.PasswordTaken{About: about, Sessions: ended}, err
	})
}

// RemovePassword takes the password of a user away, if there is one, and ends everything of
// theirs that there is but the session keep (uuid.Nil for none). while is asked in the
// transaction, with the row of the user locked, whether they can do without.
func (d *Directory) RemovePassword(ctx context.Context, actor event.Actor, id, keep uuid.UUID, while func(context.Context) error) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		removed, err := d.Writes.RemovePassword(ctx, id, kept(ctx))
		if err != nil || !removed {
			return nil, err
		}
		if err := while(ctx); err != nil {
			return nil, err
		}
		ended, err := d.evict(ctx, id, keep, event.SessionPasswordChanged)
		return event.PasswordRemoved{Sessions: ended}, err
	})
}

// SignOut ends everything of the user that there is, on all devices, but the session keep
// (uuid.Nil for none): that of the browser in which the user does so. By anybody else it ends links of
// operators too; whoever stole the password must not end the link that helps the user.
func (d *Directory) SignOut(ctx context.Context, actor event.Actor, id, keep uuid.UUID) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		ended, err := d.evict(ctx, id, keep, event.SessionSignedOut)
		if err == nil && actor.ID != (&User{ID: id}).PublicID() {
			err = d.Writes.EndLinks(ctx, id)
		}
		return event.UserSignedOut{Sessions: ended}, err
	})
}

// Disable keeps the user out and ends everything of theirs that there is, also links of operators.
func (d *Directory) Disable(ctx context.Context, actor event.Actor, id uuid.UUID) error {
	return d.setDisabled(ctx, actor, id, true, event.SessionUserDisabled, func(ended int) event.Fact { return event.UserDisabled{Sessions: ended} })
}

// Enable lets the user in again. What there was before stays dead, also when a
// server of an earlier version, or somebody's SQL, disabled the user.
func (d *Directory) Enable(ctx context.Context, actor event.Actor, id uuid.UUID) error {
	return d.setDisabled(ctx, actor, id, false, event.SessionUserEnabled, func(ended int) event.Fact { return event.UserEnabled{Sessions: ended} })
}

func (d *Directory) setDisabled(ctx context.Context, actor event.Actor, id uuid.UUID, disabled bool, why event.SessionEnd, fact func(ended int) event.Fact) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) {
		changed, err := d.Writes.SetDisabled(ctx, id, disabled)
		if err != nil || !changed {
			return nil, err
		}
		ended, err := d.evictAll(ctx, id, why)
		return fact(ended), err
	})
}

// Delete removes the user and everything that hangs on it. The applications of its
// sessions are told.
func (d *Directory) Delete(ctx context.Context, actor event.Actor, id uuid.UUID) error {
	return d.change(ctx, actor, id, func(ctx context.Context) (event.Fact, error) { return d.remove(ctx, id) })
}

func (d *Directory) remove(ctx context.Context, id uuid.UUID) (event.Fact, error) {
	ended, err := d.evict(ctx, id, uuid.Nil, event.SessionUserDeleted)
	if err != nil {
		return nil, err
	}
	return event.UserDeleted{Sessions: ended}, d.Writes.Delete(ctx, id)
}

// evict ends everything of a user that there is but the session keep: sessions,
// grants with their codes and tokens, offline access too. It is one update however
// much that is: all of it was made under the user's mark, which moves. What comes
// later is made under the new one; what is being made meanwhile, by a proof from
// before, is not. Sign-ins that are half done need a session, so they end with it.
//
// Only sessions are ended one by one besides, in steps where there are many: their
// applications want to be told. Grants are not: there may be tens of thousands, and
// the event of the act says it all. It returns how many sessions it ended, as far as
// MaxCounted.
func (d *Directory) evict(ctx context.Context, id, keep uuid.UUID, why event.SessionEnd) (ended int, err error) {
	before, after, err := d.Writes.Mark(ctx, id)
	if err != nil {
		return 0, err
	}
	if keep != uuid.Nil {
		if err := d.Sessions.Keep(ctx, keep, id, before, after); err != nil {
			return 0, err
		}
	}
	return (&SessionEnder{d.Sessions, d.Outbox, d.Tx}).EndEvicted(ctx, id, why)
}

// evictAll is evict without a session to keep, and ends the links that operators made for the user.
func (d *Directory) evictAll(ctx context.Context, id uuid.UUID, why event.SessionEnd) (ended int, err error) {
	if ended, err = d.evict(ctx, id, uuid.Nil, why); err != nil {
		return ended, err
	}
	return ended, d.Writes.EndLinks(ctx, id)
}

// change makes one change in a transaction, with the event that it returns; none
// when nothing changed.
func (d *Directory) change(ctx context.Context, actor event.Actor, id uuid.UUID, do func(context.Context) (event.Fact, error)) error {
	subject := User{ID: id}
	return d.Tx.InTx(event.WithActor(ctx, actor), func(ctx context.Context) error {
		fact, err := do(ctx)
		if err != nil || fact == nil {
			return err
		}
		return d.Outbox.Append(ctx, event.Event{Fact: fact, Outcome: "success", Actor: actor, Subject: subject.PublicID()})
	})
}

// CheckUsername reports whether s may be a user name. One that looks like an
// email address would let somebody sit on an address that is not theirs. What counts
// is how it is looked up: other characters than @ become one.
func CheckUsername(s string) error {
	if canonical, err := Canonical(s); err != nil || strings.ContainsRune(canonical, '@') {
		return ErrUsername
	}
	return nil
}
