package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/federation"
	"plinto/internal/plintotest"
	"plinto/tenant"
)

// FED-40: a state of the logout of somebody who registered a client leads no other browser to it. Who signs out by a link of that client
// sees where it leads.
func TestProvider_logoutLeadsNowhereForUnvouchedClients(t *testing.T) {
	t.Parallel()
	w, secret := linkedWorld(t, plintotest.Options{Settings: tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen}}},
		func(s *federation.Spec) { s.RPLogout = true })
	registered := w.Send(http.MethodPost, "/oauth2/register", nil, plintotest.With("Content-Type", "application/json"), func(r *http.Request) {
		const text = `{"client_name":"Your Bank","redirect_uris":["https://evil.example/cb"],"post_logout_redirect_uris":["https://evil.example/bye"]}`
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	})
	v := w.enters(secret, "")
	p := v.Open(w.Issuer()+"/oauth2/logout?"+url.Values{
		"client_id": {fmt.Sprint(registered.JSON["client_id"])}, "post_logout_redirect_uri": {"https://evil.example/bye"},
	}.Encode()).Submit("logout-yes", nil)
	if p.Left == nil || !strings.HasPrefix(p.Left.String(), w.idp.Issuer+"/logout?") {
		t.Fatalf("control: on %s, left to %v: %s", p.URL, p.Left, text(p))
	}
	back := w.idp.LeadBack(p.Left).String()
	for who, b := range map[string]*plintotest.Browser{"somebody else": w.Browser(), "who signed out": v.Browser} {
		if p := b.Open(back); p.Left != nil || p.Doc.Find("#redirect-host").Text() != "evil.example" {
			t.Errorf("%s: on %s, left to %v: %s", who, p.URL, p.Left, text(p))
		}
	}
}
