package manifest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/keyset"
)

// users compares the declared users.
func (s *scene) users(ctx context.Context) error {
	if s.declared.long != nil {
		return s.longUsers(ctx)
	}
	if err := s.compareUsers(ctx, s.declared.Users); err != nil {
		return err
	}
	if !s.prune || s.fresh || s.declared.Users == nil {
		return nil
	}
	return s.eachForeignUser(ctx, func(_ context.Context, deletions []Change) error {
		s.deletions = append(s.deletions, deletions...)
		return nil
	})
}

// compareUsers compares some of the declared users, and notes which are there.
func (s *scene) compareUsers(ctx context.Context, users []User) error {
	for i := range users {
		u := &users[i]
		id, err := s.user(ctx, u)
		if err != nil {
			return fmt.Errorf("compare user %s: %w", u.identifier(), err)
		}
		if id != uuid.Nil {
			s.known[id] = true
		}
	}
	return nil
}

// eachForeignUser hands over the deletions of users that are not declared, some at a time. One that was made
// since they were compared is.
func (s *scene) eachForeignUser(ctx context.Context, do func(context.Context, []Change) error) error {
	var some []Change
	for u, err := range keyset.All(ctx, s.target().Users.List, userKey) {
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		if s.known[u.ID] || s.declares(u.Email) || s.declares(u.Username) {
			continue
		}
		some = append(some, s.deletedUser(u.ID, nameOf(&u)))
		if len(some) < atOnce {
			continue
		}
		if err := do(ctx, some); err != nil {
			return err
		}
		some = nil
	}
	if len(some) == 0 {
		return nil
	}
	return do(ctx, some)
}

// deletedUser holds no more of a user than that: there may be very many.
func (s *scene) deletedUser(id uuid.UUID, name string) Change {
	return Change{Action: Delete, Tenant: s.declared.Slug, Kind: "user", Name: name, write: s.plan.asOwner(func(ctx context.Context) error {
		return s.target().Directory.Delete(ctx, actor(ctx), id)
	})}
}

func userKey(u *identity.User) uuid.UUID { return u.ID }

func nameOf(u *identity.User) string {
	if u.Email != "" {
		return u.Email
	}
	return u.Username
}

// stored finds the user somebody declared, by any of their addresses, then by user name: a user
// whose email changes stays the same user.
func (s *scene) stored(ctx context.Context, u *User) (*identity.User, string, error) {
	if s.fresh {
		return nil, "", nil
	}
	found, hash, err := s.lookup(ctx, u.Email, func(o *identity.User) bool { return canonical(o.Username) != canonical(u.Email) })
	if found != nil || err != nil {
		return found, hash, err
	}
	return s.lookup(ctx, u.Username, func(o *identity.User) bool { return canonical(o.Username) == canonical(u.Username) })
}

// lookup finds the user of whose addresses one, or whose user name, is identifier. Somebody
// whose user name is this user's email is not the same user, but a conflict that
// the database refuses.
func (s *scene) lookup(ctx context.Context, identifier string, is func(*identity.User) bool) (*identity.User, string, error) {
	if identifier == "" {
		return nil, "", nil
	}
	held, err := s.target().Users.Credential(ctx, identifier, nil)
	found := held.User
	hash := held.PasswordHash
	switch {
	case errors.Is(err, identity.ErrUserNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", err
	case !is(&found):
		return nil, "", nil
	}
	return &found, hash, nil
}

func (s *scene) user(ctx context.Context, u *User) (uuid.UUID, error) {
	stored, hash, err := s.stored(ctx, u)
	if err != nil {
		return uuid.Nil, err
	}
	var want identity.User
	if stored != nil {
		want = *stored
	}
	u.into(&want)
	w := &userWrite{scene: s, declared: u, user: want, password: u.Password.Reveal(), created: stored == nil}
	var fields []Field
	if stored != nil {
		fields = differences(userView(stored), userView(&want))
		w.changed = len(fields) > 0
		if w.switched = u.Disabled == stored.Active(); w.switched {
			fields = append(fields, switched(u.Disabled))
		}
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
	same, _, err := s.target().Directory.Hasher.Verify(ctx, identity.Hashing(ctx), password, hash)
	if err != nil {
		return false, fmt.Errorf("verify password: %w", err)
	}
	return same, nil
}

// into puts what is declared of identifiers and profile into a user.
func (u *User) into(stored *identity.User) {
	stored.Email, stored.EmailVerified, stored.Username = u.Email, u.EmailVerified, u.Username
	stored.Phone, stored.PhoneVerified, stored.Profile = u.PhoneNumber, u.PhoneNumberVerified, u.Profile
}

// A userWrite stores one user.
type userWrite struct {
	*scene
	declared *User
	user     identity.User
	password string // "" to leave alone
	encoded  identity.Hashed
	created  bool
	changed  bool // identifiers or profile
	switched bool // disabled or enabled
}

// hash hashes before the transaction, which it would hold open for long.
func (w *userWrite) hash(ctx context.Context) (err error) {
	w.encoded, err = w.target().Directory.Hash(ctx, &w.user, w.password)
	return err
}

func (w *userWrite) write(ctx context.Context) error {
	d, by, id := w.target().Directory, actor(ctx), w.user.ID
	if w.created {
		if w.declared.Disabled {
			w.user.DisabledAt = time.Now()
		}
		made, err := d.Store(ctx, by, w.user, w.encoded)
		if err != nil {
			return err
		}
		return w.apps(ctx, &made)
	}
	if w.changed {
		if _, err := d.Update(ctx, by, id, w.declared.into); err != nil {
			return err
		}
	}
	if w.encoded != "" {
		if err := d.SetHashed(ctx, by, id, w.encoded, uuid.Nil); err != nil {
			return err
		}
	}
	switch {
	case !w.switched:
		return nil
	case w.declared.Disabled:
		return d.Disable(ctx, by, id)
	default:
		return d.Enable(ctx, by, id)
	}
}

// apps gives a new user the declared authenticator apps.
func (w *userWrite) apps(ctx context.Context, user *identity.User) error {
	for i := range w.declared.TOTP {
		app := &w.declared.TOTP[i]
		key, err := mfa.ParseSecret(app.Secret.Reveal())
		if err != nil {
			return err
		}
		if err := w.target().Apps.Take(ctx, user, key, app.Name); err != nil {
			return fmt.Errorf("store authenticator app: %w", err)
		}
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
