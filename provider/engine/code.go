package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/ory/fosite"

	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// codeGrant redeems authorization codes (RFC 6749 §4.1.3) with PKCE (RFC 7636).
type codeGrant struct{ *Engine }

// CanHandleTokenEndpointRequest implements fosite.TokenEndpointHandler.
func (*codeGrant) CanHandleTokenEndpointRequest(context.Context, fosite.AccessRequester) bool {
	return true
}

// CanSkipClientAuth implements fosite.TokenEndpointHandler.
func (*codeGrant) CanSkipClientAuth(context.Context, fosite.AccessRequester) bool { return false }

// HandleTokenEndpointRequest spends the code in the first statement of the
// transaction that stores the tokens. The burn commits whatever comes after: a
// code that was presented with a wrong verifier is gone, so nobody can try again
// without one.
func (g *codeGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s := presented(r), web.Form(r.GetRequestForm()), sessionOf(r)
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
	if !secret.WellFormed(CodePrefix, code) {
		return g.guessed(ctx, c, provider.ErrCodeUnknown)
	}
	var refused error // with the code burnt
	err := g.Tx.InTx(ctx, func(ctx context.Context) error {
		redeemed, err := g.Codes.Spend(ctx, c.ID, hash(ctx, purposeCode, code))
		if err != nil {
			return err
		}
		if refused = g.accept(ctx, c, s, &redeemed, form); refused != nil {
			return nil //nolint:nilerr // the burn is committed, the refusal answered below
		}
		return g.store(ctx, c, s)
	})
	switch {
	case refused != nil:
		return refused
	case errors.Is(err, provider.ErrCodeUnknown):
		return g.guessed(ctx, c, err)
	}
	return err
}

// accept checks the token request against the redeemed code and plans the tokens.
func (g *codeGrant) accept(ctx context.Context, c *provider.Client, s *session, redeemed *provider.Redemption, form web.Form) error {
	t := tenant.Must(ctx)
	if err := checkRedemption(redeemed.Code, c.NeedsPKCE(t.Settings.RequirePKCE), form); err != nil {
		return err
	}
	s.grant, s.user, s.nonce, s.scopes = redeemed.Grant, redeemed.User, redeemed.Code.Nonce, redeemed.Grant.Scopes
	return g.plan(ctx, c, s, form["resource"])
}

// store keeps what is kept of the tokens, in the transaction of the spend.
func (g *codeGrant) store(ctx context.Context, c *provider.Client, s *session) error {
	if err := g.keep(ctx, c, s); err != nil {
		return err
	}
	if !s.grant.Offline || !c.HasGrant(provider.GrantRefresh) {
		return nil
	}
	s.response.RefreshToken = secret.Token(RefreshPrefix)
	t := tenant.Must(ctx)
	return g.RefreshTokens.Start(ctx, provider.RefreshToken{
		Hash: hash(ctx, purposeRefresh, s.response.RefreshToken), GrantID: s.grant.ID,
		IdleTTL: t.Settings.RefreshIdleTTL.Or(tenant.DefaultRefreshIdleTTL),
	})
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *codeGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, r, resp)
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
