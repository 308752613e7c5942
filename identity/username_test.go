package identity

import (
	"errors"
	"strings"
	"testing"

	"plinto/tenant"
)

func TestCheckOwnUsername_takesNamesAndNotLookalikes(t *testing.T) {
	t.Parallel()
	acme := &tenant.Tenant{Name: "Acme", Slug: "acme"}
	for name, want := range map[string]error{
		"ann": nil, "Zoë.Smith-2": nil, "алиса": nil, "山田タロウ": nil, "김철수": nil, "o_o_o": nil, "admiral": nil, "supporter": nil,
		"ab": ErrUsernameForm, "": ErrUsernameForm, strings.Repeat("a", 65): ErrUsernameForm, strings.Repeat("é", 64): nil,
		"a b c": ErrUsernameForm, "a@b.example": ErrUsernameForm, "ann\uff20b.example": ErrUsernameForm, "zero\u200bwidth": ErrUsernameForm, "12345": ErrUsernameForm, "...": ErrUsernameForm,
		"аnn": ErrUsernameForm, "annα": ErrUsernameForm, "ann♥": ErrUsernameForm, "\xff\xff\xff": ErrUsernameForm,
		"admin": ErrUsernameTaken, "ADMIN": ErrUsernameTaken, "admin1": ErrUsernameTaken, "ad-min": ErrUsernameTaken, "root": ErrUsernameTaken, "r00t": ErrUsernameTaken,
		"no-reply": ErrUsernameTaken, "security-team": ErrUsernameTaken, "acme": ErrUsernameTaken, "acme-official": ErrUsernameTaken,
	} {
		if err := CheckOwnUsername(acme, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}
