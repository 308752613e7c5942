package signin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
)

// PWD-11, PWD-09: one account has one counter, however its name is written. Beyond it
// the right password is answered like a wrong one.
func TestSignIn_oneAccountHasOneCounter(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	address := s.AuthorizeURL(client, nil)
	names := []string{"alice@example.com", "ALICE@example.com", " alice@example.com ", "ａlice@example.com", "Alice@Example.COM"}
	try := func(name, password string, want int) {
		t.Helper()
		if status := s.Tries(address, name, password); status != want {
			t.Fatalf("%s, %s: status %d, want %d", name, password, status, want)
		}
	}
	for i := range 9 {
		try(names[i%len(names)], "wrong-password", http.StatusUnauthorized)
	}
	try(names[0], plintotest.Password, http.StatusSeeOther)
	try(names[1], "wrong-password", http.StatusUnauthorized)
	for _, name := range names {
		try(name, plintotest.Password, http.StatusUnauthorized)
	}
}

// answered is everything of an answer that a visitor can see and that chance does not decide.
func answered(t *testing.T, p *plintotest.Page, name string) string {
	t.Helper()
	html, err := p.Doc.Find("html").Html()
	if err != nil {
		t.Fatal(err)
	}
	header := p.Header.Clone()
	for _, chance := range []string{"Date", "Request-Id", "Content-Security-Policy"} {
		if header.Get(chance) == "" {
			t.Errorf("the answer has no %s", chance)
		}
		header.Set(chance, strconv.Itoa(len(header.Get(chance))))
	}
	html = strings.ReplaceAll(html, name, strings.Repeat("n", 20))
	for _, field := range []string{"flow", "csrf"} {
		html = strings.ReplaceAll(html, p.Doc.Find("input[name="+field+"]").AttrOr("value", "\x00"), "")
	}
	html = strings.ReplaceAll(html, p.Header.Get("Request-Id"), "")
	html = strings.ReplaceAll(html, p.Doc.Find("[nonce]").AttrOr("nonce", "\x00"), "")
	return fmt.Sprint(p.Status, header, html)
}

// An exhausted counter answers like a wrong password, for a user by either name and
// for names that nobody has: otherwise exhausting it by one name and trying the other
// would tell that both are one account. It tells nothing of the right password either.
func TestSignIn_anExhaustedCounterLooksLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Proxied: true})
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	u := testworld.FullUser("alice@example.com")
	u.Username = "alice.example.com"
	s.Make(u)
	tries := 0
	try := func(name, password string) string {
		tries++ // each from a network of its own: only the account counts
		b := s.Browser().From(fmt.Sprintf("198.51.%d.7", tries))
		p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": password})
		if p.Doc == nil {
			t.Fatalf("%s, %s: left to %v", name, password, p.Left)
		}
		return answered(t, p, name)
	}
	first := try("xenia@example.com", "wrong-password") // names of one length, which the page repeats
	for _, pair := range [][2]string{{"alice.example.com", "alice@example.com"}, {"xenia.example.com", "xenia@example.com"}} {
		for i := range 12 {
			if got := try(pair[0], "wrong-password"); got != first {
				t.Fatalf("%s, try %d:\n%s\nwant\n%s", pair[0], i+1, got, first)
			}
		}
		for _, name := range pair {
			for _, password := range []string{"wrong-password", plintotest.Password} {
				if got := try(name, password); got != first {
					t.Errorf("%s with %s after its counter is exhausted:\n%s\nwant\n%s", name, password, got, first)
				}
			}
		}
	}
}

// PWD-10: an attack from elsewhere does not keep the owner out.
func TestSignIn_aKnownBrowserIsLetIn(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	owner := s.Browser()
	owner.SignIn(s.AuthorizeURL(client, nil), "alice@example.com")
	owner.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	for range 12 {
		s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", "wrong-password")
	}
	p := owner.Open(s.AuthorizeURL(client, nil)).Submit("submit", plintotest.Alice())
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("the owner is kept out: %d", p.Status)
	}
}

