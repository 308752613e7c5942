package bulk

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"plinto/internal/password"
)

func auth0Lines(t *testing.T, text string) (all []Line) {
	t.Helper()
	lines := Auth0(strings.NewReader(text))
	for {
		l, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
}

func TestAuth0_readsEachOfItsForms(t *testing.T) {
	t.Parallel()
	list := auth0Lines(t, ` [
		{"user_id": "auth0|1", "email": "Ann@example.com", "email_verified": true, "name": "ann@example.com", "given_name": "Ann", "blocked": true,
			"created_at": "2020-02-03T04:05:06.789Z", "app_metadata": {"plan": "pro"}, "user_metadata": {"color": "red"},
			"mfa_factors": [{"totp": {"secret": "GAYTEMZUGU3DOODZMFRGGZDFMZTWQ2LK"}}, {"phone": {"value": "+49"}}, {"email": {"value": "x"}}, {"totp": {"secret": "AA"}}]},
		{"user_id": "google-oauth2|2", "username": "bob", "user_metadata": []}]`)
	want := []string{
		`{"external_id":"1","email":"Ann@example.com","email_verified":true,"profile":{"given_name":"Ann"},"public_metadata":{"color":"red"},"private_metadata":{"plan":"pro"},` +
			`"blocked":true,"created_at":"2020-02-03T04:05:06.789Z","totp":[{"secret":"GAYTEMZUGU3DOODZMFRGGZDFMZTWQ2LK"}]}`,
		`{"external_id":"google-oauth2|2","username":"bob"}`,
	}
	for i, l := range list {
		if string(l.Raw) != want[i] || l.Err != nil {
			t.Errorf("read  %s, %v\nwant  %s", l.Raw, l.Err, want[i])
		}
	}
	if len(list) != 2 || len(list[0].Notes) != 3 || len(list[1].Notes) != 2 {
		t.Errorf("read %+v", list)
	}
	hashes := auth0Lines(t, `{"_id":{"$oid":"1"},"email_verified":true,"email":"ann@example.com","passwordHash":"$2b$10$x","password_set_date":{"$date":"2020-02-03"},"tenant":"a"}
{"id": "auth0|3", "email": "c@example.com"}
`)
	if len(hashes) != 2 || string(hashes[0].Raw) != `{"external_id":"1","email":"ann@example.com","email_verified":true,"password_hash":"$2b$10$x"}` || !strings.Contains(string(hashes[1].Raw), `"external_id":"3"`) {
		t.Errorf("read %s", hashes)
	}
	for _, text := range []string{"", " ", "user_id,email", "[1", `{"email": 1}`} {
		if _, err := Auth0(strings.NewReader(text)).Next(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Each notation of a hash that is taken is one that passwords are compared by.
func TestAuth0_writesHashesThatAreRead(t *testing.T) {
	t.Parallel()
	hasher := password.Hasher{}
	for name, c := range map[string]struct {
		custom string
		read   bool
	}{
		"bcrypt":          {`{"algorithm": "bcrypt", "hash": {"value": "$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K"}}`, true},
		"ldap":            {`{"algorithm": "ldap", "hash": {"value": "{SSHA}5cWKvD3lBTUxYhJmNtRfNKXiMl0xZvJ7c2FsdHNhbHQ="}}`, true},
		"pbkdf2":          {`{"algorithm": "pbkdf2", "hash": {"value": "$pbkdf2-sha512$i=100000,l=64$c2FsdHNhbHRzYWx0c2FsdA$` + strings.Repeat("A", 86) + `", "encoding": "utf8"}}`, true},
		"sha256, suffix":  {`{"algorithm": "sha256", "hash": {"value": "` + strings.Repeat("ab", 32) + `", "encoding": "hex"}, "salt": {"value": "c2FsdHNhbHQ=", "encoding": "base64", "position": "suffix"}}`, true},
		"sha256, prefix":  {`{"algorithm": "sha256", "hash": {"value": "` + strings.Repeat("ab", 32) + `", "encoding": "hex"}, "salt": {"value": "salt", "position": "prefix"}}`, false},
		"md5":             {`{"algorithm": "md5", "hash": {"value": "` + strings.Repeat("ab", 16) + `", "encoding": "hex"}}`, false},
		"pbkdf2, garbage": {`{"algorithm": "pbkdf2", "hash": {"value": "x"}}`, false},
	} {
		l := auth0Lines(t, `{"user_id": "1", "custom_password_hash": `+c.custom+`}`)[0]
		var row Row
		if err := json.Unmarshal(l.Raw, &row); err != nil {
			t.Fatal(err)
		}
		if got := l.Err == nil && hasher.Readable(row.PasswordHash); got != c.read {
			t.Errorf("%s: read %v as %q, %v", name, got, row.PasswordHash, l.Err)
		}
	}
}
