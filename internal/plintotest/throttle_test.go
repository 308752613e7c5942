package plintotest

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"plinto/identity"
)

// tries posts one wrong password and returns the status.
func (s *Server) tries(client string, name, password string, change ...func(*http.Request)) int {
	b := s.Browser()
	p := b.Open(client)
	data := url.Values{"flow": {p.URL.Query().Get("flow")}, "csrf": {p.Doc.Find("input[name=csrf]").AttrOr("value", "")}, "username": {name}, "password": {password}}
	u, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	headers := func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, c := range b.Jar.Cookies(u) {
			r.AddCookie(c)
		}
	}
	return s.Send(http.MethodPost, "/login", data, append(change, headers)...).StatusCode
}

// PWD-11, PWD-09: one account has one counter, however its name is written.
func TestSignIn_oneAccountHasOneCounter(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	s.User("alice@example.com")
	address := s.authorizeURL(client, nil)
	names := []string{"alice@example.com", "ALICE@example.com", " alice@example.com ", "ａlice@example.com", "Alice@Example.COM"}
	refused, throttled := 0, 0
	for i := range 16 {
		switch status := s.tries(address, names[i%len(names)], "wrong-password-"+string(rune('a'+i))); status {
		case http.StatusUnauthorized:
			refused++
		case http.StatusTooManyRequests:
			throttled++
		default:
			t.Fatalf("status %d", status)
		}
	}
	if refused != 10 || throttled != 6 {
		t.Errorf("%d tries were checked and %d throttled, want 10 and 6", refused, throttled)
	}
	// PWD-10: the owner's own browser, which signed in before, has its own counter,
	// but this one never did: the account waits, it is not locked for good.
	if status := s.tries(address, "alice@example.com", Password); status != http.StatusTooManyRequests {
		t.Errorf("the right password from an unknown browser: %d", status)
	}
}

// PWD-10: an attack from elsewhere does not keep the owner out.
func TestSignIn_aKnownBrowserIsLetIn(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"), FirstParty)
	s.User("alice@example.com")
	owner := s.Browser()
	owner.SignIn(s.authorizeURL(client, nil), "alice@example.com")
	owner.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	for range 12 {
		s.tries(s.authorizeURL(client, nil), "alice@example.com", "wrong-password")
	}
	p := owner.Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": "alice@example.com", "password": Password})
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the owner is kept out: %d", p.Status)
	}
}

// PWD-15, ENU-06: parallel tries cannot exceed the limit, and unknown names have one too.
func TestSignIn_parallelTriesCannotExceedTheLimit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"alice@example.com", "nobody@example.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t)
			client, _ := s.Client(web("https://rp.test/cb"))
			s.User("alice@example.com")
			var checked atomic.Int32
			var all sync.WaitGroup
			for range 18 {
				all.Go(func() {
					if s.tries(s.authorizeURL(client, nil), name, "wrong-password") == http.StatusUnauthorized {
						checked.Add(1)
					}
				})
			}
			all.Wait()
			if got := checked.Load(); got > 10 || got < 5 {
				t.Errorf("%d tries were checked, want at most 10", got)
			}
		})
	}
}

// PWD-09: one address and many names.
func TestSignIn_oneAddressIsThrottled(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	throttled := 0
	for i := range 24 {
		// PWD-14: forged addresses of an untrusted peer do not help.
		forge := func(r *http.Request) {
			for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "True-Client-IP", "Forwarded"} {
				r.Header.Set(name, "203.0.113."+string(rune('0'+i%10)))
			}
		}
		if s.tries(s.authorizeURL(client, nil), "user"+string(rune('a'+i))+"@example.com", "wrong-password", forge) == http.StatusTooManyRequests {
			throttled++
		}
	}
	if throttled < 2 {
		t.Errorf("%d of 24 were throttled", throttled)
	}
}

// PWD-01, PWD-04: odd passwords are refused like wrong ones, at once.
func TestSignIn_oddPasswordsAreJustWrong(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	s.User("alice@example.com")
	for name, password := range map[string]string{
		"a kilobyte": strings.Repeat("x", 2000), "blank behind": Password + " ", "other case": strings.ToUpper(Password), "empty": "", "tab": "a\tb\tc\td\te",
	} {
		if status := s.tries(s.authorizeURL(client, nil), "alice@example.com", password); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	big := url.Values{"flow": {"x"}, "password": {strings.Repeat("x", 70<<10)}}
	if a := s.Send(http.MethodPost, "/login", big, With("Sec-Fetch-Site", "same-origin")); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("70 KiB: %d", a.StatusCode)
	}
}

// ENU-01: unknown, wrong, disabled and without a password are one answer.
func TestSignIn_everyRefusalIsTheSame(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	s.User("alice@example.com")
	disabled := s.User("dora@example.com")
	disabled.DisabledAt = s.now()
	if err := s.Store.Users.Update(s.In(), disabled); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Users.Create(s.In(), identity.User{ID: newID(), Email: "none@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	var first string
	for _, name := range []string{"alice@example.com", "dora@example.com", "none@example.com", "nobody@example.com"} {
		b := s.Browser()
		p := b.Open(s.authorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": "wrong-password"})
		html, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"flow", "csrf"} {
			html = strings.ReplaceAll(html, p.Doc.Find("input[name="+field+"]").AttrOr("value", "\x00"), "")
		}
		html = strings.ReplaceAll(html, name, "")
		got := p.Header.Get("Content-Type") + strings.Join(p.Header.Values("Set-Cookie"), "|") + html
		if first == "" {
			first = got
		}
		if p.Status != http.StatusUnauthorized || got != first {
			t.Errorf("%s is answered otherwise (%d):\n%s\n%s", name, p.Status, got, first)
		}
	}
}

// ENU-02, ENU-08: a refusal takes as long for a name that nobody has as for the user
// whose imported hash is slow, from the first one on.
func TestSignIn_refusalsTakeAsLongAsTheSlowestHash(t *testing.T) {
	t.Parallel()
	s := Start(t)
	client, _ := s.Client(web("https://rp.test/cb"))
	s.User("alice@example.com")
	slow, err := bcrypt.GenerateFromPassword([]byte(Password), 11)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Users.Create(s.In(), identity.User{ID: newID(), Email: "imported@example.com", EmailVerified: true}, string(slow)); err != nil {
		t.Fatal(err)
	}
	address := s.authorizeURL(client, nil)
	refusal := func(name string) time.Duration {
		p := s.Browser().Open(address)
		began := time.Now()
		if p = p.Submit("submit", map[string]string{"username": name, "password": "wrong-password"}); p.Status != http.StatusUnauthorized {
			t.Fatalf("%s: %d", name, p.Status)
		}
		return time.Since(began)
	}
	for _, name := range []string{"nobody@example.com", "alice@example.com", "imported@example.com", "nobody@example.com", "alice@example.com"} {
		// No machine computes that bcrypt in less; the other hashes take a millisecond.
		if took := refusal(name); took < 40*time.Millisecond {
			t.Errorf("%s is refused after %v, sooner than the slow hash allows", name, took)
		}
	}
	// Who is right waits for nothing, and has a hash of ours from now on.
	if answer := s.Browser().SignIn(address, "imported@example.com"); answer.Get("code") == "" {
		t.Fatalf("the imported user: %v", answer)
	}
	if _, stored, err := s.Store.Users.Credential(s.In(), "imported@example.com"); err != nil || !strings.HasPrefix(stored, "$argon2id$") {
		t.Errorf("the hash is still %s, %v", stored, err)
	}
}
