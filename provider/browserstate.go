package provider

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"plinto/internal/redirecturi"
)

// SessionState returns the "session_state" of an authorization response (OpenID
// Connect Session Management 1.0 §3): a hash by which a page of the client and the
// session iframe find out, without asking the server, whether the browser is still
// signed in as it was. browserState is browser.Browser.BrowserState.
//
// It is "" for a redirect URI without a browser origin, such as a native app's
// scheme: nobody could ask there.
func SessionState(clientID, redirectURI, browserState string) string {
	origins := redirecturi.Origins([]string{redirectURI})
	if len(origins) != 1 {
		return ""
	}
	random := make([]byte, 12)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return sessionState(clientID, origins[0], browserState, base64.RawURLEncoding.EncodeToString(random))
}

// sessionState is what the script of provider/checksession computes again.
func sessionState(clientID, origin, browserState, salt string) string {
	sum := sha256.Sum256([]byte(clientID + " " + origin + " " + browserState + " " + salt))
	return base64.RawURLEncoding.EncodeToString(sum[:]) + "." + salt
}
