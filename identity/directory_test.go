package identity_test

import (
	"errors"
	"testing"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/phc"
	"plinto/tenant"
)

// PWD-06: what an attacker tries first for this user of this tenant.
func TestDirectory_refusesPasswordsMadeOfNames(t *testing.T) {
	t.Parallel()
	d := identity.Directory{Hasher: phc.New(phc.Options{Cost: phc.Cost{Memory: 64, Time: 1}})}
	ctx := tenant.With(t.Context(), &tenant.Tenant{Slug: "acme-rockets", Name: "Acme Rocket Skates", Host: "id.skates.example"})
	u := identity.User{Email: "wile.coyote@desert.example", Username: "wileec", Profile: identity.Profile{Name: "Wile Ethelbert Coyote"}}
	for _, password := range []string{
		"acme2026!", "Acme-Rockets1", "AcmeRocketSkates", "rockets2026", "skates!!!", "wile.coyote", "wilecoyote1", "coyote1990", "C0y0te1990", "Ethelbert!", "wileec123", "desert2026", "WileEthelbertCoyote",
	} {
		if _, err := d.Create(ctx, event.Actor{}, u, password); !errors.Is(err, phc.ErrCommon) {
			t.Errorf("%q: %v", password, err)
		}
		if err := d.SetPassword(ctx, event.Actor{}, u, password, u.ID); !errors.Is(err, phc.ErrCommon) {
			t.Errorf("set %q: %v", password, err)
		}
	}
}
