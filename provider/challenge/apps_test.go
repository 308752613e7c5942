package challenge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"plinto/internal/plintotest"
	"plinto/provider"
	"plinto/storage/storagetest"
)

const (
	fingerprint = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
	apkOrigin   = "android:apk-key-hash:ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8"
)

func withApps(c *provider.Client) {
	c.AndroidApps, c.AppleApps = []string{"com.example.app/" + fingerprint}, []string{"ABCDE12345.com.example.app"}
}

// An Android app asks for passkeys of the tenant with an origin of its own: it counts for its client, and
// neither for another one nor on a page.
func TestPasskey_ofAnAndroidApp(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Host: plintotest.KeyHost, Database: database})
	web, _ := w.Client(provider.Metadata{
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{provider.GrantCode}, ResponseTypes: []string{"code"},
	}, plintotest.FirstParty)
	key := plintotest.NewKey(t)
	key.Makes(w.Browser().Open(w.AuthorizeURL(web, nil)).Submit("submit", map[string]string{"username": alice, "password": plintotest.Password, "passkeys": "1"}))

	key.RP.Origin = apkOrigin
	sends := func(want string) {
		t.Helper()
		asked := w.posts(w.request(nil), "insufficient_authorization sign_in")
		w.posts(w.next(asked, url.Values{"passkey": {signed(t, key, asked)}}), want)
	}
	sends("insufficient_authorization sign_in passkey_refused") // the client names no apps
	w.app, _ = w.Client(native(), direct, withApps)
	sends("")
	asked := w.posts(w.request(password()), "insufficient_authorization factor")
	w.redeems(w.posts(w.next(asked, url.Values{"passkey": {signed(t, key, asked)}}), ""))
	if p := key.Signs(w.Browser().Open(w.AuthorizeURL(web, nil))); p.Status != http.StatusUnauthorized {
		t.Errorf("on a page: %d", p.Status)
	}
	for _, other := range []string{strings.ToLower(apkOrigin), apkOrigin + "x", "android:apk-key-hash:AAAA", "https://" + apkOrigin} {
		key.RP.Origin = other
		sends("insufficient_authorization sign_in passkey_refused")
	}
}

// The documents name the apps of the tenant's own clients, and nothing where there are none.
func TestAppDocuments_nameTheTenantsApps(t *testing.T) {
	t.Parallel()
	database, _ := storagetest.URL(t)
	w := newWorld(t, plintotest.Options{Host: plintotest.KeyHost, Database: database})
	links, apple := "/.well-known/assetlinks.json", "/.well-known/apple-app-site-association"
	none := func(when string) {
		t.Helper()
		for _, path := range []string{links, apple} {
			if a := w.Send(http.MethodGet, path, nil); a.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s is %d %s", when, path, a.StatusCode, a.Text)
			}
		}
	}
	none("without apps")
	app, _ := w.Client(native(), withApps, func(c *provider.Client) { c.FirstParty = true })
	none("of an app that sends users to the browser")
	w.Change(app, func(c *provider.Client) { c.DirectSignIn = true })
	a, err := w.Server.Server.Client().Get(w.Issuer() + links)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var got []struct {
		Relation []string
		Target   map[string]any
	}
	if err := json.NewDecoder(a.Body).Decode(&got); err != nil || len(got) != 1 || got[0].Target["package_name"] != "com.example.app" ||
		got[0].Target["namespace"] != "android_app" || len(got[0].Relation) != 2 || fmt.Sprint(got[0].Target["sha256_cert_fingerprints"]) != "["+fingerprint+"]" {
		t.Errorf("%v: %d %v", err, a.StatusCode, got)
	}
	if a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("headers %v", a.Header)
	}
	if a := w.Send(http.MethodGet, apple, nil); strings.TrimSpace(a.Text) != `{"webcredentials":{"apps":["ABCDE12345.com.example.app"]}}` || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", a.StatusCode, a.Text)
	}
	if a := w.Send(http.MethodPost, apple, url.Values{}); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST is %d", a.StatusCode)
	}
}
