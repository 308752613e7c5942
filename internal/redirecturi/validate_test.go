package redirecturi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/redirecturi"
)

var (
	web    = redirecturi.Policy{ApplicationType: redirecturi.Web}
	dev    = redirecturi.Policy{ApplicationType: redirecturi.Web, AllowHTTPLoopback: true}
	native = redirecturi.Policy{ApplicationType: redirecturi.Native}
	// anyScheme is an operator's.
	anyScheme = redirecturi.Policy{ApplicationType: redirecturi.Native, AllowAnyScheme: true}
)

func TestValidate_acceptsWhatClientsNeed(t *testing.T) {
	t.Parallel()
	for uri, policies := range map[string][]redirecturi.Policy{
		"https://rp.test/cb":                                          {{}, web, dev, native},
		"https://rp.test":                                             {web},
		"https://rp.test/":                                            {web},
		"https://rp.test/cb?dummy1=lorem&dummy2=a@b":                  {web},
		"https://rp.test/cb?next=%2Fa%2e%2e%2F%25":                    {web},
		"https://rp.test/a.b/..c/...;x/@me/%C3%A9//z":                 {web},
		"https://rp.test:8443/cb":                                     {web},
		"https://xn--bcher-kva.test/cb":                               {web},
		"https://192.0.2.1/cb":                                        {web},
		"https://[2001:db8::1]:8443/cb":                               {web},
		"https://localhost:8443/cb":                                   {web},
		"https://4.example.0x.a1/cb":                                  {web},
		"http://127.0.0.1:5555/callback":                              {dev, native},
		"http://127.0.0.1/callback":                                   {dev, native},
		"http://[::1]:1/cb?a=b":                                       {dev, native},
		"http://localhost:3000/cb":                                    {dev, native},
		"com.example.app:/oauth2redirect":                             {native},
		"com.example.app://callback":                                  {native},
		"com.example.app:///cb":                                       {native},
		"io.Example.MyApp://Tenant_1.test/ios/cb?x=1":                 {native},
		"com.googleusercontent.apps.1-a:/oauth":                       {native, anyScheme},
		"myapp:/cb":                                                   {anyScheme},
		"myapp://cb":                                                  {anyScheme},
		"my-app://host/cb":                                            {anyScheme},
		"capacitor://localhost/cb":                                    {anyScheme},
		"chrome-extension://abcdefghijklmnopabcdefghijklmnop/cb.html": {anyScheme},
	} {
		for _, policy := range policies {
			if err := redirecturi.Validate(uri, policy); err != nil {
				t.Errorf("%s for %+v: %v", uri, policy, err)
			}
		}
	}
}

// RED-02, RED-05, RED-06, RED-07, RED-19 at registration.
func TestValidate_refusesWhatAttackersNeed(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"", "/cb", "//rp.test/cb", "rp.test/cb", "https", "https:", "https:/rp.test/cb", "https:rp.test", "https:///cb",
		"https://", "https://?x", "://rp.test", " https://rp.test/cb", "https://rp.test/cb ", "https://rp.test/c b",
		"https://rp.test/cb#frag", "https://rp.test/cb#", "https://rp.test/cb?x#", "com.example.app:/cb#f",
		"https://u@rp.test/cb", "https://u:p@rp.test/cb", "https://a@b@rp.test/cb", "https://rp.test:443@evil.test/cb",
		"https://@rp.test/cb", "http://evil.test@127.0.0.1:1/cb", "com.example.app://u@host/cb",
		"https://*.rp.test/cb", "https://rp.test/*", "https://rp.test/cb?*", "*",
		"https://rp.test/cb/../evil", "https://rp.test/..", "https://rp.test/.", "https://rp.test/./cb",
		"https://rp.test/cb/..;/evil", "https://rp.test/..;a=b", "https://rp.test/%2e%2e/evil", "https://rp.test/%2E./x",
		"https://rp.test/..%2fevil", "https://rp.test/a%2F..%2Fb", "https://rp.test/%252e%252e/evil",
		"https://rp.test/a%5c..%5cb", "com.example.app:/../cb", "com.example.app://h/%2e%2e/cb",
		`https://rp.test\@evil.test/cb`, `https:\\rp.test\cb`, "https://rp.test/\x00", "https://rp.test/%00",
		"https://rp.test/%0d%0aSet-Cookie:x", "https://rp.test/?%0A", "https://rp.test/\r\n", "https://rp.test/\tcb",
		"https://rp.test/%7f", "https://rp.test/%", "https://rp.test/%2", "https://rp.test/%zz", "https://rp.test/é",
		"https://bücher.test/cb", "https://rp.test/\u202e", "https://rp.test/\xff", "https://rp.test/<x>", `https://rp.test/"`,
		"https://rp.test/a[b", "https://rp.test/?a[]=1", "https://rp.test/^`{|}",
		"https://RP.test/cb", "HTTPS://rp.test/cb", "https://rp.test./cb", "https://.rp.test/cb", "https://rp..test/cb",
		"https://-rp.test/cb", "https://rp-.test/cb", "https://rp_x.test/cb", "https://rp%2etest/cb", "https://rp%20.test/cb",
		"https://" + strings.Repeat("a", 64) + ".test/cb", "https://" + strings.Repeat("a.", 127) + "test/cb",
		"https://127.1/cb", "https://2130706433/cb", "https://0x7f000001/cb", "https://0x7f.1/cb", "https://127.0.0.01/cb",
		"https://1.2.3.4.5/cb", "https://256.1.1.1/cb", "https://a.0x/cb", "https://1.2.3.4./cb",
		"https://[::ffff:127.0.0.1]/cb", "https://[0:0:0:0:0:0:0:1]/cb", "https://[fe80::1%25eth0]/cb", "https://[::1/cb",
		"https://::1/cb", "https://[127.0.0.1]/cb", "https://[::1]x/cb", "https://[]/cb", "https://[2001:DB8::1]/cb",
		"https://rp.test:/cb", "https://rp.test:0/cb", "https://rp.test:080/cb", "https://rp.test:65536/cb",
		"https://rp.test:1:2/cb", "https://rp.test:+1/cb", "https://rp.test:1a/cb", "https://[::1]:/cb", "https://:443/cb",
		"http://rp.test/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.2/cb", "http://127.1/cb", "http://0.0.0.0/cb",
		"http://[::ffff:127.0.0.1]/cb", "http://localhost.evil.test/cb", "http://evil.localhost/cb", "http://LOCALHOST/cb",
		"javascript:alert(1)", "JaVaScript:alert(1)", "JaVaScript%3aalert(1)", "javascript://rp.test/%0aalert(1)",
		"data:text/html,x", "vbscript:x", "blob:https://rp.test/1", "file:///etc/passwd", "about:blank", "ftp://rp.test/cb",
		"ws://rp.test/cb", "view-source:https://rp.test", "intent://rp.test/cb", "urn:ietf:wg:oauth:2.0:oob", "myapp:/cb",
		"myapp://cb", "com.example.app:cb", "com.example.app:", "com.example.app:?x", "com.example.app://", ".app:/cb",
		"com.:/cb", "com..app:/cb", "1.app:/cb", "-a.b:/cb", "com.exa+mple:/cb", "com.example.app://h:1/cb",
		"https://rp.test/" + strings.Repeat("a", redirecturi.MaxBytes),
	} {
		for _, policy := range []redirecturi.Policy{web, dev, native} {
			if err := redirecturi.Validate(uri, policy); !errors.Is(err, redirecturi.ErrInvalid) {
				t.Errorf("%.80q for %+v: %v", uri, policy, err)
			}
		}
	}
}

