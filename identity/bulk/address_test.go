package bulk

import (
	"testing"

	"plinto/identity"
)

// ADR-14: a line that has another address does not make it one that was verified, unless it says so.
func TestRow_verifiesNoOtherAddress(t *testing.T) {
	t.Parallel()
	same, other, number, yes := "Ann@Example.com", "other@example.com", "+4930999999", true
	for name, c := range map[string]struct {
		row          Row
		email, phone bool
	}{
		"nothing":               {Row{}, true, true},
		"the same":              {Row{Email: &same}, true, true},
		"another":               {Row{Email: &other}, false, true},
		"another, verified":     {Row{Email: &other, EmailVerified: &yes}, true, true},
		"another number":        {Row{Phone: &number}, true, false},
		"that, which is theirs": {Row{Phone: &number, PhoneVerified: &yes}, true, true},
	} {
		u := identity.User{Email: "ann@example.com", EmailVerified: true, Phone: "+4930123456", PhoneVerified: true, Kept: new(identity.Kept)}
		if err := c.row.edit(&u); err != nil || u.EmailVerified != c.email || u.PhoneVerified != c.phone {
			t.Errorf("%s: verified are %v and %v (%v), want %v and %v", name, u.EmailVerified, u.PhoneVerified, err, c.email, c.phone)
		}
	}
}
