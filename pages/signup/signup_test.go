package signup_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

const newcomer = "new@example.com"

// open is a server where people may sign up.
func open(t *testing.T, change ...func(*tenant.SignUp)) (*plintotest.Server, *provider.Client, string) {
	t.Helper()
	open := tenant.SignUp{Enabled: true}
	for _, f := range change {
		f(&open)
	}
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{SignUp: open}})
	client, secret := s.Client(testworld.Web("https://rp.example/cb"))
	return s, client, secret
}

func problem(p *plintotest.Page) string { return strings.TrimSpace(p.Doc.Find("#problem").Text()) }

func TestSignUp_isOfferedOnTheSignInPage(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, nil))
	link, ok := p.Doc.Find("#sign-up").Attr("href")
	if !ok {
		t.Fatal("no link to sign up")
	}
	p = b.Open(s.Issuer()+link).Submit("submit", map[string]string{"email": newcomer})
	p = p.Finish(plintotest.CodeOf(t, s.Mailed(newcomer, 1))).Submit("allow", nil)
	if p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("ended at %v", p.Left)
	}
}

func TestSignUp_whoHasAnAccountSignsIn(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	s.User("alice@example.com")
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}})).Submit("have-account", nil)
	p = p.Submit("submit", plintotest.Alice()).Submit("allow", nil)
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
	s, client, _ := open(t)
	s.User("alice@example.com")
	seen := map[string]string{}
	for _, email := range []string{"alice@example.com", newcomer} {
		p := s.Ask(s.Browser(), client, email)
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
	m := s.Mailed("alice@example.com", 1)
	if regexp.MustCompile(`\d{4} \d{4}`).MatchString(m.Text) || !strings.Contains(m.Subject, "schon ein Konto") {
		t.Errorf("mail to the owner: %s\n%s", m.Subject, m.Text)
	}
}

// The owner is written to in their language, whatever that of the pages is on which somebody typed their address.
func TestSignUp_writesToTheOwnerInTheirLanguage(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	alice := s.User("alice@example.com")
	if _, err := s.Directory().Update(s.In(), event.Actor{Type: "system"}, alice.ID, func(u *identity.User) { u.Profile.Locale = "fr" }); err != nil {
		t.Fatal(err)
	}
	s.Ask(s.Browser(), client, "alice@example.com")
	if m := s.Mailed("alice@example.com", 1); !strings.Contains(m.HTML, `lang="fr"`) {
		t.Errorf("the owner reads French: %s\n%s", m.Subject, m.Text)
	}
}

// What was typed and not refused is not asked for again: the name, the code, and that
// the code was verified. No page repeats a password.
func TestSignUp_asksForNothingTwice(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	p := s.Ask(s.Browser(), client, newcomer)
	code := plintotest.CodeOf(t, s.Mailed(newcomer, 1))
	if got := p.Verify("12 34"); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#code").AttrOr("value", "") != "12 34" {
		t.Errorf("a wrong code: %d, the page starts with %q", got.Status, got.Doc.Find("#code").AttrOr("value", ""))
	}
	p = p.Verify(code)
	for password, want := range map[string]string{"": "Enter a password", "short": "at least 15", "password1234567": "easy to guess", strings.Repeat("long", 65): "no more than 256", "tab\there!": "can’t be used"} {
		got := p.Submit("submit", map[string]string{"name": "Ann", "password": password})
		if got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#password[aria-invalid]").Length() != 1 || !strings.Contains(problem(got), want) {
			t.Errorf("password %q: %d %q", password, got.Status, problem(got))
		}
		if got.Doc.Find("#name").AttrOr("value", "") != "Ann" || got.Doc.Find("#code").Length() != 0 {
			t.Errorf("password %q: the name is %q, and the code is asked for %d times", password, got.Doc.Find("#name").AttrOr("value", ""), got.Doc.Find("#code").Length())
		}
		if value, ok := got.Doc.Find("#password").Attr("value"); ok {
			t.Errorf("the page repeats the password %q", value)
		}
	}
	for _, name := range []string{strings.Repeat("n", 201), "admin\u202e\u200b"} {
		if got := p.Submit("submit", map[string]string{"password": plintotest.Password, "name": name}); got.Status != http.StatusUnprocessableEntity || got.Doc.Find("#name[aria-invalid]").Length() != 1 {
			t.Errorf("the name %.20q: %d", name, got.Status)
		}
	}
	if p = p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password}); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("in the end: %d %s", p.Status, problem(p))
	}
}

func TestSignUp_sendsFewMails(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	for i := range 4 {
		// However it is spelled, it is one mailbox. Who asks again stays on the page.
		p := s.Ask(s.Browser(), client, []string{newcomer, strings.ToUpper(newcomer)}[i%2])
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 3]; p.Status != want {
			t.Errorf("mail %d to one address: %d, want %d", i+1, p.Status, want)
		}
	}
	for i := range 12 {
		p := s.Ask(s.Browser(), client, fmt.Sprintf("user%d@example.com", i))
		if i == 11 && p.Status != http.StatusTooManyRequests {
			t.Errorf("the twelfth address from one place: %d", p.Status)
		}
	}
}

func TestSignUp_keepsNothingInTheClear(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Mail: true, Database: server, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	s.Ask(s.Browser(), client, newcomer)
	code := strings.ReplaceAll(plintotest.CodeOf(t, s.Mailed(newcomer, 1)), " ", "")
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
	s, client, _ := open(t, func(o *tenant.SignUp) { o.Enabled = false })
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
	s, client, _ := open(t, func(o *tenant.SignUp) { o.Domains = []string{"example.com"} })
	for _, email := range []string{
		"", "a", "a@b", "a@b.example\r\nBcc: c@d.example", "a@example.com,b@example.com", "a@example.com.evil.example", "a@sub.example.com", strings.Repeat("a", 300) + "@example.com",
	} {
		if p := s.Ask(s.Browser(), client, email); p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#email[aria-invalid]").Length() != 1 {
			t.Errorf("%q: %d %s", email, p.Status, problem(p))
		}
	}
	if p := s.Ask(s.Browser(), client, "a@EXAMPLE.com"); p.Status != http.StatusOK {
		t.Errorf("the right domain: %d %s", p.Status, problem(p))
	}
}

// PWD-22.
func TestSignUp_refusesWhatLeaked(t *testing.T) {
	t.Parallel()
	var breached plintotest.Breached
	breached.Add("caf\u00e9 au lait, s'il vous pla\u00eet")
	s := plintotest.Start(t, plintotest.Options{Mail: true, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}, Breached: &breached})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Ask(s.Browser(), client, newcomer)
	p = p.Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	// Composed or not: it is looked up in the form that is hashed.
	p = p.Submit("submit", map[string]string{"password": "cafe\u0301 au lait, s'il vous plai\u0302t"})
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(p), "data breach") {
		t.Errorf("a breached password: %d %q", p.Status, problem(p))
	}
	if p = p.Submit("submit", map[string]string{"password": plintotest.Password}); p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("another one: %d at %s, %q", p.Status, p.URL, problem(p))
	}
}

// All that is wrong is said at once, and only to who verified the address.
func TestSignUp_saysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	p := s.Ask(s.Browser(), client, newcomer)
	p = p.Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	s.User(newcomer) // somebody was faster
	p = p.Submit("submit", map[string]string{"password": "short"})
	if text := p.Doc.Find("main").Text(); p.Status != http.StatusConflict || !strings.Contains(text, "already an account") || !strings.Contains(text, "at least 15") {
		t.Errorf("%d %q", p.Status, text)
	}
}
