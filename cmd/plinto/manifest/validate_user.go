package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/fault"
	"plinto/internal/password"
	"plinto/tenant"
)

// maxText bounds names and other texts of users, in characters.
const maxText = 255

var (
	phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	birthPattern = regexp.MustCompile(`^(?:[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})$`)
)

func index(i int) string { return fmt.Sprintf("[%d]", i) }

// canonical is the spelling by which users are compared, or "" of what cannot be one.
func canonical(identifier string) string {
	s, err := identity.Canonical(identifier)
	if err != nil {
		return ""
	}
	return s
}

func (v *validator) users(t *Tenant) error {
	t.names = newNames()
	return t.eachUsers(v.problems, func(users []User) error {
		for i := range users {
			u := &users[i]
			if u.At.node == nil || u.At.shape != shapeMap {
				continue
			}
			v.user(t, u)
			v.again(t.names, u.At.find("email"), canonical(u.Email), "the user")
			if canonical(u.Username) != canonical(u.Email) {
				v.again(t.names, u.At.find("username"), canonical(u.Username), "the user")
			}
		}
		return nil
	})
}

func (v *validator) user(t *Tenant, u *User) {
	if u.Email == "" && u.Username == "" {
		v.problems.at(u.At.node, "needs an email or a username")
	}
	if u.Email != "" && identity.CheckEmail(u.Email) != nil {
		v.problems.at(u.At.find("email"), "%q is not an email address", u.Email)
	}
	if u.Username != "" && identity.CheckUsername(u.Username) != nil {
		v.problems.at(u.At.find("username"), "must have at most 254 characters, none of them @, blank or invisible")
	}
	if !u.Password.Empty() {
		v.password(t, u)
	}
	if u.PhoneNumber != "" && !phonePattern.MatchString(u.PhoneNumber) {
		v.problems.at(u.At.find("phone_number"), "must be in E.164 form, such as +4930123456")
	}
	if u.Birthdate != "" && !birthPattern.MatchString(u.Birthdate) {
		v.problems.at(u.At.find("birthdate"), "must be YYYY-MM-DD, 0000-MM-DD or YYYY")
	}
	if u.Zoneinfo != "" {
		if _, err := time.LoadLocation(u.Zoneinfo); err != nil {
			v.problems.at(u.At.find("zoneinfo"), "is not a time zone such as Europe/Berlin")
		}
	}
	for name, uri := range map[string]string{"profile": u.Profile.Profile, "picture": u.Picture, "website": u.Website} {
		if uri != "" && !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://") {
			v.problems.at(u.At.find(name), "must start with https:// or http://")
		}
	}
	v.apps(u)
	for _, f := range u.At.fields {
		if text, ok := f.value.scalar.(string); ok && f.name != "password" {
			v.shortText(f.value, text)
		}
	}
}

// apps looks at the authenticator apps of a user.
func (v *validator) apps(u *User) {
	if len(u.TOTP) > mfa.MaxTOTP {
		v.problems.at(u.At.find("totp"), "must have at most %d authenticator apps", mfa.MaxTOTP)
	}
	for i := range u.TOTP {
		if _, err := mfa.ParseSecret(u.TOTP[i].Secret.Reveal()); err != nil {
			v.problems.at(cmp.Or(u.At.find(fmt.Sprintf("totp[%d].secret", i)), u.At.node), "must be base32 of 16 to 64 bytes")
		}
	}
}

// password applies the rules that hold for every password. Whether it is long enough for its
// user is known once it is compared with the one that the user has.
func (v *validator) password(t *Tenant, u *User) {
	clean, err := password.Normalize(u.Password.Reveal())
	if err == nil {
		about := identity.PasswordWords(
			&tenant.Tenant{Slug: t.Slug, Name: t.Name, Host: t.Host},
			&identity.User{Email: u.Email, Username: u.Username, Profile: u.Profile})
		err = password.Rules{About: about}.CheckText(clean)
	}
	var fail *fault.Error
	if errors.As(err, &fail) {
		v.problems.at(u.At.find("password"), "%s", fail.Message)
	}
}

func (v *validator) shortText(n *node, text string) {
	switch {
	case utf8.RuneCountInString(text) > 8*maxText:
		v.problems.at(n, "must have at most %d characters", 8*maxText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		v.problems.at(n, "must not contain control characters")
	}
}
