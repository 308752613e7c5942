package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/password"
	"plinto/tenant"
)

// ErrLastWay reports that nothing would be left to sign in with.
var ErrLastWay = fault.New(fault.Conflict, "last_way_in", "This is the only way to sign in. Add another one first.")

// Breaches know passwords that have leaked.
type Breaches interface {
	// Leaked reports whether a password, normalized, is known to have leaked; false too when
	// that cannot be found out.
	Leaked(ctx context.Context, clean string) bool
	// Look is Leaked, with the error where it cannot be found out.
	Look(ctx context.Context, clean string) (leaked bool, err error)
	// Edition names the lists that are asked: another one may know more passwords.
	Edition() string
}

// What is known of a password besides its hash. Setting another one takes it away.
const (
	PasswordBreached = "breached" // it was found in a list of breached passwords at a sign-in
	PasswordDue      = "due"      // an operator wants another one
	PasswordUnpaired = "unpaired" // the second factor beside it went: the next sign-in sees whether it is long enough alone
	PasswordShort    = "short"    // that sign-in found it too short
)

// DemandsPassword reports whether a user whose password is in that state has to set another one
// before a sign-in by the methods amr goes on.
func DemandsPassword(p tenant.PasswordPolicy, state string, amr []string) bool {
	return slices.Contains(amr, AMRPassword) &&
		(state == PasswordDue || state == PasswordShort || state == PasswordBreached && p.AtBreach() == tenant.BreachedChange)
}

// DemandsFactor reports whether a sign-in with a password in that state takes a second factor.
func DemandsFactor(p tenant.PasswordPolicy, state string) bool {
	return state == PasswordBreached && p.AtBreach() == tenant.BreachedStepUp
}

// A Hashed is a password as it is stored, of Directory.Hash; "" is none.
type Hashed string

// Hash hashes a new password for a user (with a zero ID, for one that is being made), unless
// it breaks the rules of the tenant; "" stays "". It takes long, so it comes before a
// transaction. The errors of password.Rules.Check and Normalize, and password.ErrBusy.
func (d *Directory) Hash(ctx context.Context, u *User, typed string) (Hashed, error) {
	if typed == "" {
		return "", nil
	}
	factor, err := d.hasFactor(ctx, u)
	if err != nil {
		return "", err
	}
	return d.HashAs(ctx, u, typed, factor)
}

// HashAs is Hash for a user who will have a second factor, or not.
func (d *Directory) HashAs(ctx context.Context, u *User, typed string, factor bool) (Hashed, error) {
	if err := d.check(ctx, u, typed, factor); err != nil {
		return "", err
	}
	return d.HashChecked(ctx, u, typed)
}

// Check reports why a user cannot set a password, as Hash does, but for those that they had.
func (d *Directory) Check(ctx context.Context, u *User, typed string) error {
	factor, err := d.hasFactor(ctx, u)
	if err != nil {
		return err
	}
	return d.check(ctx, u, typed, factor)
}

func (d *Directory) check(ctx context.Context, u *User, typed string, factor bool) error {
	clean, err := password.Normalize(typed)
	if err != nil {
		return fmt.Errorf("check password: %w", err)
	}
	if err := d.rules(ctx, u, factor).Check(ctx, clean); err != nil {
		return fmt.Errorf("check password: %w", err)
	}
	return nil
}

// HashChecked is Hash of a password that Check took. Where somebody still has to prove who they are it comes after
// that: password.ErrReused tells of a guess whether it is the user's password, or was.
func (d *Directory) HashChecked(ctx context.Context, u *User, typed string) (Hashed, error) {
	encoded, err := d.Hasher.Hash(ctx, Hashing(ctx), typed, password.Rules{})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	if u.ID == uuid.Nil {
		return Hashed(encoded), nil
	}
	return Hashed(encoded), d.CheckUnused(ctx, u.ID, typed, tenant.Must(ctx).Settings.Password.History)
}

// CheckUnused returns password.ErrReused when a password is one of the last n that a user had,
// the present one included. Each costs a hash.
func (d *Directory) CheckUnused(ctx context.Context, id uuid.UUID, typed string, n int) error {
	if n == 0 {
		return nil
	}
	had, err := d.Users.PasswordHashes(ctx, id, n)
	if err != nil {
		return fmt.Errorf("find passwords: %w", err)
	}
	for _, encoded := range had {
		used, _, err := d.Hasher.Verify(ctx, Hashing(ctx), typed, encoded)
		switch {
		case err != nil:
			return fmt.Errorf("compare with earlier password: %w", err)
		case used:
			return password.ErrReused
		}
	}
	return nil
}

// kept is how many hashes before the present one are kept.
func kept(ctx context.Context) int { return max(0, tenant.Must(ctx).Settings.Password.History-1) }

// rules are those for a new password of a user.
func (d *Directory) rules(ctx context.Context, u *User, factor bool) password.Rules {
	t := tenant.Must(ctx)
	rules := password.Rules{
		MinLength: t.Settings.PasswordLength(factor), About: PasswordWords(t, u), MinScore: t.Settings.Password.Score(),
	}
	if d.Breaches != nil {
		rules.Breached = d.Breaches.Leaked
	}
	return rules
}

// hasFactor reports whether a user has a second factor. Nobody has one before they are made.
func (d *Directory) hasFactor(ctx context.Context, u *User) (bool, error) {
	if u.ID == uuid.Nil {
		return false, nil
	}
	factor, err := d.Users.HasSecondFactor(ctx, u.ID)
	if err != nil {
		return false, fmt.Errorf("find second factor: %w", err)
	}
	return factor, nil
}

// PasswordWords are what an attacker tries first for this user: names of the tenant
// and of the user, as words and without the blanks between them.
func PasswordWords(t *tenant.Tenant, u *User) []string {
	local, domain, _ := strings.Cut(u.Email, "@")
	p := &u.Profile
	var words []string
	for _, text := range []string{
		t.Slug, t.Name, t.Settings.Branding.Name, t.Host, u.Username, u.Email, local, domain, p.Name, p.GivenName, p.FamilyName, p.Nickname, p.PreferredUsername,
	} {
		parts := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		words = append(append(words, text, strings.Join(parts, "")), parts...)
	}
	return words
}
