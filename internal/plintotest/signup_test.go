package plintotest

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"plinto/internal/mailcatcher"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const newcomer = "new@example.com"

// startOpen is a server where people may sign up.
func startOpen(t *testing.T, change ...func(*tenant.SignUp)) (*Server, *provider.Client, string) {
	t.Helper()
	open := tenant.SignUp{Enabled: true}
	for _, f := range change {
		f(&open)
	}
	s := Start(t, Options{Mail: true, Settings: tenant.Settings{SignUp: open}})
	client, secret := s.Client(web("https://rp.example/cb"))
	return s, client, secret
}

// mailed waits for the n-th mail to an address and returns it.
func (s *Server) mailed(to string, n int) (found mailcatcher.Mail) {
	s.t.Helper()
	eventually(s.t.(*testing.T), fmt.Sprintf("mail %d to %s", n, to), func() bool {
		mails := slices.DeleteFunc(s.Mails.All(), func(m mailcatcher.Mail) bool { return m.To != to })
		if len(mails) < n {
			return false
		}
		found = mails[len(mails)-n]
		return true
	})
	return found
}

var codePattern = regexp.MustCompile(`(?m)^ +(\d{4} \d{4})$`)

func codeOf(t *testing.T, m mailcatcher.Mail) string {
	t.Helper()
	match := codePattern.FindStringSubmatch(m.Text)
	if match == nil || !strings.Contains(m.HTML, match[1]) {
		t.Fatalf("no code in %s\n%s", m.Text, m.HTML)
	}
	return match[1]
}

// ask opens a request with prompt=create and asks for a code.
func (s *Server) ask(b *Browser, client *provider.Client, email string) *Page {
	s.t.Helper()
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}}))
	if p.URL.Path != "/sign-up" {
		s.t.Fatalf("prompt=create leads to %s (%d)", p.URL, p.Status)
	}
	return p.Submit("submit", map[string]string{"email": email})
}

// verify types the code of the mail. The right one leads to the last page.
func verify(p *Page, code string) *Page { return p.Submit("submit", map[string]string{"code": code}) }

// finish goes the rest of the way: the code, and if it is right, the account.
func finish(p *Page, code string) *Page {
	if p = verify(p, code); p.Doc == nil || p.Doc.Find("#name").Length() == 0 {
		return p
	}
	return p.Submit("submit", map[string]string{"name": "New Comer", "password": Password})
}

func (p *Page) problem() string { return strings.TrimSpace(p.Doc.Find("#problem").Text()) }

func TestSignUp_aRelyingPartyHasAnAccountMade(t *testing.T) {
	t.Parallel()
	s, client, secret := startOpen(t)
	rp := party(t, s, client, secret)
	var meta struct {
		Prompts []string `json:"prompt_values_supported"`
	}
	if err := rp.provider.Claims(&meta); err != nil || !slices.Contains(meta.Prompts, "create") {
		t.Errorf("prompt_values_supported %v, %v: want create among them", meta.Prompts, err)
	}
	verifier := oauth2.GenerateVerifier()
	address := rp.config.AuthCodeURL("st", oidc.Nonce("n"), oauth2.S256ChallengeOption(verifier),
		oauth2.SetAuthURLParam("prompt", "create"), oauth2.SetAuthURLParam("login_hint", newcomer))
	b := s.Browser()
	p := b.Open(address)
	if got := p.Doc.Find("#email").AttrOr("value", ""); got != newcomer {
		t.Errorf("the form starts with %q, want the login_hint", got)
	}
	p = p.Submit("submit", nil)
	p = finish(p, codeOf(t, s.mailed(newcomer, 1)))
	if p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Fatalf("not asked for consent: %s (%d)", p.URL, p.Status)
	}
	p = p.Submit("allow", nil)
	if p.Left == nil || p.Left.Query().Get("state") != "st" {
		t.Fatalf("not back at the client: %v", p.Left)
	}
	tokens, err := rp.config.Exchange(rp.ctx, p.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := rp.verifier.Verify(rp.ctx, raw)
	if err != nil || id.Nonce != "n" {
		t.Fatalf("ID token: %v", err)
	}
	info, err := rp.provider.UserInfo(rp.ctx, oauth2.StaticTokenSource(tokens))
	if err != nil || info.Subject != id.Subject || info.Email != newcomer || !info.EmailVerified {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	// And from now on by password, in any browser.
	if answer := s.Browser().SignIn(s.AuthorizeURL(client, nil), newcomer); answer.Get("code") == "" {
		t.Errorf("signing in with the new account: %v", answer)
	}
}

func TestSignUp_isOfferedOnTheSignInPage(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil))
	link, ok := p.Doc.Find("#sign-up").Attr("href")
	if !ok {
		t.Fatal("no link to sign up")
	}
	p = b.Open(s.Issuer()+link).Submit("submit", map[string]string{"email": newcomer})
	p = finish(p, codeOf(t, s.mailed(newcomer, 1))).Submit("allow", nil)
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("ended at %v", p.Left)
	}
}

