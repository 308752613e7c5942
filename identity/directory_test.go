package identity_test

import (
	"errors"
	"testing"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/password"
	"plinto/tenant"
)

// PWD-06: what an attacker tries first for this user of this tenant.
func TestDirectory_refusesPasswordsMadeOfNames(t *testing.T) {
	t.Parallel()
	d := identity.Directory{Hasher: password.New(password.Options{Cost: password.Cost{Memory: 64, Time: 1}})}
	ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme-rockets", Name: "Acme Rocket Skates", Host: "id.skates.example"})
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