// PWD-15, ENU-06: of parallel tries no more can succeed than of others, and unknown
// names are counted like known ones.
func TestSignIn_parallelTriesCannotExceedTheLimit(t *testing.T) {
	t.Parallel()
	database, admin := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Proxied: true, Database: database})
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	for i, name := range []string{"alice@example.com", "nobody@example.com"} {
		var all sync.WaitGroup
		for n := range 30 {
			from := plintotest.With("X-Forwarded-For", fmt.Sprintf("198.51.%d.7", n))
			all.Go(func() {
				if status := s.Tries(s.AuthorizeURL(client, nil), name, "wrong-password", from); status != http.StatusUnauthorized {
					t.Errorf("%s: status %d", name, status)
				}
			})
		}
		all.Wait()
		if status := s.Tries(s.AuthorizeURL(client, nil), name, plintotest.Password); status != http.StatusUnauthorized {
			t.Errorf("%s: the right password after thirty wrong ones at once: %d", name, status)
		}
		var rows, exhausted int
		err := storagetest.Owner(t, admin).QueryRow(t.Context(),
			`SELECT count(*), count(*) FILTER (WHERE tat > now() + interval '9 minutes') FROM attempts`).Scan(&rows, &exhausted)
		if err != nil || rows != i+1 || exhausted != i+1 {
			t.Errorf("%s: %d counters, %d of them exhausted, want %d; %v", name, rows, exhausted, i+1, err)
		}
	}
}

// Good sign-ins are not counted: not many from one address, nor of one user, nor many
// at once.
func TestSignIn_goodOnesAreNeverThrottled(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	var all sync.WaitGroup
	for range 15 { // at once: more than the limit of an account
		all.Go(func() {
			for range 4 {
				if status := s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", plintotest.Password); status != http.StatusSeeOther {
					t.Errorf("a good sign-in: status %d", status)
				}
			}
		})
	}
	all.Wait()
}

// PWD-09: one address and many names.
func TestSignIn_oneAddressIsThrottled(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	throttled := 0
	for i := 0; i < 100 && throttled < 2; i++ { // on a slow machine some come back meanwhile
		// PWD-14: forged addresses of an untrusted peer do not help.
		forge := func(r *http.Request) {
			for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "True-Client-IP", "Forwarded"} {
				r.Header.Set(name, fmt.Sprintf("203.0.113.%d", i))
			}
		}
		if s.Tries(s.AuthorizeURL(client, nil), fmt.Sprintf("user%d@example.com", i), "wrong-password", forge) == http.StatusTooManyRequests {
			throttled++
		}
	}
	if throttled < 2 {
		t.Errorf("%d of a hundred were throttled", throttled)
	}
}

// PWD-13: whoever has a whole IPv6 network, or rents neighbouring IPv4 addresses, has
// not as many tries as addresses; the networks beside it have theirs.
func TestSignIn_aWholeNetworkIsThrottled(t *testing.T) {
	t.Parallel()
	for name, network := range map[string]struct {
		address func(n int) string
		beside  string
	}{
		"IPv6 /56": {func(n int) string { return fmt.Sprintf("2001:db8:1:10%02x::1", n) }, "2001:db8:1:1100::1"},
		"IPv6 /48": {func(n int) string { return fmt.Sprintf("2001:db8:1:%02x00::1", n) }, "2001:db8:2::1"},
		"IPv4 /24": {func(n int) string { return fmt.Sprintf("198.51.100.%d", n) }, "198.51.101.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := plintotest.Start(t, plintotest.Options{Proxied: true})
			client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
			s.User("alice@example.com")
			address := s.AuthorizeURL(client, nil)
			throttled := 0
			for n := range 100 { // a try from each
				if s.Tries(address, fmt.Sprintf("user%d@example.com", n), "wrong", plintotest.With("X-Forwarded-For", network.address(n))) == http.StatusTooManyRequests {
					throttled++
				}
			}
			if throttled == 0 {
				t.Error("a hundred tries from a hundred addresses of one network were all answered")
			}
			if status := s.Tries(address, "alice@example.com", plintotest.Password, plintotest.With("X-Forwarded-For", network.beside)); status != http.StatusSeeOther {
				t.Errorf("a good sign-in from the network beside it: %d", status)
			}
		})
	}
}

