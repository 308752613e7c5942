package browser

import (
	"encoding/base64"
	"net/http"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/tenant"
)

// stateBase names the cookie of the browser state ("OP browser state" of OpenID
// Connect Session Management 1.0 §3.2).
const stateBase = "plinto_o"

// BrowserState returns the browser state that belongs to a session, for
// provider.SessionState, and sees to it that the browser has it. Nobody signed in
// (nil) has the empty state.
//
// It is a MAC of the session's id: the same as long as the session lasts, another
// after signing in again or as somebody else, and nothing to find the session by.
func (b *Browser) BrowserState(w http.ResponseWriter, r *http.Request, s *identity.Session) string {
	held, ok := b.scope(r).Read(r, stateBase)
	if s == nil {
		if ok {
			b.forgetState(w, r)
		}
		return ""
	}
	state := b.state(r, s)
	if held != state {
		b.keepState(w, r, *s)
	}
	return state
}

// StateCookie returns the full name of the cookie that holds the browser state of
// an issuer.
func StateCookie(scope web.CookieScope) string { return scope.Name(stateBase) }

func (b *Browser) state(r *http.Request, s *identity.Session) string {
	t := tenant.Must(r.Context())
	return base64.RawURLEncoding.EncodeToString(secret.MAC(b.DeviceKey, "browser-state", t.ID.String(), s.ID.String())[:16])
}

func (b *Browser) keepState(w http.ResponseWriter, r *http.Request, s identity.Session) {
	b.scope(r).SetReadable(w, stateBase, b.state(r, &s), b.life(s))
}

func (b *Browser) forgetState(w http.ResponseWriter, r *http.Request) { b.scope(r).Clear(w, stateBase) }
