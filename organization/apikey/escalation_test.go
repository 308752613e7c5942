package apikey_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"plinto/organization"
	"plinto/organization/apikey"
)

// APK-03: no key has a right that its maker has not, whoever makes it for whomever; nor does a key
// get one later that its user has not. Generated: every set of rights of a maker, of an owner and of a key.
func TestKey_gainsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rights := []organization.Permission{organization.APIKeysWrite, organization.UsersRead, organization.UsersWrite}
	sets := make([][]organization.Permission, 1<<len(rights))
	for n := range sets {
		for i, p := range rights {
			if n>>i&1 == 1 {
				sets[n] = append(sets[n], p)
			}
		}
	}
	within := func(inner, outer []organization.Permission) bool {
		return !slices.ContainsFunc(inner, func(p organization.Permission) bool { return !slices.Contains(outer, p) })
	}
	ids := make([]uuid.UUID, len(sets))
	for n := range sets {
		ids[n] = w.user(sets[n]...).ID
	}
	cases, gains := 0, 0
	for _, makers := range sets {
		maker := w.user(makers...)
		for _, key := range sets[1:] {
			for owner := -1; owner < len(sets); owner++ {
				cases++
				n := apikey.New{Name: "ci", Permissions: key} // of the tenant
				may := within(key, makers)
				if owner >= 0 {
					n.UserID = ids[owner]
					may = may && within(key, sets[owner]) && within(sets[owner], makers)
				}
				_, plain, err := w.Create(w.as(maker), n)
				if err != nil && !errors.Is(err, organization.ErrCannotConfer) && !errors.Is(err, organization.ErrCannotActOn) && !errors.Is(err, apikey.ErrOwner) {
					t.Fatal(err)
				}
				if may != (err == nil) {
					t.Errorf("maker %v, owner %d, key %v: got %v, want made %v", makers, owner, key, err, may)
				}
				if err == nil {
					_, a, err := w.Authenticate(w.ctx, plain.Reveal())
					must(t, err)
					if !within(a.Rights, makers) {
						gains++
					}
				}
			}
		}
	}
	t.Logf("%d cases, %d gains", cases, gains)
	if gains != 0 || cases != 8*7*9 {
		t.Errorf("%d gains in %d cases, want 0 in %d", gains, cases, 8*7*9)
	}
}

// APK-04: a key loses what its user loses, and has it again when they have.
func TestKey_hasNoMoreThanItsUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user()
	role := w.role(organization.UsersRead, organization.UsersWrite)
	must(t, w.Roles.Assign(w.ctx, u.ID, role))
	_, plain := w.key(u.ID, organization.UsersRead, organization.UsersWrite)
	for _, want := range [][]organization.Permission{{organization.UsersRead}, nil} {
		_, err := w.Roles.Update(w.ctx, organization.TenantRole, role, func(r *organization.Role) error { r.Permissions = want; return nil })
		must(t, err)
		if _, a, err := w.Authenticate(w.ctx, plain); err != nil || !slices.Equal(a.Rights, want) && len(a.Rights)+len(want) > 0 {
			t.Errorf("the key has %v, %v, want %v", a.Rights, err, want)
		}
	}
	must(t, w.Roles.Assign(w.ctx, u.ID, organization.Administrator))
	_, a, err := w.Authenticate(w.ctx, plain)
	if err != nil || len(a.Rights) != 2 {
		t.Errorf("of all that its user has got the key has %v, %v, want the two it was made with", a.Rights, err)
	}
}

// GHSA-rxmp-8h9v-56cx: who loses a right while they put it into a key has put it there or has not got
// it: a key that was made is of before.
func TestKey_isDecidedOnWhatIsSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		maker := w.user()
		role := w.role(organization.UsersWrite)
		must(t, w.Roles.Assign(w.ctx, maker.ID, role))
		as := w.as(maker) // says that they have the right
		must(t, w.Roles.Unassign(w.ctx, maker.ID, role))
		_, _, err := w.Create(as, apikey.New{Name: "ci", Permissions: []organization.Permission{organization.UsersWrite}})
		if !errors.Is(err, organization.ErrCannotConfer) {
			t.Fatalf("made by somebody who has lost the right: %v", err)
		}
	}
	u := w.user(organization.UsersWrite)
	made, plain := w.key(u.ID, organization.UsersWrite)
	_, a, err := w.Authenticate(w.ctx, plain)
	must(t, err)
	as := organization.WithAuthority(w.ctx, a)
	must(t, w.Revoke(w.ctx, made.ID))
	_, _, err = w.Create(as, apikey.New{Name: "ci", Permissions: []organization.Permission{organization.UsersWrite}})
	if !errors.Is(err, apikey.ErrUnknown) {
		t.Errorf("a key that was revoked makes another: %v", err)
	}
}

// APK-06: who has fewer rights than a key ends it not, but their own they do.
func TestKey_isRevokedByWhoOutranksIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	helper, u := w.user(organization.APIKeysWrite), w.user(organization.UsersWrite)
	made, plain := w.key(u.ID, organization.UsersWrite)
	if err := w.Revoke(w.as(helper), made.ID); !errors.Is(err, organization.ErrCannotActOn) || !w.stands(plain) {
		t.Errorf("revoked by somebody with fewer rights: %v", err)
	}
	if err := w.RevokeOf(w.ctx, uuid.Nil, made.ID); !errors.Is(err, apikey.ErrNotFound) {
		t.Errorf("revoked by nobody: %v", err)
	}
	must(t, w.RevokeOf(w.as(u), u.ID, made.ID))
}
