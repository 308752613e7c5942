package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/federation/preset"
	"plinto/internal/egress"
	"plinto/internal/strictjson"
	"plinto/tenant"
)

// Finish implements federation.Connector.
func (c *Connector) Finish(ctx context.Context, conn *federation.Connection, r federation.Round, answer url.Values) (federation.Assertion, error) {
	if err := single(answer); err != nil {
		return federation.Assertion{}, err
	}
	if iss := answer.Get("iss"); iss != "" && !conn.AnswersAs(iss) { // RFC 9207 §2.4, also before an error is believed
		return federation.Assertion{}, federation.ErrAnswer.With(errors.New("iss of the answer is another provider's"))
	}
	if code := answer.Get("error"); code != "" {
		return federation.Assertion{}, refusal(code)
	}
	if answer.Get("code") == "" {
		return federation.Assertion{}, federation.ErrAnswer.With(errors.New("the answer has no code"))
	}
	var out federation.Assertion
	err := c.do(ctx, conn, func(ctx context.Context) (err error) {
		out, err = c.exchange(ctx, conn, r, answer)
		return err
	})
	return out, err
}

// single refuses parameters that are given twice (RFC 6749 §3.1).
func single(answer url.Values) error {
	for _, name := range []string{"code", "state", "iss", "error"} {
		if len(answer[name]) > 1 {
			return federation.ErrAnswer.With(fmt.Errorf("%s is given twice", name))
		}
	}
	return nil
}

// refusal is what an error code means (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6). Nothing of it is repeated.
func refusal(code string) error {
	cause := errors.New("the provider refused")
	switch code {
	case "access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required":
		return federation.ErrDenied.With(cause)
	case "server_error", "temporarily_unavailable":
		return federation.ErrUnavailable.With(cause)
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "request_not_supported", "registration_not_supported":
		return federation.ErrMisconfigured.With(cause)
	}
	return federation.ErrAnswer.With(cause)
}

// tokens are what is used of a token answer (OpenID Connect Core 1.0 §3.1.3.3). They are kept by nobody.
type tokens struct{ id, access string }

// exchange redeems the code and checks what it is worth.
func (c *Connector) exchange(ctx context.Context, conn *federation.Connection, r federation.Round, answer url.Values) (none federation.Assertion, err error) {
	m, err := c.metadata(ctx, conn)
	if err != nil {
		return none, err
	}
	if m.AnswersName && answer.Get("iss") == "" {
		return none, federation.ErrAnswer.With(errors.New("the answer has no iss, which the provider says that it sends"))
	}
	t, err := c.redeem(ctx, conn, m, r, answer.Get("code"))
	if err != nil {
		return none, err
	}
	read := c.identify
	if conn.Kind == federation.KindOAuth2 {
		read = c.profile
	}
	claims, issuer, err := read(ctx, conn, m, r, t)
	if err != nil {
		return none, err
	}
	r.AuthTime = r.AuthTime || m.TellsWhen
	if err := claims.recent(r); err != nil {
		return none, federation.ErrAnswer.With(err)
	}
	if preset.Of(conn.Preset).NameOnce {
		claims.named(answer.Get("user"))
	}
	return claims.assertion(issuer), nil
}

// identify reads who somebody is of the ID token, and of userinfo what is not there.
func (c *Connector) identify(ctx context.Context, conn *federation.Connection, m *metadata, r federation.Round, t tokens) (*claims, string, error) {
	issuer, err := issuerOf(conn, t.id)
	if err != nil {
		return nil, "", federation.ErrAnswer.With(err)
	}
	payload, err := c.verify(ctx, conn, m, r, t)
	if err != nil {
		return nil, "", err
	}
	claims, err := readClaims(payload, conn)
	if err != nil {
		return nil, "", federation.ErrAnswer.With(err)
	}
	if m.UserInfo == "" || t.access == "" || claims.email != "" && !claims.lacks(conn) {
		return claims, issuer, nil
	}
	return claims, issuer, c.userinfo(ctx, conn, m, t, claims)
}

