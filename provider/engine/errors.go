package engine

import (
	"context"
	"errors"
	"net/http"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/clientauth"
)

// refusal is an error in OAuth's words, status 400.
func refusal(code, description string) *web.OAuthError {
	return &web.OAuthError{Code: code, Description: description}
}

// grantErrors are what storage says of codes and refresh tokens that cannot be
// used. Losing a race is one of them. To the client they are all the same.
var grantErrors = []error{
	provider.ErrCodeUnknown, provider.ErrCodeSpent, provider.ErrRefreshUnknown, provider.ErrRefreshReused, provider.ErrGrantRevoked,
}

// registered are the codes that may leave the token endpoint as they are (RFC 6749
// §5.2, RFC 8707 §2). What else fosite says is renamed.
var registered = map[string]string{
	"invalid_request": "invalid_request", "invalid_client": "invalid_client", "invalid_grant": "invalid_grant",
	"unauthorized_client": "unauthorized_client", "unsupported_grant_type": "unsupported_grant_type",
	"invalid_scope": "invalid_scope", "invalid_target": "invalid_target",
	"scope_not_granted": "invalid_scope", "invalid_state": "invalid_request", "insufficient_entropy": "invalid_request",
	"not_found": "invalid_request",
}

// translate turns any error of a request into one with a response. Errors with a kind keep
// it: package web knows their responses (503 when the database is away). An error that is
// not recognised is a failure of the server; its response has no details.
func translate(ctx context.Context, err error) error {
	var o *web.OAuthError
	if errors.As(err, &o) {
		return clientauth.Challenged(ctx, o)
	}
	for _, known := range grantErrors {
		if errors.Is(err, known) {
			return &web.OAuthError{
				Code: "invalid_grant", Description: "the code or token is unknown, expired, used, or not the client's", Cause: err,
			}
		}
	}
	if errors.Is(err, provider.ErrScopeExceeds) {
		return &web.OAuthError{Code: "invalid_scope", Description: "the requested scope exceeds the scope granted", Cause: err}
	}
	if fault.KindOf(err) != "" {
		return err
	}
	if said, description, ok := kernelError(err); ok {
		if code, ok := registered[said]; ok {
			return clientauth.Challenged(ctx, &web.OAuthError{Code: code, Description: description, Status: status(code), Cause: err})
		}
	}
	return err
}

func status(code string) int {
	if code == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}
