package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// codeGrant redeems authorization codes (RFC 6749 §4.1.3) with PKCE (RFC 7636).
type codeGrant struct{ *Engine }

// exchange spends the code in the first statement of the transaction that stores the tokens,
// and mostly the only one. That the code is spent is committed even when the request is
// refused: after a wrong verifier nobody can try again without one.
func (g *codeGrant) exchange(ctx context.Context, c *provider.Client, form web.Form, s *session) error {
	if !c.HasGrant(provider.GrantCode) {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	code := form.Get("code")
	if code == "" {
		return refusal("invalid_request", "code is missing")
	}
	if err := g.prepare(ctx, s); err != nil {
		return err
	}
	if !secret.WellFormed(provider.CodePrefix, code) {
		return g.guessed(ctx, c, provider.ErrCodeUnknown)
	}
	token, first := g.firstRefresh(ctx, c, s)
	var refused error // with the code burnt
	redeem := func(ctx context.Context) error {
		redeemed, err := g.Grants.Redeem(ctx, c.ID, provider.HashToken(ctx, provider.PurposeCode, code), first)
		if err != nil {
			return err
		}
		renews := redeemed.Grant.Offline && token != ""
		if refused = g.accept(ctx, c, s, &redeemed, form); refused != nil {
			return g.forget(ctx, first, renews)
		}
		if renews {
			s.response.RefreshToken = token
		}
		return g.keep(ctx, c, s)
	}
	var err error
	if mayKeep(s) {
		err = g.Tx.InTx(ctx, redeem)
	} else {
		err = redeem(ctx)
	}
	switch {
	case refused != nil && err == nil:
		return refused
	case errors.Is(err, provider.ErrCodeUnknown):
		return g.guessed(ctx, c, err)
	}
	return err
}

// forget deletes the refresh token of a refused request, if it was stored with the code.
func (g *codeGrant) forget(ctx context.Context, first provider.RefreshToken, stored bool) error {
	if !stored {
		return nil
	}
	return g.RefreshTokens.Forget(ctx, first.Hash)
}

// firstRefresh makes the refresh token of a client that may have one.
func (g *codeGrant) firstRefresh(ctx context.Context, c *provider.Client, s *session) (token string, kept provider.RefreshToken) {
	if !c.HasGrant(provider.GrantRefresh) {
		return "", kept
	}
	token = secret.Token(provider.RefreshPrefix)
	return token, g.refreshToken(ctx, s, token)
}

// accept checks the token request against the redeemed code and plans the tokens.
func (g *codeGrant) accept(ctx context.Context, c *provider.Client, s *session, redeemed *provider.Redemption, form web.Form) error {
	t := tenant.Must(ctx)
	s.grant, s.user, s.nonce, s.scopes = redeemed.Grant, redeemed.User, redeemed.Code.Nonce, redeemed.Grant.Scopes
	if err := checkRedemption(redeemed.Code, c.NeedsPKCE(t.Settings.RequirePKCE), form); err != nil {
		return err
	}
	return g.plan(ctx, c, s, form.Given("resource"))
}

// checkRedemption compares the token request with the authorization request.
// pkce says that the client must use it.
func checkRedemption(code provider.Code, pkce bool, form web.Form) error {
	// RFC 6749 §4.1.3: required if it was sent, and then identical.
	if uri := form.Get("redirect_uri"); (code.RedirectURISent || uri != "") && uri != code.RedirectURI {
		return refusal("invalid_grant", "redirect_uri is not the one of the authorization request")
	}
	verifier := form.Get("code_verifier")
	switch {
	case code.Challenge == "" && pkce:
		return refusal("invalid_grant", "the client must use PKCE")
	case code.Challenge == "" && verifier != "":
		// A verifier without a challenge is somebody who took the challenge out
		// of the authorization request (RFC 9700 §2.1.1).
		return refusal("invalid_grant", "the authorization request had no code_challenge")
	case code.Challenge == "":
		return nil
	case !wellFormedVerifier(verifier):
		return refusal("invalid_grant", "code_verifier is missing or malformed")
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(code.Challenge)) != 1 {
		return refusal("invalid_grant", "code_verifier does not fit the code_challenge")
	}
	return nil
}

// wellFormedVerifier is RFC 7636 §4.1: 43 to 128 unreserved characters.
func wellFormedVerifier(v string) bool {
	if len(v) < 43 || len(v) > 128 {
		return false
	}
	return !strings.ContainsFunc(v, func(c rune) bool {
		unreserved := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c)
		return !unreserved
	})
}