func TestSignUp_whoHasAnAccountSignsIn(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	s.User("alice@example.com")
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}})).Submit("have-account", nil)
	p = p.Submit("submit", map[string]string{"username": "alice@example.com", "password": Password}).Submit("allow", nil)
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Fatalf("ended at %v", p.Left)
	}
	// A session is there now: an account is offered all the same, and with "I have
	// one" it is for the user to say which.
	p = b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}})).Submit("have-account", nil)
	if p.Doc == nil || p.Doc.Find("#account-0").Length() != 1 {
		t.Fatalf("no account chooser at %s", p.URL)
	}
	p = p.Submit("account-0", nil)
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("ended at %v", p.Left)
	}
	p = s.Browser().Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}})).Submit("cancel", nil)
	if p.Left == nil || p.Left.Query().Get("error") != "access_denied" {
		t.Errorf("cancelled: ended at %v", p.Left)
	}
}

// ENU-03. Only the mail tells, and it goes to who reads the address.
func TestSignUp_tellsNobodyWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	s.User("alice@example.com")
	seen := map[string]string{}
	for _, email := range []string{"alice@example.com", newcomer} {
		p := s.ask(s.Browser(), client, email)
		body, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		body = regexp.MustCompile(`name="(flow|csrf)" value="[^"]*"|flow=[0-9a-f-]{36}`).ReplaceAllString(body, "")
		seen[email] = fmt.Sprint(p.Status, strings.ReplaceAll(body, email, "EMAIL"))
	}
	if seen["alice@example.com"] != seen[newcomer] {
		t.Errorf("the pages differ:\n%s\n%s", seen["alice@example.com"], seen[newcomer])
	}
	m := s.mailed("alice@example.com", 1)
	if codePattern.MatchString(m.Text) || !strings.Contains(m.Subject, "already have an account") {
		t.Errorf("mail to the owner: %s\n%s", m.Subject, m.Text)
	}
}

func TestSignUp_needsTheCodeOfThisBrowser(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	victim := s.ask(s.Browser(), client, newcomer)
	codes := []string{codeOf(t, s.mailed(newcomer, 1))}
	attacker := s.ask(s.Browser(), client, newcomer)
	codes = append(codes, codeOf(t, s.mailed(newcomer, 2)))
	for _, code := range append(codes, "0000 0000", "", "x") {
		// One of them is the attacker's own: only who reads the mail knows which, and
		// in the victim's browser it is of no use.
		if code == codes[1] {
			continue
		}
		if p := finish(attacker, code); p.Status != http.StatusUnprocessableEntity || p.problem() == "" {
			t.Errorf("code %q of another browser: %d %s", code, p.Status, p.URL)
		}
	}
	if p := finish(victim, codes[0]); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("the right code in the right browser: %d %s", p.Status, p.problem())
	}
	// Now the address has an account. Who reads it may be told.
	if p := finish(attacker, codes[1]); p.Status != http.StatusConflict {
		t.Errorf("the second account of an address: %d %s", p.Status, p.problem())
	}
}

