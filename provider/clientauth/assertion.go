package clientauth

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"plinto/internal/fault"
	"plinto/internal/jwt"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// assertionType is the only client_assertion_type there is (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const (
	assertionLeeway = 10 * time.Second
	// assertionLifetime bounds what is left of an assertion's: replays are remembered
	// as long. zitadel's client library signs for an hour.
	assertionLifetime = time.Hour
	strictLifetime    = 5 * time.Minute // of clients of the strict profile
	maxJTI            = 256             // bytes
)

// byAssertion authenticates a client by a JWT that it signed, with its own key or
// with its secret (RFC 7523 §3, OpenID Connect Core 1.0 §9). With an error it returns
// the client that was meant, as far as that can be told.
func (a *Authenticator) byAssertion(ctx context.Context, r *http.Request, form web.Form) (*provider.Client, error) {
	token, named := form.Get("client_assertion"), form.Get("client_id")
	meant := &provider.Client{ClientID: named}
	if form.Get("client_assertion_type") != assertionType || token == "" {
		return meant, errInvalidClient(ctx, "assertion_type")
	}
	payload, header, err := jwt.Peek(token)
	if err != nil {
		return meant, errInvalidClient(ctx, "assertion_malformed")
	}
	claims, err := jwt.ParseStandard(payload)
	meant.ClientID = claims.Subject
	if err != nil || !wellFormedID(claims.Subject) || claims.Issuer != claims.Subject || named != "" && named != claims.Subject {
		// Without a subject a request object, which the client signs by the same
		// key, would do (RFC 9101 §10.8).
		return meant, errInvalidClient(ctx, "assertion_subject")
	}
	c, err := a.named(ctx, claims.Subject)
	if err != nil {
		return meant, err
	}
	if err := a.paused(ctx, c.ClientID); err != nil {
		return c, err
	}
	if cause := a.refuseAssertion(ctx, r, c, token, header, claims); cause != "" {
		return c, a.failed(ctx, c.ClientID, a.assertionError(ctx, c, cause, token, header.Algorithm))
	}
	// Last, so that an invalid assertion does not use up a jti.
	err = a.Assertions.Spend(ctx, c.ID, jtiHash(ctx, claims.ID), time.Unix(*claims.Expiry, 0).Add(assertionLeeway))
	if fault.KindOf(err) == fault.Unauthenticated {
		return c, errInvalidClient(ctx, "assertion_spent")
	}
	return c, err
}

func jtiHash(ctx context.Context, jti string) []byte {
	return secret.Hash("client-assertion", tenant.Must(ctx).ID, jti)
}

// refuseAssertion returns why the assertion is not valid, or "". Nothing read from it so far
// is trusted: the signature is verified first.
func (a *Authenticator) refuseAssertion(ctx context.Context, r *http.Request, c *provider.Client, token string, header jwt.Header, claims jwt.Standard) string {
	switch {
	case c.ID == [16]byte{}:
		return "unknown_client"
	case !c.DisabledAt.IsZero():
		return "client_disabled"
	case !assertionMethod(c, header.Algorithm):
		return "wrong_method"
	case !assertionTyped(header.Type):
		return "assertion_typ"
	case a.verifyAssertion(ctx, c, token) != nil:
		return "assertion_signature"
	case !ownAudience(ctx, r, c, claims.Audience):
		return "assertion_audience"
	case claims.ID == "" || len(claims.ID) > maxJTI:
		return "assertion_jti"
	}
	lifetime := assertionLifetime
	if c.Strict() {
		lifetime = strictLifetime
	}
	if err := claims.Check(a.Now(), jwt.Expected{Leeway: assertionLeeway, MaxLifetime: lifetime}); err != nil {
		return "assertion_times"
	}
	// Which were used before the tenant was put back to an earlier time nobody knows any more. iat is in whole seconds.
	if claims.IssuedAt != nil && time.Unix(*claims.IssuedAt, 0).Before(tenant.Must(ctx).NotBefore.Truncate(time.Second)) {
		return "assertion_outdated"
	}
	return ""
}

// assertionError tells a client that signed with the right key or secret how it is
// registered to authenticate.
func (a *Authenticator) assertionError(ctx context.Context, c *provider.Client, cause, token, alg string) error {
	hmac := slices.Contains(provider.HMACAlgs, alg)
	if cause != "wrong_method" || !hmac && method(c) != provider.AuthPrivateKeyJWT {
		return errInvalidClient(ctx, cause) // keys are fetched for clients that registered to sign only
	}
	if a.verifySigned(ctx, c, token, hmac) != nil {
		return errInvalidClient(ctx, cause)
	}
	registered := method(c)
	if c.TokenEndpointAuthSigningAlg != "" {
		registered += " with " + c.TokenEndpointAuthSigningAlg
	}
	return invalidClient(ctx, cause, "the client is registered for "+registered)
}

// assertionMethod reports whether the client registered to authenticate like that.
func assertionMethod(c *provider.Client, alg string) bool {
	want := provider.AuthPrivateKeyJWT
	if slices.Contains(provider.HMACAlgs, alg) {
		want = provider.AuthSecretJWT
	}
	return method(c) == want && (c.TokenEndpointAuthSigningAlg == "" || c.TokenEndpointAuthSigningAlg == alg)
}

func assertionTyped(typ string) bool {
	switch strings.ToLower(strings.TrimPrefix(typ, "application/")) {
	case "", "jwt", "client-authentication+jwt":
		return true
	}
	return false
}

func (a *Authenticator) verifyAssertion(ctx context.Context, c *provider.Client, token string) error {
	return a.verifySigned(ctx, c, token, method(c) != provider.AuthPrivateKeyJWT)
}

func (a *Authenticator) verifySigned(ctx context.Context, c *provider.Client, token string, hmac bool) error {
	if !hmac {
		_, _, err := a.Keys.Verify(ctx, c, token, jwt.Options{KeyIDOptional: true})
		return err
	}
	for _, plain := range a.Secrets.Readable(tenant.Must(ctx).ID, c, a.Now()) {
		if _, _, err := jwt.VerifyHMAC(token, plain, jwt.Options{Algorithms: provider.HMACAlgs}); err == nil {
			return nil
		}
	}
	return jwt.ErrSignature
}

// ownAudience reports whether every audience is this server: the issuer, the token endpoint
// or the endpoint that was called. An assertion with another audience too could be replayed
// there, or come from there. Strict clients must name the issuer, because another server's
// metadata may list our endpoints (FAPI 2.0 §5.3.2.1).
func ownAudience(ctx context.Context, r *http.Request, c *provider.Client, audience []string) bool {
	t := tenant.Must(ctx)
	own := []string{t.Issuer, t.Issuer + "/", t.URL(paths.Token), t.URL(strings.TrimPrefix(r.URL.Path, t.Path))}
	if c.Strict() {
		own = own[:1]
	}
	foreign := func(aud string) bool { return !slices.Contains(own, aud) }
	return len(audience) > 0 && !slices.ContainsFunc(audience, foreign)
}
