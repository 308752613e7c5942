package engine

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

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

// placeholderState satisfies fosite, which demands a state (RFC 6749 makes it
// optional). It goes nowhere: the answer is written outside fosite.
const placeholderState = "plinto-carries-the-state-itself"

// Authorize stores the grant and returns its code, once per flow. Errors of
// provider.Codes.Issue pass through.
func (e *Engine) Authorize(ctx context.Context, in AuthorizeInput) (string, error) {
	prepared := &client{Client: in.Client, redirects: []string{in.Request.RedirectURI}, scopes: in.Request.Scopes}
	ctx = context.WithValue(ctx, clientKey{}, prepared)
	q := &http.Request{Method: http.MethodGet, Header: http.Header{}, URL: &url.URL{}, Form: url.Values{
		"client_id": {in.Client.ClientID}, "redirect_uri": {in.Request.RedirectURI}, "response_type": {in.Request.ResponseType},
		"scope": {strings.Join(in.Request.Scopes, " ")}, "state": {placeholderState},
	}, PostForm: url.Values{}}
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
	s := ar.GetSession().(*session) //nolint:forcetypeassert // Authorize made it
	in, t := s.input, tenant.Must(ctx)
	code := secret.Token(CodePrefix)
	now := h.Now()
	grant := provider.Grant{
		ID: uuid.Must(uuid.NewV7()), ClientID: in.Client.ID, UserID: in.Session.UserID, SessionID: in.Session.ID,
		SID: provider.SID(in.Session.ID, in.Client.ID), Scopes: in.Request.Scopes, Resources: in.Request.Resources,
		Claims: in.Request.Claims, AuthTime: in.Session.AuthTime, ACR: in.Session.ACR, AMR: in.Session.AMR,
		Offline: slices.Contains(in.Request.Scopes, provider.ScopeOffline), CreatedAt: now,
		ExpiresAt: now.Add(t.Settings.RefreshAbsoluteTTL.Or(tenant.DefaultRefreshAbsoluteTTL)),
	}
	err := h.Codes.Issue(ctx, grant, provider.Code{
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