func TestSignUp_letsNobodyGuess(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	p := s.ask(s.Browser(), client, newcomer)
	code := codeOf(t, s.mailed(newcomer, 1))
	wrong := "1111 1111"
	if code == wrong {
		wrong = "2222 2222"
	}
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if status := finish(p, wrong).Status; status != http.StatusUnprocessableEntity {
				t.Errorf("a wrong code: %d", status)
			}
		})
	}
	all.Wait()
	before := finish(p, wrong).problem()
	if p := finish(p, code); p.Status != http.StatusUnprocessableEntity || p.problem() != before {
		t.Errorf("the right code after too many guesses: %d %q, want the answer to a wrong one: %q", p.Status, p.problem(), before)
	}
	p = p.Submit("again", nil)
	if p := finish(p, codeOf(t, s.mailed(newcomer, 2))); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("another code: %d %s", p.Status, p.problem())
	}
}

// What was typed and not refused is not asked for again: the name, the code, and that
// the code was verified. No page repeats a password.
func TestSignUp_asksForNothingTwice(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	p := s.ask(s.Browser(), client, newcomer)
	code := codeOf(t, s.mailed(newcomer, 1))
	if got := verify(p, "12 34"); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#code").AttrOr("value", "") != "12 34" {
		t.Errorf("a wrong code: %d, the page starts with %q", got.Status, got.Doc.Find("#code").AttrOr("value", ""))
	}
	p = verify(p, code)
	for password, want := range map[string]string{"": "Enter a password", "short": "at least 8", "password": "easy to guess", strings.Repeat("long", 65): "no more than 256", "tab\there!": "can’t be used"} {
		got := p.Submit("submit", map[string]string{"name": "Ann", "password": password})
		if got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#password[aria-invalid]").Length() != 1 || !strings.Contains(got.problem(), want) {
			t.Errorf("password %q: %d %q", password, got.Status, got.problem())
		}
		if got.Doc.Find("#name").AttrOr("value", "") != "Ann" || got.Doc.Find("#code").Length() != 0 {
			t.Errorf("password %q: the name is %q, and the code is asked for %d times", password, got.Doc.Find("#name").AttrOr("value", ""), got.Doc.Find("#code").Length())
		}
		if value, ok := got.Doc.Find("#password").Attr("value"); ok {
			t.Errorf("the page repeats the password %q", value)
		}
	}
	for _, name := range []string{strings.Repeat("n", 201), "admin\u202e\u200b"} {
		if got := p.Submit("submit", map[string]string{"password": Password, "name": name}); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#name[aria-invalid]").Length() != 1 {
			t.Errorf("the name %.20q: %d", name, got.Status)
		}
	}
	if p = p.Submit("submit", map[string]string{"name": "Ann", "password": Password}); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("in the end: %d %s", p.Status, p.problem())
	}
}

func TestSignUp_aCodeIsGoodUntilItIsUsed(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	p := s.ask(s.Browser(), client, newcomer)
	old := codeOf(t, s.mailed(newcomer, 1))
	p = p.Submit("again", nil)
	if role := p.Doc.Find("#sent").AttrOr("role", ""); role != "status" || !strings.Contains(p.Doc.Find("#sent").Text(), newcomer) {
		t.Errorf("after another mail the page says %q (%s)", p.Doc.Find("#sent").Text(), role)
	}
	fresh := codeOf(t, s.mailed(newcomer, 2))
	if got := verify(p, old); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("the code before the last: %d", got.Status)
	}
	// A form that is posted twice is verified twice.
	if first, second := verify(p, fresh), verify(p, fresh); first.URL.Path != "/sign-up/account" || second.URL.Path != "/sign-up/account" {
		t.Errorf("a code verified twice: %s and %s", first.URL, second.URL)
	}
	var all sync.WaitGroup
	results := make([]*Page, 5)
	for i := range results {
		all.Go(func() { results[i] = finish(p, fresh) })
	}
	all.Wait()
	made := 0
	for _, got := range results {
		if got.Doc != nil && got.Doc.Find("#allow").Length() == 1 {
			made++
		}
	}
	if made != 1 {
		t.Errorf("one code made %d accounts", made)
	}
}

