package provider

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// An AndroidApp is an app by its package and the certificate that it is signed with.
type AndroidApp struct {
	Package     string
	Fingerprint [32]byte // SHA-256 of the certificate
}

// MaxApps is how many apps of one platform a client may name.
const MaxApps = 20

var (
	// androidPackage is an application id: https://developer.android.com/build/configure-app-module.
	androidPackage = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)
	// appleApp is a team's prefix of ten characters and a bundle id.
	appleApp = regexp.MustCompile(`^[A-Z0-9]{10}\.[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
)

// maxApp bounds the name of an app, in bytes.
const maxApp = 255

// ParseAndroidApp reads "com.example.app/AB:CD:…", the package and the fingerprint as keytool prints it.
func ParseAndroidApp(text string) (a AndroidApp, ok bool) {
	name, print, found := strings.Cut(text, "/")
	raw, err := hex.DecodeString(strings.ReplaceAll(print, ":", ""))
	if !found || err != nil || len(raw) != len(a.Fingerprint) || len(name) > maxApp || !androidPackage.MatchString(name) {
		return a, false
	}
	a = AndroidApp{Package: name, Fingerprint: [32]byte(raw)}
	return a, strings.EqualFold(print, a.Print())
}

// Print is the fingerprint as Digital Asset Links have it: "AB:CD:…".
func (a *AndroidApp) Print() string {
	pairs := make([]string, len(a.Fingerprint))
	for i, b := range a.Fingerprint {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// Origin is the one that Android gives answers of passkeys that the app asked for.
func (a *AndroidApp) Origin() string {
	return "android:apk-key-hash:" + base64.RawURLEncoding.EncodeToString(a.Fingerprint[:])
}

// Apps returns the Android apps of metadata that was validated.
func (m *Metadata) Apps() []AndroidApp {
	all := make([]AndroidApp, 0, len(m.AndroidApps))
	for _, text := range m.AndroidApps {
		if a, ok := ParseAndroidApp(text); ok {
			all = append(all, a)
		}
	}
	return all
}

// AppOrigins are the origins of passkeys that the client's apps ask for, besides those of the tenant: none
// of a client that may not sign users in by itself.
func (c *Client) AppOrigins() []string {
	if !c.SignsInDirectly() {
		return nil
	}
	var origins []string
	for _, a := range c.Apps() {
		origins = append(origins, a.Origin())
	}
	return origins
}

// apps checks the apps of a client.
func (c *check) apps() {
	m := c.metadata
	for member, list := range map[string][]string{"android_apps": m.AndroidApps, "apple_apps": m.AppleApps} {
		if len(list) > MaxApps {
			c.report(member, "must have at most %d apps", MaxApps)
		}
	}
	for i, text := range m.AndroidApps {
		if _, ok := ParseAndroidApp(text); !ok {
			c.report(at("android_apps", i), "must be a package and the SHA-256 fingerprint of its certificate, such as com.example.app/AB:CD:…")
		}
	}
	for i, text := range m.AppleApps {
		if len(text) > maxApp || !appleApp.MatchString(text) {
			c.report(at("apple_apps", i), "must be a team ID and a bundle ID, such as ABCDE12345.com.example.app")
		}
	}
}
