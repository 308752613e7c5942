package identity_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/password"
	"plinto/tenant"
)

// PWD-06: what an attacker tries first for this user of this tenant.
func TestDirectory_refusesPasswordsMadeOfNames(t *testing.T) {
	t.Parallel()
	d := identity.Directory{Hasher: password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}})}
	ctx := tenant.With(t.Context(), &tenant.Tenant{
		Slug: "acme-rockets", Name: "Acme Rocket Skates", Host: "id.skates.example",
		Settings: tenant.Settings{Password: tenant.PasswordPolicy{MinLength: 8}},
	})
	u := identity.User{Email: "wile.coyote@desert.example", Username: "wileec", Profile: identity.Profile{Name: "Wile Ethelbert Coyote"}}
	for _, weak := range []string{
		"acme2026!", "Acme-Rockets1", "AcmeRocketSkates", "rockets2026", "skates!!!", "wile.coyote", "wilecoyote1", "coyote1990", "C0y0te1990", "Ethelbert!", "wileec123", "desert2026", "WileEthelbertCoyote",
	} {
		if _, err := d.Create(ctx, event.Actor{}, u, weak); !errors.Is(err, password.ErrCommon) {
			t.Errorf("%q: %v", weak, err)
		}
		if err := d.SetPassword(ctx, event.Actor{}, u, weak, u.ID); !errors.Is(err, password.ErrCommon) {
			t.Errorf("set %q: %v", weak, err)
		}
	}
}

// PWD-27: long enough, and guessed early all the same; in words by what it is made of.
func TestDirectory_refusesPasswordsThatAreEasyToGuess(t *testing.T) {
	t.Parallel()
	d := identity.Directory{Hasher: password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}})}
	u := identity.User{Email: "wile.coyote@desert.example", Profile: identity.Profile{Name: "Wile Coyote"}}
	for typed, want := range map[string][5]error{ // by the least score that the tenant asks for, the default first
		"qpwoqpwoqpwoqpwo":          {password.ErrWeakPattern, password.ErrWeakPattern, password.ErrWeakPattern, password.ErrWeakPattern, password.ErrWeakPattern},
		"coyote-wile-coyote-wile":   {password.ErrWeakAbout, password.ErrWeakAbout, password.ErrWeakAbout, password.ErrWeakAbout, password.ErrWeakAbout},
		"iloveyouverymuch":          {password.ErrWeakWords, password.ErrWeakWords, password.ErrWeakWords, password.ErrWeakWords, password.ErrWeakWords},
		"alice in chains":           {nil, nil, nil, password.ErrWeakWords, password.ErrWeakWords},
		"hxq tavern at noon, twice": {},
	} {
		for score, want := range want {
			ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme", Settings: tenant.Settings{Password: tenant.PasswordPolicy{MinScore: score}}})
			if _, err := d.Hash(ctx, &u, typed); !errors.Is(err, want) {
				t.Errorf("%q, least score %d: %v, want %v", typed, score, err, want)
			}
		}
	}
}

// holders know who has a second factor.
type holders struct {
	identity.Users
	has uuid.UUID
}

func (h holders) HasSecondFactor(_ context.Context, id uuid.UUID) (bool, error) {
	return id == h.has, nil
}

// PWD-21.
func TestDirectory_wantsLongerPasswordsOfWhoHasNoSecondFactor(t *testing.T) {
	t.Parallel()
	with, without := identity.User{ID: uuid.New(), Email: "a@example.com"}, identity.User{ID: uuid.New(), Email: "b@example.com"}
	d := identity.Directory{Users: holders{has: with.ID}, Hasher: password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}})}
	ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme"})
	const short, long = "hxq tavern", "hxq tavern at noon"
	for name, tt := range map[string]struct {
		user  identity.User
		typed string
		want  error
	}{
		"a new user":                          {identity.User{Email: "c@example.com"}, short, password.ErrShort},
		"a new user, long":                    {identity.User{Email: "c@example.com"}, long, nil},
		"without a second factor":             {without, short, password.ErrShort},
		"without a second factor, long":       {without, long, nil},
		"with a second factor":                {with, short, nil},
		"with a second factor, short for all": {with, "hxq tav", password.ErrShort},
	} {
		if _, err := d.Hash(ctx, &tt.user, tt.typed); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
