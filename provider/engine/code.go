package engine

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"

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
// transaction that mints. The burn commits whatever comes after: a code that was
// presented with a wrong verifier is gone, so nobody can try again without one.
func (g *codeGrant) HandleTokenEndpointRequest(ctx context.Context, r fosite.AccessRequester) error {
	c, form, s := presented(r), r.GetRequestForm(), sessionOf(r)
	if !c.HasGrant(provider.GrantCode) {
		return refusal("unauthorized_client", "the client is not registered for the grant type")
	}
	code := form.Get("code")
	if !secret.WellFormed(CodePrefix, code) {
		return invalidGrant(provider.ErrCodeUnknown)
	}
	var refused error
	err := g.Tx.InTx(ctx, func(ctx context.Context) error {
		redeemed, err := g.Codes.Spend(ctx, c.ID, hash(ctx, purposeCode, code))
		if err != nil {
			return err
		}
		if refused = checkRedemption(redeemed.Code, web.Form(form)); refused != nil {
			return nil // commit the burn
		}
		s.grant, s.user, s.nonce = redeemed.Grant, redeemed.User, redeemed.Code.Nonce
		s.scopes = redeemed.Grant.Scopes
		if s.resources, refused = narrowResources(redeemed.Grant.Resources, form["resource"]); refused != nil {
			return nil
		}
		return g.mint(ctx, c, s)
	})
	if refused != nil {
		return refused
	}
	return err
}

// mint makes what is stored of the tokens, inside the transaction of the spend.
func (g *codeGrant) mint(ctx context.Context, c *provider.Client, s *session) error {
	var err error
	if s.access, err = g.makeAccess(ctx, c, s); err != nil {
		return err
	}
	if !s.grant.Offline || !c.HasGrant(provider.GrantRefresh) {
		return nil
	}
	s.refresh = secret.Token(RefreshPrefix)
	t := tenant.Must(ctx)
	return g.RefreshTokens.Start(ctx, provider.RefreshToken{
		Hash: hash(ctx, purposeRefresh, s.refresh), GrantID: s.grant.ID,
		IdleTTL: t.Settings.RefreshIdleTTL.Or(tenant.DefaultRefreshIdleTTL),
	})
}

// PopulateTokenEndpointResponse implements fosite.TokenEndpointHandler.
func (g *codeGrant) PopulateTokenEndpointResponse(ctx context.Context, r fosite.AccessRequester, resp fosite.AccessResponder) error {
	return g.respond(ctx, presented(r), sessionOf(r), resp)
}

// checkRedemption compares the token request with the authorization request.
func checkRedemption(code provider.Code, form web.Form) error {
	// RFC 6749 §4.1.3: required if it was sent, and then identical.
	if uri := form.Get("redirect_uri"); (code.RedirectURISent || uri != "") && uri != code.RedirectURI {
		return refusal("invalid_grant", "redirect_uri is not the one of the authorization request")
	}
	verifier := form.Get("code_verifier")
	if code.Challenge == "" {
		if verifier != "" {
			// A verifier without a challenge is somebody who took the challenge
			// out of the authorization request (RFC 9700 §2.1.1).
			return refusal("invalid_grant", "the authorization request had no code_challenge")
		}
		return nil
	}
	if !wellFormedVerifier(verifier) {
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
	for i := range len(v) {
		c := v[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~') {
			return false
		}
	}
	return true
}

// narrowResources is RFC 8707 §2.2: a token request may ask for some of what was
// granted, and for nothing else. Nothing asked for is everything granted.
func narrowResources(granted, asked []string) ([]string, error) {
	if len(asked) == 0 {
		return granted, nil
	}
	for _, r := range asked {
		if !slices.Contains(granted, r) {
			return nil, refusal("invalid_target", "a requested resource was not granted")
		}
	}
	return asked, nil
}
