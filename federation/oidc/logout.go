package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/federation"
	"plinto/internal/jwt"
	"plinto/internal/strictjson"
)

const (
	logoutType  = "logout+jwt"                                         // RFC 8725 §3.11, Back-Channel Logout 1.0 §2.4
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout" // member of events
	// maxLogoutLife is how long a logout token may be good: its jti is kept that long.
	maxLogoutLife = time.Hour
)

// LogoutURL implements federation.RPLogoutConnector (RP-Initiated Logout 1.0 §2). There is no id_token_hint, as tokens of the provider are not
// kept: it may ask the user.
func (c *Connector) LogoutURL(ctx context.Context, conn *federation.Connection, back, state, locales string) (to string, err error) {
	err = c.do(ctx, conn, func(ctx context.Context) error {
		m, err := c.metadata(ctx, conn)
		if err != nil || m.EndSession == "" {
			return err
		}
		u, err := url.Parse(m.EndSession)
		if err != nil {
			return federation.ErrMisconfigured.With(err)
		}
		q := u.Query()
		q.Set("client_id", conn.ClientID)
		q.Set("post_logout_redirect_uri", back)
		q.Set("state", state)
		q.Set("ui_locales", locales)
		u.RawQuery, u.Fragment = q.Encode(), ""
		to = u.String()
		return nil
	})
	return to, err
}

// LogoutToken implements federation.BackChannelConnector: OpenID Connect Back-Channel Logout 1.0 §2.6, each of its steps.
func (c *Connector) LogoutToken(ctx context.Context, conn *federation.Connection, token string) (told federation.UpstreamLogout, err error) {
	if _, header, err := jwt.Peek(token); err != nil || !logoutTyped(header.Type) {
		return told, federation.ErrLogoutToken.With(errors.Join(errors.New("no token, or one of another type"), err))
	}
	var payload []byte
	err = c.do(ctx, conn, func(ctx context.Context) error {
		m, err := c.metadata(ctx, conn)
		if err != nil {
			return err
		}
		payload, err = (&signatures{c, conn, m.JWKS}).VerifySignature(ctx, token)
		if err != nil {
			return unverified(err)
		}
		return nil
	})
	if errors.Is(err, federation.ErrAnswer) {
		return told, federation.ErrLogoutToken.With(err)
	}
	if err != nil {
		return told, err
	}
	if told, err = c.readLogout(conn, payload); err != nil {
		return told, federation.ErrLogoutToken.With(err)
	}
	return told, nil
}

// logoutTyped reports whether a token of that type can be a logout token. Providers of before the final specification say JWT or
// nothing; what tells the kinds apart then is events, which an ID token has not, and nonce, which a logout token has not.
func logoutTyped(typ string) bool {
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	return slices.Contains([]string{logoutType, "jwt", ""}, typ)
}

// readLogout checks the claims of a logout token.
func (c *Connector) readLogout(conn *federation.Connection, payload []byte) (told federation.UpstreamLogout, err error) {
	standard, err := jwt.ParseStandard(payload)
	if err != nil {
		return told, err
	}
	// Where a provider has one issuer for each of its customers, ID tokens and so identities are of those.
	if !conn.AnswersAs(standard.Issuer) {
		return told, jwt.ErrIssuer
	}
	want := jwt.Expected{Audience: []string{conn.ClientID}, Leeway: leeway, MaxLifetime: maxLogoutLife}
	if err := standard.Check(c.now(), want); err != nil {
		return told, err
	}
	told.Issuer, told.Subject, told.ID = standard.Issuer, standard.Subject, standard.ID
	logout := false
	err = strictjson.Object(payload, documentLimits, func(name string, value []byte) error {
		switch name {
		case "nonce":
			return errors.New("nonce is there: it is no logout token")
		case "sid":
			var sid string
			err := readText(value, &sid)
			if sid != "" {
				told.SessionIDs = []string{sid}
			}
			return err
		case "events":
			return strictjson.Object(value, documentLimits, func(name string, value []byte) error {
				logout = logout || name == logoutEvent && value[0] == '{'
				return nil
			})
		}
		return nil
	})
	switch {
	case err != nil:
		return told, err
	case !logout:
		return told, errors.New("events does not say that it is a logout token")
	case standard.IssuedAt == nil || standard.ID == "" || len(standard.ID) > 255:
		return told, errors.New("no iat, or no jti of 1 to 255 bytes")
	case told.Subject == "" && len(told.SessionIDs) == 0:
		return told, errors.New("neither sub nor sid")
	}
	told.Expires = time.Unix(*standard.Expiry, 0).Add(leeway)
	return told, nil
}
