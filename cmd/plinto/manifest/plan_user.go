package manifest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/tenant"
)

// userPage is how many users are listed at once.
const userPage = 500

// users compares the declared users.
func (s *scene) users(ctx context.Context) error {
	known := make(map[uuid.UUID]bool)
	for i := range s.declared.Users {
		u := &s.declared.Users[i]
		id, err := s.user(ctx, u)
		if err != nil {
			return fmt.Errorf("compare user %s: %w", u.identifier(), err)
		}
		known[id] = true
	}
	if !s.prune || s.fresh || s.declared.Users == nil {
		return nil
	}
	return eachUser(ctx, s.target().Users, func(u identity.User) {
		if known[u.ID] {
			return
		}
		s.add(Change{Action: Delete, Kind: "user", Name: nameOf(&u), write: func(ctx context.Context) error {
			if err := s.target().Users.Delete(ctx, u.ID); err != nil {
				return err
			}
			return s.record(ctx, event.UserDeleted, u.PublicID())
		}})
	})
}

// eachUser calls fn for every user of the tenant.
func eachUser(ctx context.Context, users identity.Users, fn func(identity.User)) error {
	var after uuid.UUID
	for {
		page, err := users.List(ctx, after, userPage)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		for _, u := range page {
			fn(u)
			after = u.ID
		}
		if len(page) < userPage {
			return nil
		}
	}
}

func nameOf(u *identity.User) string {
	if u.Email != "" {
		return u.Email
	}
	return u.Username
}

// stored finds the user somebody declared, by email, then by user name: a user
// whose email changes stays the same user.
func (s *scene) stored(ctx context.Context, u *User) (*identity.User, string, error) {
	if s.fresh {
		return nil, "", nil
	}
	found, hash, err := s.lookup(ctx, u.Email, func(o *identity.User) string { return o.Email })
	if found != nil || err != nil {
		return found, hash, err
	}
	return s.lookup(ctx, u.Username, func(o *identity.User) string { return o.Username })
}

// lookup finds the user whose email, or whose user name, is identifier. Somebody
// whose user name is this user's email is not the same user, but a conflict that
// the database refuses.
func (s *scene) lookup(ctx context.Context, identifier string, of func(*identity.User) string) (*identity.User, string, error) {
	if identifier == "" {
		return nil, "", nil
	}
	found, hash, err := s.target().Users.Credential(ctx, identifier)
	switch {
	case errors.Is(err, identity.ErrUserNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", err
	case canonical(of(&found)) != canonical(identifier):
		return nil, "", nil
	}
	return &found, hash, nil
}

func (s *scene) user(ctx context.Context, u *User) (uuid.UUID, error) {
	stored, hash, err := s.stored(ctx, u)
	if err != nil {
		return uuid.Nil, err
	}
	want := identity.User{ID: uuid.Must(uuid.NewV7())}
	if stored != nil {
		want = *stored
	}
	want.Email, want.EmailVerified, want.Username = u.Email, u.EmailVerified, u.Username
	want.Phone, want.PhoneVerified, want.Profile = u.PhoneNumber, u.PhoneNumberVerified, u.Profile
	want.DisabledAt = disabledAt(want.DisabledAt, u.Disabled)

	w := &userWrite{scene: s, user: want, password: u.Password.Reveal(), created: stored == nil}
	var fields []Field
	if stored != nil {
		fields = differences(userView(stored), userView(&want))
		w.changed = len(fields) > 0
		w.ends = u.Disabled && stored.Active()
		same, err := s.samePassword(ctx, w.password, hash)
		if err != nil {
			return uuid.Nil, err
		}
		if same {
			w.password = ""
		} else {
			fields = append(fields, Field{"password", "", "(new)"})
		}
	}
	c := compared("user", u.identifier(), stored != nil, fields, w.write)
	c.prepare = w.hash
	s.add(c)
	return want.ID, nil
}

// samePassword reports whether there is no password to set: none declared, or the
// stored one. It costs a hash, which keeps apply from changing hashes for nothing.
func (s *scene) samePassword(ctx context.Context, password, hash string) (bool, error) {
	if password == "" {
		return true, nil
	}
	if hash == "" {
		return false, nil
	}
	same, _, err := s.target().Hasher.Verify(ctx, identity.Hashing(ctx), password, hash)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return same, nil
}

// A userWrite stores one user.
type userWrite struct {
	*scene
	user     identity.User
	password string // "" to leave alone
	encoded  string
	created  bool
	changed  bool // other than the password
	ends     bool // its sessions
}

// hash hashes before the transaction, which it would hold open for long.
func (w *userWrite) hash(ctx context.Context) (err error) {
	if w.password == "" {
		return nil
	}
	if w.encoded, err = w.target().Hasher.Hash(ctx, identity.Hashing(ctx), w.password, identity.PasswordWords(tenant.Must(ctx), &w.user)...); err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	return nil
}

func (w *userWrite) write(ctx context.Context) error {
	id := w.user.PublicID()
	if w.created {
		if err := w.target().Users.Create(ctx, w.user, w.encoded); err != nil {
			return err
		}
		return w.record(ctx, event.UserCreated, id)
	}
	if w.changed {
		if err := w.target().Users.Update(ctx, w.user); err != nil {
			return err
		}
		if err := w.record(ctx, event.UserUpdated, id); err != nil {
			return err
		}
	}
	if w.encoded != "" {
		if err := w.target().Users.SetPassword(ctx, w.user.ID, w.encoded); err != nil {
			return err
		}
		if err := w.record(ctx, event.PasswordChanged, id); err != nil {
			return err
		}
	}
	if w.ends || w.encoded != "" { // who has the old password may have a session
		return w.target().Sessions.EndAll(ctx, w.user.ID, uuid.Nil)
	}
	return nil
}

// disabledAt keeps the time something was disabled, unless that changes now.
func disabledAt(since time.Time, disabled bool) time.Time {
	switch {
	case !disabled:
		return time.Time{}
	case since.IsZero():
		return time.Now().UTC().Truncate(time.Microsecond)
	default:
		return since
	}
}