// A browser that signed the user in before is not stopped by what others do in its
// network. It is by what it does itself.
func TestSignIn_aKnownBrowserIsNotStoppedByItsNetwork(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	s.User("bob@example.com")
	address := s.AuthorizeURL(client, nil)
	owner := s.Browser()
	owner.SignIn(address, "alice@example.com")
	owner.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	for range 60 { // others fail so often that nothing comes back while the test runs
		s.Store.Limiter.Verdict(s.In(), false, ofNetworks.Networks("127.0.0.1", "")...)
	}
	if status := s.Tries(address, "alice@example.com", plintotest.Password); status != http.StatusTooManyRequests {
		t.Fatalf("another browser of the network: %d", status)
	}
	try := func(name, password string) int {
		return owner.Open(address).Submit("submit", map[string]string{"username": name, "password": password}).Status
	}
	if status := try("bob@example.com", plintotest.Password); status != http.StatusTooManyRequests {
		t.Errorf("as a user whom it never signed in: %d", status)
	}
	for range 10 {
		if status := try("alice@example.com", "wrong-password"); status != http.StatusUnauthorized {
			t.Errorf("a wrong password: %d", status)
		}
		if t.Failed() {
			break
		}
	}
	if status := try("alice@example.com", plintotest.Password); status != http.StatusUnauthorized {
		t.Errorf("the right password after ten wrong ones of its own: %d", status)
	}
}

// PWD-01, PWD-04: odd passwords are refused like wrong ones, at once.
func TestSignIn_oddPasswordsAreJustWrong(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	for name, password := range map[string]string{
		"a kilobyte": strings.Repeat("x", 2000), "blank behind": plintotest.Password + " ", "other case": strings.ToUpper(plintotest.Password), "empty": "", "tab": "a\tb\tc\td\te",
	} {
		if status := s.Tries(s.AuthorizeURL(client, nil), "alice@example.com", password); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, status)
		}
	}
	big := url.Values{"flow": {"x"}, "password": {strings.Repeat("x", 70<<10)}}
	if a := s.Send(http.MethodPost, "/login", big, plintotest.With("Sec-Fetch-Site", "same-origin")); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("70 KiB: %d", a.StatusCode)
	}
}

// ENU-01: unknown, wrong, disabled and without a password are one answer.
func TestSignIn_everyRefusalIsTheSame(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	disabled := s.User("dora@example.com")
	s.Disable(disabled)
	if err := s.Store.Users.Create(s.In(), identity.User{ID: testworld.ID(), Email: "none@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	var first string
	for _, name := range []string{"alice@example.com", "dora@example.com", "none@example.com", "nobody@example.com"} {
		b := s.Browser()
		p := b.Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": "wrong-password"})
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
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"))
	s.User("alice@example.com")
	slow, err := bcrypt.GenerateFromPassword([]byte(plintotest.Password), 11)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Users.Create(s.In(), identity.User{ID: testworld.ID(), Email: "imported@example.com", EmailVerified: true}, string(slow)); err != nil {
		t.Fatal(err)
	}
	address := s.AuthorizeURL(client, nil)
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
	if held, err := s.Store.Users.Credential(s.In(), "imported@example.com", nil); err != nil || !strings.HasPrefix(held.PasswordHash, "$argon2id$") {
		t.Errorf("the hash is still %s, %v", held.PasswordHash, err)
	}
}

// PWD-10: browsers that signed a user in before everything of theirs was ended have one count together: whoever had the password for a while
// may have any number of them.
func TestSignIn_browsersThatWereKnownHaveOneCounter(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.test/cb"), plintotest.FirstParty)
	alice := s.User("alice@example.com")
	address := s.AuthorizeURL(client, nil)
	known := []*plintotest.Browser{s.Browser(), s.Browser(), s.Browser()}
	for _, b := range known {
		b.SignIn(address, alice.Email)
		b.Open(s.Issuer()+"/oauth2/logout").Submit("logout-yes", nil)
	}
	try := func(b *plintotest.Browser, password string) *plintotest.Page {
		return b.Open(address).Submit("submit", map[string]string{"username": alice.Email, "password": password})
	}
	for range 10 {
		try(known[0], "wrong-password")
	}
	if p := try(known[1], plintotest.Password); p.Left == nil {
		t.Fatalf("one that is known has no count of its own: %d", p.Status)
	}
	const fresh = "another walrus at dawn"
	if err := s.Directory().SetPassword(s.In(), event.Actor{Type: "operator"}, alice, fresh, uuid.Nil); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		try(known[1], "wrong-password")
	}
	if p := try(known[2], fresh); p.Left != nil {
		t.Error("one that was known has a count of its own")
	}
	if p := try(s.Browser(), fresh); p.Left == nil {
		t.Errorf("one that never was is kept out: %d", p.Status)
	}
}
