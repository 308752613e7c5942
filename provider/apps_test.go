package provider

import (
	"strings"
	"testing"
)

const print256 = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

// The origin is the hash in base64url, of an example of the Android documentation's form.
func TestAndroidApp_isReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	a, ok := ParseAndroidApp("com.example.app/" + print256)
	if !ok || a.Package != "com.example.app" || a.Print() != print256 || a.Origin() != "android:apk-key-hash:ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8" {
		t.Errorf("got %+v, %t, %s", a, ok, a.Origin())
	}
	if lower, ok := ParseAndroidApp("com.example.app/" + strings.ToLower(print256)); !ok || lower != a {
		t.Errorf("in lower case: %+v, %t", lower, ok)
	}
	for _, text := range []string{
		"", "/", "com.example.app", "com.example.app/", "/" + print256, "app/" + print256, "com..app/" + print256, "com.1app/" + print256, "com.example app/" + print256,
		"com.example.app/" + strings.ReplaceAll(print256, ":", ""), "com.example.app/" + print256 + ":00", "com.example.app/" + strings.Replace(print256, "0", "g", 1),
		"com.example.app/" + strings.Replace(print256, "00:11", "0:011", 1), "com." + strings.Repeat("a", 260) + "/" + print256,
	} {
		if got, ok := ParseAndroidApp(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// Only an app that may sign users in by itself has origins of its own.
func TestAppOrigins_areOfDirectSignInAlone(t *testing.T) {
	t.Parallel()
	c := Client{Metadata: Metadata{AndroidApps: []string{"com.example.app/" + print256}, DirectSignIn: true}}
	if got := c.AppOrigins(); got != nil {
		t.Errorf("of somebody else's client: %q", got)
	}
	if c.FirstParty = true; len(c.AppOrigins()) != 1 {
		t.Errorf("got %q", c.AppOrigins())
	}
}