// flowCookies are the cookies of the browser's flows, as they are now.
func (b *Browser) flowCookies() (kept []*http.Cookie) {
	u, err := url.Parse(b.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if strings.Contains(c.Name, "plinto_f_") {
			kept = append(kept, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
		}
	}
	return kept
}

// goBack puts older cookies back, as a browser's owner can.
func (b *Browser) goBack(older []*http.Cookie) {
	u, err := url.Parse(b.origin)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Jar.SetCookies(u, older)
}

// PAG-03: that an address is verified is in the row of its code. Older cookies bring
// nothing back: not a code that was not verified, not one that was spent, not another
// address.
func TestSignUp_olderCookiesProveNothing(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	b := s.Browser()
	p := s.ask(b, client, newcomer)
	unverified := b.flowCookies()
	account := func() *Page { return b.Open(s.Issuer() + "/sign-up/account?flow=" + p.URL.Query().Get("flow")) }
	if got := account(); got.URL.Path != "/sign-up/code" {
		t.Errorf("the last page without the code: %s", got.URL)
	}
	last := verify(p, codeOf(t, s.mailed(newcomer, 1)))
	verified := b.flowCookies()
	b.goBack(unverified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": Password}); got.URL.Path != "/sign-up/code" {
		t.Errorf("the account, with the cookie of before the code: %d %s", got.Status, got.URL)
	}
	// Another address in another tab: the form of the first does not make its account.
	b.goBack(verified)
	other := b.Open(s.Issuer()+"/sign-up?flow="+p.URL.Query().Get("flow")).Submit("submit", map[string]string{"email": "other@example.com"})
	verify(other, codeOf(t, s.mailed("other@example.com", 1)))
	if got := last.Submit("submit", map[string]string{"name": "N", "password": Password}); got.URL.Path != "/sign-up/account" || got.Doc.Find("#username").AttrOr("value", "") != "other@example.com" {
		t.Errorf("the form of one address made the account of another: %d %s", got.Status, got.URL)
	}
	b.goBack(verified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": Password}); got.Doc == nil || got.Doc.Find("#allow").Length() != 1 {
		t.Fatalf("the account: %d %s", got.Status, got.problem())
	}
	b.goBack(verified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": Password}); got.Status != http.StatusConflict {
		t.Errorf("the same form again: %d %s", got.Status, got.problem())
	}
}

// A code that ran out after it was verified is asked for again, and the name is not.
func TestSignUp_aVerifiedCodeRunsOut(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := Start(t, Options{Mail: true, Database: server, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, _ := s.Client(web("https://rp.example/cb"))
	p := verify(s.ask(s.Browser(), client, newcomer), codeOf(t, s.mailed(newcomer, 1)))
	if _, err := storagetest.Owner(t, owner).Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	p = p.Submit("submit", map[string]string{"name": "Ann", "password": Password})
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#code").Length() != 1 || !strings.Contains(p.problem(), "expired") {
		t.Fatalf("%d %s %s", p.Status, p.URL, p.problem())
	}
	p = verify(p.Submit("again", nil), codeOf(t, s.mailed(newcomer, 2)))
	if got := p.Doc.Find("#name").AttrOr("value", ""); got != "Ann" {
		t.Errorf("the name is %q", got)
	}
	if p = p.Submit("submit", map[string]string{"name": "Ann", "password": Password}); p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("in the end: %d %s", p.Status, p.problem())
	}
}

func TestSignUp_sendsFewMails(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t)
	for i := range 4 {
		// However it is spelled, it is one mailbox. Who asks again stays on the page.
		p := s.ask(s.Browser(), client, []string{newcomer, strings.ToUpper(newcomer)}[i%2])
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 3]; p.Status != want {
			t.Errorf("mail %d to one address: %d, want %d", i+1, p.Status, want)
		}
	}
	for i := range 12 {
		p := s.ask(s.Browser(), client, fmt.Sprintf("user%d@example.com", i))
		if i == 11 && p.Status != http.StatusTooManyRequests {
			t.Errorf("the twelfth address from one place: %d", p.Status)
		}
	}
}

