package identity

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"plinto/tenant"
)

func TestCheckOwnUsername_takesNamesAndNotLookalikes(t *testing.T) {
	t.Parallel()
	acme := &tenant.Tenant{Name: "Acme", Slug: "acme", Settings: tenant.Settings{Branding: tenant.Branding{Name: "North Bank"}}}
	for name, want := range map[string]error{
		"ann": nil, "Zoë.Smith-2": nil, "алиса": nil, "山田タロウ": nil, "김철수": nil, "o_o_o": nil, "admiral": nil, "supporter": nil,
		"ab": ErrUsernameForm, "": ErrUsernameForm, strings.Repeat("a", 65): ErrUsernameForm, strings.Repeat("é", 64): nil,
		"a b c": ErrUsernameForm, "a@b.example": ErrUsernameForm, "ann\uff20b.example": ErrUsernameForm, "zero\u200bwidth": ErrUsernameForm, "12345": ErrUsernameForm, "...": ErrUsernameForm,
		"аnn": ErrUsernameForm, "annα": ErrUsernameForm, "ann♥": ErrUsernameForm, "\xff\xff\xff": ErrUsernameForm,
		"admin": ErrUsernameTaken, "ADMIN": ErrUsernameTaken, "admin1": ErrUsernameTaken, "ad-min": ErrUsernameTaken, "root": ErrUsernameTaken, "r00t": ErrUsernameTaken,
		"no-reply": ErrUsernameTaken, "security-team": ErrUsernameTaken, "acme": ErrUsernameTaken, "acme-official": ErrUsernameTaken, "northbank": ErrUsernameTaken, "north-bank-support": ErrUsernameTaken,
	} {
		if err := CheckOwnUsername(acme, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}

// An attacker who knows what the service is called tries that first.
func TestPasswordWords_haveTheBrand(t *testing.T) {
	t.Parallel()
	words := PasswordWords(&tenant.Tenant{Name: "prod-7", Slug: "p7", Settings: tenant.Settings{Branding: tenant.Branding{Name: "North Bank"}}}, &User{})
	for _, want := range []string{"prod-7", "p7", "North", "NorthBank"} {
		if !slices.Contains(words, want) {
			t.Errorf("%q is no word of %q", want, words)
		}
	}
}
