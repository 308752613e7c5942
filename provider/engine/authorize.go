package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
}

// What fosite is shown instead of what it would judge by rules of its own: it
// demands a state, which RFC 6749 makes optional, and matches redirect URIs
// loosely (any user name, port and scheme for loopback). Both are decided before,
// and the answer is written outside fosite.
const (
	placeholderState    = "plinto-carries-the-state-itself"
	placeholderRedirect = "https://client.invalid/"
)

var (
	placeholderRedirects = []string{placeholderRedirect}
	responseTypes        = fosite.Arguments{"code"}
)

// Authorize stores the grant and returns its code, once per flow. Errors of
// provider.Codes.Issue pass through.
func (e *Engine) Authorize(ctx context.Context, in AuthorizeInput) (string, error) {
	ctx = context.WithValue(ctx, clientKey{}, &client{Client: in.Client, scopes: in.Request.Scopes})
	q := &http.Request{Method: http.MethodGet, Header: http.Header{}, URL: &url.URL{}, Body: http.NoBody, PostForm: url.Values{}, Form: url.Values{
		"client_id": {in.Client.ClientID}, "response_type": {in.Request.ResponseType},
		"scope":        {strings.Join(in.Request.Scopes, " ")},
		"redirect_uri": placeholderRedirects, "state": {placeholderState},
	}}
	request, err := e.fosite.NewAuthorizeRequest(ctx, q)
	if err != nil {
		return "", fmt.Errorf("prepare authorization: %w", err)
	}
	s := &session{input: &in}
	if _, err := e.fosite.NewAuthorizeResponse(ctx, request, s); err != nil {
		return "", fmt.Errorf("authorize: %w", err)
	}
	return s.code, nil
}

// codeResponse issues authorization codes (RFC 6749 §4.1.2).
type codeResponse struct{ *Engine }

// HandleAuthorizeEndpointRequest implements fosite.AuthorizeEndpointHandler.
func (h *codeResponse) HandleAuthorizeEndpointRequest(ctx context.Context, ar fosite.AuthorizeRequester, resp fosite.AuthorizeResponder) error {
	if !ar.GetResponseTypes().ExactOne("code") {
		return nil
	}
	s := sessionOf(ar)
	in, t, code := s.input, tenant.Must(ctx), secret.Token(CodePrefix)
	err := h.Codes.Issue(ctx, grantFor(t, in, h.Now()), provider.Code{
		Hash: hash(ctx, purposeCode, code), FlowID: in.FlowID, RedirectURI: in.Request.RedirectURI,
		RedirectURISent: in.Request.RedirectURISent, Challenge: in.Request.Challenge, Nonce: in.Request.Nonce, TTL: codeTTL,
	})
	if err != nil {
		return err
	}
	s.code = code
	resp.AddParameter("code", code)
	ar.SetResponseTypeHandled("code")
	return nil
}

// grantFor is what the user allowed.
func grantFor(t *tenant.Tenant, in *AuthorizeInput, now time.Time) provider.Grant {
	return provider.Grant{
		ID: uuid.Must(uuid.NewV7()), ClientID: in.Client.ID, UserID: in.Session.UserID, SessionID: in.Session.ID,
		SID: provider.SID(in.Session.ID, in.Client.ID), Scopes: in.Request.Scopes, Resources: in.Request.Resources,
		Claims: in.Request.Claims, AuthTime: in.Session.AuthTime, ACR: in.Session.ACR, AMR: in.Session.AMR,
		Offline: slices.Contains(in.Request.Scopes, provider.ScopeOffline), CreatedAt: now,
		ExpiresAt: now.Add(t.Settings.RefreshAbsoluteTTL.Or(tenant.DefaultRefreshAbsoluteTTL)),
	}
}
