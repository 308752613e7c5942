package manifest_test

import (
	"context"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/identity"
)

// An appStore notes whom an app was stored for.
type appStore struct{ taken []string }

// Take implements manifest.Apps.
func (a *appStore) Take(_ context.Context, u *identity.User, secret []byte, name string) error {
	a.taken = append(a.taken, u.Email+" "+name+" "+string(secret))
	return nil
}

const withApp = `tenants:
  - slug: demo
    users:
      - {email: mia@example.com, totp: [{name: Phone, secret: GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ}]}
`

// Authenticator apps are of users who are created: applying again gives nobody a second one.
func TestApply_givesNewUsersTheirAuthenticatorApps(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	apps := new(appStore)
	s.target.Apps = apps
	s.apply(withApp, false)
	s.apply(withApp, false)
	if got := strings.Join(apps.taken, ", "); got != "mia@example.com Phone 12345678901234567890" {
		t.Errorf("stored are %q", got)
	}
}

func TestParse_refusesAuthenticatorAppsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"short", "?", `""`, "GEZDGNBVGY3TQOJQ"} {
		_, _, err := manifest.Parse("f.yaml", []byte(strings.Replace(withApp, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", secret, 1)))
		if err == nil || !strings.Contains(err.Error(), "must be base32 of 16 to 64 bytes") || secret != `""` && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}
