package fakeidp

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"plinto/internal/secret"
)

// logout serves the end-session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2): it asks nothing, and leads back.
func (p *Provider) logout(w http.ResponseWriter, r *http.Request) {
	if _, done := p.misbehaves(w, r, "logout"); done {
		return
	}
	back := p.LeadBack(r.URL)
	if back == nil {
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, back.String(), http.StatusSeeOther) //nolint:gosec // it is for trying things, and knows no addresses of its client
}

// LeadBack returns where the browser goes that came with a logout request; nil when that is of no client.
func (p *Provider) LeadBack(request *url.URL) *url.URL {
	q := request.Query()
	back, err := url.Parse(q.Get("post_logout_redirect_uri"))
	if err != nil || q.Get("client_id") != p.ClientID || back.Host == "" {
		return nil
	}
	if state := q.Get("state"); state != "" {
		back.RawQuery = url.Values{"state": {state}}.Encode()
	}
	return back
}

// LogoutToken returns a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) about an account, or about the session sid, or both.
// change may make it a hostile one; typ is its header's.
func (p *Provider) LogoutToken(typ, subject, sid string, change ...func(map[string]any)) string {
	now := p.now()
	claims := map[string]any{
		"iss": p.Issuer, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": secret.Token("jti_"),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	for name, value := range map[string]string{"sub": subject, "sid": sid} {
		if value != "" {
			claims[name] = value
		}
	}
	for _, f := range change {
		f(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token, err := p.signer.Sign(typ, payload)
	if err != nil {
		return ""
	}
	return token
}

// Forged is a token with the same claims by a key that is not the provider's.
func (p *Provider) Forged(typ string, payload []byte) string {
	token, err := p.other.Sign(typ, payload)
	if err != nil {
		return ""
	}
	return token
}
