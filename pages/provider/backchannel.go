package provider

import (
	"context"
	"net/http"
	"time"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
)

// limitLogout is of logout tokens that were no good, by connection and network.
var limitLogout = identity.Limit{Name: "federation-logout", Count: 60, Period: time.Hour, Burst: 30}

// A BackChannel serves POST /federation/{connection}/backchannel-logout (OpenID Connect Back-Channel Logout 1.0 §2.5): a provider says
// that a session there has ended.
type BackChannel struct {
	Logouts *federation.Logouts
	Limiter identity.Limiter
	// Address returns the client's address.
	Address func(*http.Request) string
}

// ServeHTTP implements http.Handler.
func (b *BackChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowMethods(w, r, "POST") {
		web.OAuth(b.end).ServeHTTP(w, r)
	}
}

// end answers 200 also when no session was begun by what the token is about (§2.8), and 400 to a token that is no good.
func (b *BackChannel) end(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	form, err := web.ParseForm(r, web.MaxForm)
	if err != nil {
		return err
	}
	token := form.Get("logout_token")
	if token == "" {
		return &web.OAuthError{Code: "invalid_request", Description: "logout_token is missing"}
	}
	ctx, slug := r.Context(), slugIn(r.URL, paths.FederationLogout)
	buckets := limitLogout.Networks(b.Address(r), slug)
	if wait := b.Limiter.Wait(ctx, buckets...); wait > 0 {
		return errThrottled.After(wait)
	}
	_, err = b.Logouts.End(ctx, slug, token)
	if fault.KindOf(err) == fault.Invalid {
		_ = b.Limiter.Verdict(context.WithoutCancel(ctx), false, buckets...)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