// redeem sends the code to the token endpoint (OpenID Connect Core 1.0 §3.1.3.1).
func (c *Connector) redeem(ctx context.Context, conn *federation.Connection, m *metadata, r federation.Round, code string) (t tokens, err error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {r.RedirectURI}, "code_verifier": {r.Verifier}}
	id, secret, err := c.authenticate(ctx, conn, form)
	if err != nil {
		return t, err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return t, federation.ErrMisconfigured.With(err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Accept", "application/json")
	if id != "" {
		q.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) // RFC 6749 §2.3.1
	}
	answer, err := c.call(ctx, conn, q)
	if err != nil {
		return t, err
	}
	return readTokens(conn.Kind, answer.Status, answer.Body)
}

// authenticate adds to a form how the provider knows that it is us, or returns what goes into the Authorization header.
func (c *Connector) authenticate(ctx context.Context, conn *federation.Connection, form url.Values) (id, secret string, err error) {
	credentials, err := c.vault.Open(tenant.Must(ctx).ID, conn)
	if err != nil {
		return "", "", err
	}
	switch conn.AuthMethod {
	case federation.AuthBasic:
		return conn.ClientID, credentials.Secret, nil
	case federation.AuthPost:
		form.Set("client_id", conn.ClientID)
		form.Set("client_secret", credentials.Secret)
		return "", "", nil
	case federation.AuthSigned:
		signed, err := c.signedSecret(conn, &credentials)
		form.Set("client_id", conn.ClientID)
		form.Set("client_secret", signed)
		return "", "", err
	}
	signer, err := credentials.Signer()
	if err != nil {
		return "", "", err
	}
	now := c.now()
	// The audience is the issuer, as one string: an assertion for a token endpoint that somebody else named would be good at
	// the right one too (draft-ietf-oauth-rfc7523bis).
	payload, err := json.Marshal(map[string]any{
		"iss": conn.ClientID, "sub": conn.ClientID, "aud": conn.Issuer, "jti": uuid.NewString(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	})
	if err != nil {
		return "", "", err
	}
	assertion, err := signer.Sign("JWT", payload)
	if err != nil {
		return "", "", err
	}
	form.Set("client_id", conn.ClientID)
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", assertion)
	return "", "", nil
}

// readTokens reads a token answer, or why there is none (RFC 6749 §5.2).
func readTokens(kind string, status int, body []byte) (t tokens, err error) {
	var code, bearer string
	texts := map[string]*string{"id_token": &t.id, "access_token": &t.access, "token_type": &bearer, "error": &code}
	parsed := strictjson.Object(body, documentLimits, func(name string, value []byte) error {
		if into, ok := texts[name]; ok {
			return readText(value, into)
		}
		return nil
	})
	switch {
	case status >= http.StatusInternalServerError:
		return t, federation.ErrUnavailable.With(statusError(status))
	case parsed == nil && (status != http.StatusOK && code == "invalid_grant" || code == "bad_verification_code"):
		return t, federation.ErrAnswer.With(errors.New("the provider does not know the code"))
	case status != http.StatusOK, parsed == nil && code != "": // some say so with status 200
		return t, federation.ErrMisconfigured.With(statusError(status))
	case parsed != nil:
		return t, federation.ErrAnswer.With(parsed)
	case kind == federation.KindOIDC && t.id == "", kind == federation.KindOAuth2 && t.access == "", !strings.EqualFold(bearer, "Bearer"):
		return t, federation.ErrAnswer.With(errors.New("the token answer has no ID token, or no bearer token"))
	}
	return t, nil
}

// userinfo adds what the ID token does not say (OpenID Connect Core 1.0 §5.3), of the same subject.
func (c *Connector) userinfo(ctx context.Context, conn *federation.Connection, m *metadata, t tokens, into *claims) error {
	answer, err := c.askAs(ctx, conn, m.UserInfo, t)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return nil // what it would have said is not needed
	}
	more, err := readClaims(answer.Body, conn)
	if err != nil || more.subject != into.subject {
		return federation.ErrAnswer.With(errors.New("userinfo is about somebody else")) // §5.3.2
	}
	into.fill(more)
	return nil
}

// askAs makes a request with the access token of a round.
func (c *Connector) askAs(ctx context.Context, conn *federation.Connection, address string, t tokens) (egress.Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return egress.Answer{}, federation.ErrMisconfigured.With(err)
	}
	r.Header.Set("Authorization", "Bearer "+t.access)
	r.Header.Set("Accept", "application/json")
	return c.call(ctx, conn, r)
}
