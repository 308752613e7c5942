package engine

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/grants"
	"plinto/tenant"
)

// AuthorizeInput is an authorization request that user and policy have allowed.
type AuthorizeInput struct {
	Client  *provider.Client
	Session identity.Session
	FlowID  uuid.UUID
	Proved  bool // the user proved who they are within the flow
	Request *provider.Request
	// Organization is the one that the tokens are for, as things are now, or zero.
	Organization provider.Membership
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

// Authorize stores the grant and returns the parameters of the answer that the
// response type asks for, once per flow. Errors of grants.Service.Issue pass
// through; *web.OAuthError when the tokens cannot be for what was asked, ErrTooManyCodes.
func (e *Engine) Authorize(ctx context.Context, in AuthorizeInput) (url.Values, error) {
	if err := e.mayAuthorize(ctx, &in); err != nil {
		return nil, err
	}
	s := &session{input: &in, answer: url.Values{}}
	if err := e.runAuthorize(ctx, &in, s); err != nil {
		return nil, err
	}
	return s.answer, nil
}

// answer answers every response type: a code (RFC 6749 §4.1.2), and for
// the clients that may have them an access token and an ID token from the
// authorization endpoint (OpenID Connect Core 1.0 §3.2, §3.3). It returns the code that
// stands for the grant, whether or not the client gets it.
func (e *Engine) answer(ctx context.Context, s *session) (code string, err error) {
	in, t := s.input, tenant.Must(ctx)
	s.grant, s.scopes, s.nonce = grantFor(t, in, e.Now()), in.Request.Scopes, in.Request.Nonce
	token := in.Request.Answers("token")
	if token {
		if err := e.prepare(ctx, s); err != nil {
			return "", err
		}
		if err := e.plan(ctx, in.Client, s, nil); err != nil {
			return "", err
		}
	}
	code = secret.Token(provider.CodePrefix)
	if err := e.issue(ctx, s, code, token); err != nil {
		return "", err
	}
	if in.Request.Answers("code") {
		s.code = code
		s.answer.Set("code", code)
	}
	if err := e.answerTokens(ctx, s, token); err != nil {
		return "", err
	}
	return code, nil
}

// issue stores grant and code, and with them an opaque access token.
func (e *Engine) issue(ctx context.Context, s *session, code string, token bool) error {
	in := s.input
	stored := provider.Code{
		Hash: provider.HashToken(ctx, provider.PurposeCode, code), FlowID: in.FlowID, RedirectURI: in.Request.RedirectURI,
		RedirectURISent: in.Request.RedirectURISent, Challenge: in.Request.Challenge, Nonce: in.Request.Nonce, TTL: codeTTL,
		Sole: in.Request.ResponseType == "code", SessionToken: in.Session.TokenHash, SessionACR: in.Session.ACR,
	}
	issued := &grants.Issued{
		Grant: s.grant, Code: stored, ClientID: in.Client.ClientID, Proved: in.Proved, ACRValues: in.Request.ACRValues,
	}
	if in.Last {
		return e.Grants.IssueLast(ctx, issued)
	}
	store := func(ctx context.Context) error {
		return e.Grants.Issue(ctx, issued, func(of identity.User) { s.user = of })
	}
	opaque := token && s.access.target.Format == provider.FormatOpaque
	if !opaque && in.Request.Pushed == nil {
		return store(ctx)
	}
	return e.Tx.InTx(ctx, func(ctx context.Context) error {
		if in.Request.Pushed != nil {
			// One answer per pushed request, however many flows it started.
			if err := e.Pushed.Spend(ctx, in.Client.ID, in.Request.Pushed); err != nil {
				return err
			}
		}
		if err := store(ctx); err != nil || !opaque {
			return err
		}
		return e.keep(ctx, in.Client, s)
	})
}

// answerTokens signs what the answer itself holds.
func (e *Engine) answerTokens(ctx context.Context, s *session, token bool) error {
	if token {
		if err := e.sign(ctx, s); err != nil {
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
	if err := e.signID(ctx, s.input.Client, s); err != nil {
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
		Claims: in.Request.Claims, AuthTime: in.Session.AuthTime, AMR: in.Session.AMR,
		ACR:     t.Settings.ACRLevels.Answer(in.Session.ACR, in.Session.AMR, in.Request.ACRValues),
		Offline: in.Request.Answers("code") && slices.Contains(in.Request.Scopes, provider.ScopeOffline), CreatedAt: now,
		ExpiresAt: now.Add(t.Settings.RefreshAbsoluteTTL.Or(tenant.DefaultRefreshAbsoluteTTL)), ClientMark: in.Client.NotBefore,
		Organization: in.Organization,
	}
}
