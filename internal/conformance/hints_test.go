package conformance

import (
	"net/url"
	"testing"
	"time"

	"plinto/internal/plintotest"
	"plinto/provider/keys"
)

// An ID token is a hint for as long as the user is signed in, which is longer than the
// token is good for, and than the key that signed it is published.
func TestHints_outliveTheTokenAndItsKey(t *testing.T) {
	t.Parallel()
	c := &clock{}
	s := plintotest.Start(t, plintotest.Options{Now: c.now})
	s.User(buffy)
	r := newRP(t, s, "code")
	hint := r.tokens(r.authorize("code", nil).Get("code"))["id_token"].(string)
	params := url.Values{"prompt": {"none"}, "id_token_hint": {hint}}
	leave := s.Issuer() + "/oauth2/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://rp.example/post_logout"}}.Encode()
	c.forward(2 * time.Hour)
	if a := r.authorize("code", params); a.Get("code") == "" {
		t.Errorf("a hint that has expired: %v", a.Values)
	}
	service := &keys.Service{Keys: s.Store.Keys, Outbox: s.Store.Outbox, Tx: s.Store.DB, Root: s.Root, Now: c.now}
	if err := service.Rotate(s.In(), "RS256"); err != nil {
		t.Fatal(err)
	}
	c.forward(26 * time.Hour)
	published := jwks(t, s)
	if len(published.Key(header(t, hint)["kid"].(string))) > 0 {
		t.Fatal("control: the key is still published")
	}
	// The session may be over by now: then the user signs in, and is still the one.
	params.Del("prompt")
	if a := r.authorize("code", params); a.Get("code") == "" {
		t.Errorf("a hint by a key that is gone: %v", a.Values)
	}
	p := r.browser.Open(leave)
	if p.Left == nil {
		p = p.Submit("logout-yes", nil) // of a later session than the hint's
	}
	if p.Left == nil || p.Left.String() != "https://rp.example/post_logout" {
		t.Errorf("signing out with a hint by a key that is gone: %v", p.Left)
	}
}
