package engine

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/ory/fosite"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// refusal is an error in OAuth's words, status 400.
func refusal(code, description string) *web.OAuthError {
	return &web.OAuthError{Code: code, Description: description}
}

// invalidGrant hides which of many reasons it was; cause is logged.
func invalidGrant(cause error) *web.OAuthError {
	return &web.OAuthError{Code: "invalid_grant", Description: "the code or token is unknown, expired, used, or not the client's", Cause: cause}
}

// grantErrors are what storage says of codes and refresh tokens that cannot be used.
var grantErrors = []error{
	provider.ErrCodeUnknown, provider.ErrCodeSpent, provider.ErrRefreshUnknown, provider.ErrRefreshReused, provider.ErrGrantRevoked,
}

// fositeCodes translates names that fosite made up, or uses for its own purposes,
// to the registered ones.
var fositeCodes = map[string]string{
	"invalid_state": "invalid_request", "insufficient_entropy": "invalid_request", "scope_not_granted": "invalid_scope",
	"request_unauthorized": "invalid_token", "token_inactive": "invalid_token", "not_found": "invalid_request",
}

// registered are the codes that may leave the token endpoint as they are.
var registered = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "unauthorized_client": true,
	"unsupported_grant_type": true, "invalid_scope": true, "invalid_target": true, "invalid_token": true,
}

// translate turns any error of a request into one with an answer. Only registered
// codes leave; what is not recognised is a fault of ours.
func translate(ctx context.Context, err error) error {
	var o *web.OAuthError
	if errors.As(err, &o) {
		return challenged(ctx, o)
	}
	for _, known := range grantErrors {
		if errors.Is(err, known) {
			return invalidGrant(err)
		}
	}
	if errors.Is(err, provider.ErrScopeExceeds) {
		return &web.OAuthError{Code: "invalid_scope", Description: provider.ErrScopeExceeds.Message, Cause: err}
	}
	if fault.KindOf(err) != "" {
		return err
	}
	var f *fosite.RFC6749Error
	if errors.As(err, &f) {
		code := f.ErrorField
		if renamed, ok := fositeCodes[code]; ok {
			code = renamed
		}
		if registered[code] {
			return challenged(ctx, &web.OAuthError{Code: code, Description: strings.TrimSuffix(f.DescriptionField, "."), Status: status(code), Cause: err})
		}
	}
	return err
}

func status(code string) int {
	if code == "invalid_client" || code == "invalid_token" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// challenged adds the challenge that a 401 needs (RFC 9110 §15.5.2).
func challenged(ctx context.Context, o *web.OAuthError) *web.OAuthError {
	if o.Status != http.StatusUnauthorized || o.Header != nil {
		return o
	}
	o.Header = http.Header{"Www-Authenticate": {`Basic realm="` + realm(ctx) + `", charset="UTF-8"`}}
	return o
}

func realm(ctx context.Context) string {
	t, err := tenant.From(ctx)
	if err != nil {
		return "plinto"
	}
	return t.Issuer
}