func TestValidate_keepsTheKindsOfClientApart(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"com.example.app:/cb", "com.example.app://callback", "http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb",
	} {
		for _, policy := range []redirecturi.Policy{{}, web, {ApplicationType: "Native"}} {
			if err := redirecturi.Validate(uri, policy); !errors.Is(err, redirecturi.ErrInvalid) {
				t.Errorf("%s for %+v: %v", uri, policy, err)
			}
		}
	}
	if err := redirecturi.Validate("com.example.app:/cb", dev); !errors.Is(err, redirecturi.ErrInvalid) {
		t.Errorf("private-use scheme for a web client in development: %v", err)
	}
}

// RED-06: an operator may leave out the dot, but no app owns what browsers run or read.
func TestValidate_noPolicyAllowsSchemesOfBrowsersAndSystems(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"javascript:alert(1)", "JaVaScript:/alert(1)", "javascript://rp.test/%0aalert(1)", "data:/text/html,x", "vbscript:/x", "blob:/x", "file:///etc/passwd",
		"about:/blank", "ftp://rp.test/cb", "ws://rp.test/cb", "wss://rp.test/cb", "view-source://rp.test", "intent://rp.test/cb", "urn:/x", "mailto:/a@b", "tel:/1",
		"sms:/1", "content://x/y", "filesystem:/x", "HTTPS://rp.test/cb", "hTTp://rp.test/cb", "myapp:cb", "myapp:", "1app:/cb", "-app:/cb", "my_app:/cb", "my+app:/cb",
		"myapp://u@host/cb", "myapp:/cb#x", "myapp:/../cb", "smb://host/share", "ms-appx:///x", "jar:/x",
	} {
		if err := redirecturi.Validate(uri, anyScheme); !errors.Is(err, redirecturi.ErrInvalid) {
			t.Errorf("%q: %v", uri, err)
		}
	}
	web := redirecturi.Policy{ApplicationType: redirecturi.Web, AllowAnyScheme: true}
	if err := redirecturi.Validate("myapp:/cb", web); !errors.Is(err, redirecturi.ErrInvalid) {
		t.Errorf("a web client's: %v", err)
	}
}

func TestOrigins_areWhatBrowsersSend(t *testing.T) {
	t.Parallel()
	got := redirecturi.Origins([]string{
		"https://rp.test/cb", "https://rp.test:443/other?x=1", "https://rp.test:8443/cb", "com.example.app:/cb",
		"com.example.app://rp.test/cb", "http://localhost:3000/cb", "http://127.0.0.1:80/", "https://spa.test?x=/y",
		"http://[::1]:8080/cb", "https://a:80/", "http://a:443/", "https://u@evil.test/", "https://*/", "null", "",
	})
	want := []string{
		"https://rp.test", "https://rp.test:8443", "http://localhost:3000", "http://127.0.0.1", "https://spa.test",
		"http://[::1]:8080", "https://a:80", "http://a:443",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