func TestSignUp_keepsNothingInTheClear(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := Start(t, Options{Mail: true, Database: server, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, _ := s.Client(web("https://rp.example/cb"))
	s.ask(s.Browser(), client, newcomer)
	code := strings.ReplaceAll(codeOf(t, s.mailed(newcomer, 1)), " ", "")
	rows := everyRow(t, storagetest.Owner(t, owner))
	for _, row := range rows {
		if strings.Contains(row, code) || strings.Contains(row, newcomer) {
			t.Errorf("in the clear: %s", row)
		}
	}
	if !slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, "sign_up.requested") }) {
		t.Errorf("%d rows, and none tells of the sign-up: this test looked at nothing", len(rows))
	}
}

// everyRow returns every row of every table, as text.
func everyRow(t *testing.T, conn *pgx.Conn) (rows []string) {
	t.Helper()
	found, _ := conn.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'`)
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		found, _ := conn.Query(t.Context(), `SELECT r::text FROM `+pgx.Identifier{table}.Sanitize()+` AS r`)
		some, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, some...)
	}
	return rows
}

func TestSignUp_isClosedUnlessTheTenantOpensIt(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t, func(o *tenant.SignUp) { o.Enabled = false })
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}}))
	if p.Left == nil || p.Left.Query().Get("error") != "invalid_request" {
		t.Errorf("prompt=create: %v", p.Left)
	}
	p = b.Open(s.AuthorizeURL(client, nil))
	if p.Doc.Find("#sign-up").Length() != 0 {
		t.Error("the sign-in page offers an account")
	}
	flow := p.Doc.Find("input[name=flow]").AttrOr("value", "")
	csrf := p.Doc.Find("input[name=csrf]").AttrOr("value", "")
	for _, path := range []string{"/sign-up", "/sign-up/code", "/sign-up/account"} {
		if got := b.Open(s.Issuer() + path + "?flow=" + flow); got.Status != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, got.Status)
		}
		if got := b.Post(s.Issuer()+path, url.Values{"flow": {flow}, "csrf": {csrf}, "email": {newcomer}}); got.Status != http.StatusNotFound {
			t.Errorf("POST %s: %d", path, got.Status)
		}
	}
	if len(s.Mails.All()) != 0 {
		t.Error("a mail was sent")
	}
}

func TestSignUp_refusesWhatIsNoAddressOrOfNoDomain(t *testing.T) {
	t.Parallel()
	s, client, _ := startOpen(t, func(o *tenant.SignUp) { o.Domains = []string{"example.com"} })
	for _, email := range []string{
		"", "a", "a@b", "a@b.example\r\nBcc: c@d.example", "a@example.com,b@example.com", "a@example.com.evil.example", "a@sub.example.com", strings.Repeat("a", 300) + "@example.com",
	} {
		if p := s.ask(s.Browser(), client, email); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#email[aria-invalid]").Length() != 1 {
			t.Errorf("%q: %d %s", email, p.Status, p.problem())
		}
	}
	if p := s.ask(s.Browser(), client, "a@EXAMPLE.com"); p.Status != http.StatusOK {
		t.Errorf("the right domain: %d %s", p.Status, p.problem())
	}
}
