package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/identity"
	"plinto/internal/jwt"
	"plinto/internal/strictjson"
)

// leeway is the difference of clocks that is put up with.
const leeway = time.Minute

// signatures verifies signatures for the library: header, algorithm and form are checked more strictly than by it.
type signatures struct {
	connector  *Connector
	connection *federation.Connection
	jwks       string
}

// VerifySignature implements oidc.KeySet.
func (s *signatures) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	options := jwt.Options{Algorithms: jwt.Asymmetric(), KeyIDOptional: true}
	keys, err := s.connector.signingKeys(ctx, s.connection, s.jwks, false)
	if err != nil {
		return nil, err
	}
	payload, _, err := jwt.Verify(token, keys.signing, options)
	if !errors.Is(err, jwt.ErrUnknownKey) && !errors.Is(err, jwt.ErrSignature) {
		return payload, err
	}
	if keys, err = s.connector.signingKeys(ctx, s.connection, s.jwks, true); err != nil { // rotated, perhaps
		return nil, err
	}
	payload, _, err = jwt.Verify(token, keys.signing, options)
	return payload, err
}

// verify checks an ID token (OpenID Connect Core 1.0 §3.1.3.7) and returns its payload.
func (c *Connector) verify(ctx context.Context, conn *federation.Connection, m *metadata, r federation.Round, t tokens) ([]byte, error) {
	keys := &signatures{c, conn, m.JWKS}
	issuer, err := issuerOf(conn, t.id)
	if err != nil {
		return nil, federation.ErrAnswer.With(err)
	}
	verifier := oidc.NewVerifier(issuer, keys, &oidc.Config{
		ClientID: conn.ClientID, SupportedSigningAlgs: jwt.Asymmetric(), Now: func() time.Time { return c.now().Add(-leeway) },
	})
	token, err := verifier.Verify(ctx, t.id)
	if err != nil {
		return nil, unverified(err)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, federation.ErrAnswer.With(err)
	}
	if token.Issuer != issuer { // the library makes an exception for one provider
		return nil, federation.ErrAnswer.With(jwt.ErrIssuer)
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(t.access); err != nil {
			return nil, federation.ErrAnswer.With(err)
		}
	}
	if err := c.beyond(conn, issuer, r, payload); err != nil {
		return nil, federation.ErrAnswer.With(err)
	}
	return payload, nil
}

// unverified is why the library did not verify a token. That the keys could not be had is no fault of the token.
func unverified(err error) error {
	for _, ours := range []error{federation.ErrUnavailable, federation.ErrMisconfigured} {
		if errors.Is(err, ours) {
			return ours
		}
	}
	return federation.ErrAnswer.With(err)
}

