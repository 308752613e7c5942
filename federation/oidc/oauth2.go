package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"plinto/federation"
	"plinto/federation/preset"
)

// profile reads who somebody is of what the provider answers to an access token of theirs (RFC 6749 has no ID token). The token was
// got for the code of this round, with PKCE and the client's credentials: it is nobody else's.
func (c *Connector) profile(ctx context.Context, conn *federation.Connection, m *metadata, _ federation.Round, t tokens) (*claims, string, error) {
	answer, err := c.askAs(ctx, conn, m.UserInfo, t)
	switch {
	case err != nil:
		return nil, "", err
	case answer.Status >= http.StatusInternalServerError:
		return nil, "", federation.ErrUnavailable.With(statusError(answer.Status))
	case answer.Status != http.StatusOK:
		return nil, "", federation.ErrMisconfigured.With(statusError(answer.Status))
	}
	claims, err := readClaims(answer.Body, conn)
	if err != nil {
		return nil, "", federation.ErrAnswer.With(err)
	}
	if claims.username == "" {
		claims.username = claims.text("login")
	}
	if preset.Of(conn.Preset).Emails {
		claims.email, claims.verified = c.primaryEmail(ctx, conn, m, t)
	}
	return claims, conn.Issuer, nil
}

// maxEmails is how many addresses of an account are looked at.
const maxEmails = 100

// primaryEmail asks for the address that is the account's first and that its user showed to read, or returns none: an account may
// have no address that we may see.
func (c *Connector) primaryEmail(ctx context.Context, conn *federation.Connection, m *metadata, t tokens) (email string, verified bool) {
	answer, err := c.askAs(ctx, conn, m.UserInfo+"/emails", t)
	if err != nil || answer.Status != http.StatusOK {
		return "", false
	}
	var all []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if json.Unmarshal(answer.Body, &all) != nil || len(all) > maxEmails {
		return "", false
	}
	for _, one := range all {
		if one.Primary && one.Verified && plain(one.Email) {
			return one.Email, true
		}
	}
	return "", false
}

// wholeNumber is how JSON writes the numbers that accounts are known by.
var wholeNumber = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)

// readSubject reads what an account is known by: a text, or a whole number as it is written.
func readSubject(value []byte, into *string) error {
	if wholeNumber.Match(value) {
		*into = string(value)
		return nil
	}
	return readText(value, into)
}

// text is a claim that is a text which can be shown, or "".
func (c *claims) text(name string) string {
	if s := c.all.Text(name); plain(s) {
		return s
	}
	return ""
}

// lacks reports whether the connection takes a claim over that is not there.
func (c *claims) lacks(conn *federation.Connection) bool {
	missing := func(name string) bool {
		_, there := c.all.Find(name)
		return name != "" && !there
	}
	for _, name := range conn.Claims {
		if missing(name) {
			return true
		}
	}
	return missing(conn.GroupsClaim)
}

// named adds the name that the provider says once, to the browser: it is the user's own, and says nothing of who they are.
func (c *claims) named(user string) {
	var said struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if user == "" || json.Unmarshal([]byte(user), &said) != nil || !plain(said.Name.First) || !plain(said.Name.Last) {
		return
	}
	for name, one := range map[string]struct {
		into  *string
		value string
	}{
		"given_name":  {&c.given, said.Name.First},
		"family_name": {&c.family, said.Name.Last},
		"name":        {&c.name, strings.TrimSpace(said.Name.First + " " + said.Name.Last)},
	} {
		if *one.into != "" || one.value == "" {
			continue
		}
		*one.into = one.value
		if raw, err := json.Marshal(one.value); err == nil {
			c.all[name] = raw
		}
	}
}

// secretLife is how long a signed client secret counts: it is for one request.
const secretLife = 5 * time.Minute

// signedSecret makes the client secret of a provider that wants one signed with a key that it gave.
func (c *Connector) signedSecret(conn *federation.Connection, credentials *federation.Credentials) (string, error) {
	signer, err := credentials.SecretSigner(conn.KeyID)
	if err != nil {
		return "", federation.ErrMisconfigured.With(err)
	}
	now := c.now()
	payload, err := json.Marshal(map[string]any{
		"iss": conn.TeamID, "sub": conn.ClientID, "aud": conn.Issuer, "iat": now.Unix(), "exp": now.Add(secretLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	return signer.Sign("JWT", payload)
}
