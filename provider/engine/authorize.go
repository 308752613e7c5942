package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/ory/fosite"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// AuthorizeInput is an authorization request that user and policy have allowed.
type AuthorizeInput struct {
	Client  *provider.Client
	Session identity.Session
	FlowID  uuid.UUID
	Request *provider.Request
	// Last says that ctx carries the transaction that starts the session, and that
	// nothing comes after: see provider.Codes.IssueLast. Only for a request that
	// OnlyCode is true of.
	Last bool
}

// OnlyCode reports whether nothing but grant and code is stored for the answer, which
// holds nothing of the user.
func OnlyCode(r *provider.Request) bool {
	return r.ResponseType == "code" && r.Pushed == nil
}

// What fosite is shown instead of what it would judge by rules of its own: it
// demands a state, which RFC 6749 makes optional, and matches redirect URIs
// loosely (any user name, port and scheme for loopback). Both are decided before,
// and the answer is written outside fosite.
const (
	placeholderState    = "plinto-carries-the-state-itself"
	placeholderRedirect = "https://client.invalid/"
)

var placeholderRedirects = []string{placeholderRedirect}

// Authorize stores the grant and returns the parameters of the answer that the
// response type asks for, once per flow. Errors of provider.Codes.Issue pass
// through; *web.OAuthError when the tokens cannot be for what was asked, ErrTooManyCodes.
func (e *Engine) Authorize(ctx context.Context, in AuthorizeInput) (url.Values, error) {
	if err := e.mayAuthorize(ctx, &in); err != nil {
		return nil, err
	}
	c := &client{Client: in.Client, scopes: in.Request.Scopes, responses: fosite.Arguments{in.Request.ResponseType}}
	ctx = context.WithValue(ctx, clientKey{}, c)
	q := &http.Request{Method: http.MethodGet, Header: http.Header{}, URL: &url.URL{}, Body: http.NoBody, PostForm: url.Values{}, Form: url.Values{
		"client_id": {in.Client.ClientID}, "response_type": {in.Request.ResponseType},
		"scope":        {strings.Join(in.Request.Scopes, " ")},
		"redirect_uri": placeholderRedirects, "state": {placeholderState},
	}}
	request, err := e.fosite.NewAuthorizeRequest(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("prepare authorization: %w", err)
	}
	s := &session{input: &in, answer: url.Values{}}
	if _, err := e.fosite.NewAuthorizeResponse(ctx, request, s); err != nil {
		return nil, fmt.Errorf("authorize: %w", err)
	}
	return s.answer, nil
}

// authorizeResponse answers every response type: a code (RFC 6749 §4.1.2), and for
// the clients that may have them an access token and an ID token from the
// authorization endpoint (OpenID Connect Core 1.0 §3.2, §3.3).
type authorizeResponse struct{ *Engine }

// HandleAuthorizeEndpointRequest implements fosite.AuthorizeEndpointHandler.
func (h *authorizeResponse) HandleAuthorizeEndpointRequest(ctx context.Context, ar fosite.AuthorizeRequester, resp fosite.AuthorizeResponder) error {
	s := sessionOf(ar)
	in, t := s.input, tenant.Must(ctx)
	s.grant, s.scopes, s.nonce = grantFor(t, in, h.Now()), in.Request.Scopes, in.Request.Nonce
	token := in.Request.Answers("token")
	if token {
		if err := h.prepare(ctx, s); err != nil {
			return err
		}
		if err := h.plan(ctx, in.Client, s, nil); err != nil {
			return err
		}
	}
	code := secret.Token(CodePrefix)
	if err := h.issue(ctx, s, code, token); err != nil {
		return err
	}
	if in.Request.Answers("code") {
		s.code = code
		s.answer.Set("code", code)
	}
	if err := h.answerTokens(ctx, s, token); err != nil {
		return err
	}
	for _, responseType := range ar.GetResponseTypes() {
		ar.SetResponseTypeHandled(responseType)
	}
	resp.AddParameter("code", code) // fosite wants to see that somebody answered
	return nil
}

// issue stores grant and code, and with them an opaque access token.
func (h *authorizeResponse) issue(ctx context.Context, s *session, code string, token bool) error {
	in := s.input
	stored := provider.Code{
		Hash: hash(ctx, purposeCode, code), FlowID: in.FlowID, RedirectURI: in.Request.RedirectURI,
		RedirectURISent: in.Request.RedirectURISent, Challenge: in.Request.Challenge, Nonce: in.Request.Nonce, TTL: codeTTL,
		Sole: in.Request.ResponseType == "code", SessionToken: in.Session.TokenHash,
	}
	if in.Last {
		return h.Codes.IssueLast(ctx, s.grant, stored, uuid.Must(uuid.NewV7()))
	}
	store := func(ctx context.Context) (err error) {
		s.user, err = h.Codes.Issue(ctx, s.grant, stored)
		return err
	}
	opaque := token && s.access.target.Format == provider.FormatOpaque
	if !opaque && in.Request.Pushed == nil {
		return store(ctx)
	}
	return h.Tx.InTx(ctx, func(ctx context.Context) error {
		if in.Request.Pushed != nil {
			// One answer per pushed request, however many flows it started.
			if err := h.Pushed.Spend(ctx, in.Client.ID, in.Request.Pushed); err != nil {
				return err
			}
		}
		if err := store(ctx); err != nil || !opaque {
			return err
		}
		return h.keep(ctx, in.Client, s)
	})
}

// answerTokens signs what the answer itself holds.
func (h *authorizeResponse) answerTokens(ctx context.Context, s *session, token bool) error {
	if token {
		if err := h.sign(ctx, s); err != nil {
			return err
		}
		s.answer.Set("access_token", s.access.token)
		s.answer.Set("token_type", "Bearer")
		s.answer.Set("expires_in", strconv.FormatInt(int64(s.access.ttl/time.Second), 10))
		s.answer.Set("scope", s.access.claims.Scope)
	}
	if !s.input.Request.Answers("id_token") {
		return nil
	}
	if err := h.signID(ctx, s.input.Client, s); err != nil {
		return err
	}
	s.answer.Set("id_token", s.response.IDToken)
	return nil
}

// grantFor is what the user allowed.
func grantFor(t *tenant.Tenant, in *AuthorizeInput, now time.Time) provider.Grant {
	return provider.Grant{
		ID: uuid.Must(uuid.NewV7()), ClientID: in.Client.ID, UserID: in.Session.UserID, SessionID: in.Session.ID,
		SID: provider.SID(in.Session.ID, in.Client.ID), Scopes: in.Request.Scopes, Resources: in.Request.Resources,
		Claims: in.Request.Claims, AuthTime: in.Session.AuthTime, ACR: in.Session.ACR, AMR: in.Session.AMR,
		Offline: in.Request.Answers("code") && slices.Contains(in.Request.Scopes, provider.ScopeOffline), CreatedAt: now,
		ExpiresAt: now.Add(t.Settings.RefreshAbsoluteTTL.Or(tenant.DefaultRefreshAbsoluteTTL)), ClientMark: in.Client.NotBefore,
	}
}