// issuerOf is the issuer that an ID token has to be of. Where a provider has one for each of its customers, the token says whose it is,
// and the connection whether they may sign in.
func issuerOf(conn *federation.Connection, token string) (string, error) {
	if !conn.ManyIssuers() {
		return conn.Issuer, nil
	}
	payload, _, err := jwt.Peek(token)
	if err != nil {
		return "", err
	}
	var customer string
	err = strictjson.Object(payload, documentLimits, func(name string, value []byte) error {
		if name == "tid" {
			return readText(value, &customer)
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case !slices.Contains(conn.Tenants, customer):
		return "", errors.New("the connection does not name the tenant of the user")
	}
	return conn.IssuerOf(customer), nil
}

// beyond checks what the library does not: who else the token is for, its times, and that it is of this round.
func (c *Connector) beyond(conn *federation.Connection, issuer string, r federation.Round, payload []byte) error {
	standard, err := jwt.ParseStandard(payload)
	if err != nil {
		return err
	}
	if err := standard.Check(c.now(), jwt.Expected{Issuer: issuer, Audience: []string{conn.ClientID}, Leeway: leeway}); err != nil {
		return err
	}
	if standard.IssuedAt == nil {
		return errors.New("no iat")
	}
	var nonce, azp string
	err = strictjson.Object(payload, documentLimits, func(name string, value []byte) error {
		switch name {
		case "nonce":
			return readText(value, &nonce)
		case "azp":
			return readText(value, &azp)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case nonce != r.Nonce:
		return errors.New("the nonce is another round's")
	case azp != "" && azp != conn.ClientID, azp == "" && len(standard.Audience) > 1: // §3.1.3.7, 3 to 5
		return errors.New("the token is for another client too")
	}
	return nil
}

// claims are what is used of an ID token or a userinfo answer. A claim of the wrong type is refused where it says who
// somebody is, and left out elsewhere.
type claims struct {
	subject, email, username, name, given, family, acr, sid string

	verified bool
	amr      []string
	authTime *int64
	all      preset.Claims
}

// readClaims reads what a provider says of a person. of says how the connection reads it.
func readClaims(payload []byte, of *federation.Connection) (*claims, error) {
	if len(payload) > federation.MaxClaims {
		return nil, errors.New("the claims are larger than is read")
	}
	c := claims{all: preset.Claims{}}
	texts := map[string]*string{"email": &c.email, "preferred_username": &c.username, "name": &c.name, "given_name": &c.given, "family_name": &c.family, "acr": &c.acr, "sid": &c.sid}
	err := strictjson.Object(payload, documentLimits, func(name string, value []byte) error {
		c.all[name] = slices.Clone(value)
		switch into := texts[name]; {
		case name == of.SubjectClaim && of.Kind == federation.KindOAuth2:
			return readSubject(value, &c.subject)
		case name == "sub" && of.Kind != federation.KindOAuth2:
			return readText(value, &c.subject)
		case name == "amr":
			if json.Unmarshal(value, &c.amr) != nil || len(c.amr) > 20 {
				c.amr = nil
			}
		case name == "auth_time":
			if json.Unmarshal(value, &c.authTime) != nil {
				return errors.New("auth_time is no number of seconds")
			}
		case into != nil:
			if readText(value, into) != nil || !plain(*into) {
				*into = ""
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read claims: %w", err)
	}
	if c.subject == "" || len(c.subject) > 255 || strings.ContainsFunc(c.subject, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("sub is not 1 to 255 characters of ASCII") // OpenID Connect Core 1.0 §2
	}
	// The text "true" is somebody's mistake, or somebody's try, unless it is how the provider documents it.
	c.verified = preset.Of(of.Preset).Vouches(c.email, c.all)
	return &c, nil
}

// plain reports whether a text can be shown: short, and of characters that are seen.
func plain(s string) bool {
	return len(s) <= 255 && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fill adds what userinfo says where the ID token says nothing. An address comes with whether it is verified.
func (c *claims) fill(more *claims) {
	if c.email == "" {
		c.email, c.verified = more.email, more.verified
	}
	for name, value := range more.all {
		if _, there := c.all[name]; !there {
			c.all[name] = value
		}
	}
	for _, pair := range [][2]*string{{&c.username, &more.username}, {&c.name, &more.name}, {&c.given, &more.given}, {&c.family, &more.family}} {
		if *pair[0] == "" {
			*pair[0] = *pair[1]
		}
	}
}

// recent reports as an error that the user proved to the provider who they are before they had to.
func (c *claims) recent(r federation.Round) error {
	switch {
	case r.MaxAge == nil:
		return nil
	case c.authTime == nil && r.AuthTime:
		return errors.New("no auth_time, which max_age demands, or which the provider says that it tells")
	case c.authTime != nil && time.Unix(*c.authTime, 0).Before(r.BegunAt.Add(-leeway-time.Duration(*r.MaxAge)*time.Second)):
		return errors.New("the sign-in at the provider is too old")
	}
	return nil
}

func (c *claims) assertion(issuer string) federation.Assertion {
	return federation.Assertion{
		Issuer: issuer, Subject: c.subject, Email: c.email, EmailVerified: c.verified, Username: c.username, ACR: c.acr, SessionID: c.sid,
		AMR: slices.Clone(c.amr), Claims: c.all,
		Profile: identity.Profile{Name: c.name, GivenName: c.given, FamilyName: c.family},
	}
}
