package signup_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"plinto/internal/mailcatcher"
	"plinto/internal/plintotest"
	"plinto/internal/secret"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

var linkPattern = regexp.MustCompile(`https?://\S+/sign-up/link\?token=\S+`)

// linkOf returns the link of a mail, which is in both of its parts.
func linkOf(t *testing.T, m mailcatcher.Mail) string {
	t.Helper()
	found := linkPattern.FindString(m.Text)
	if found == "" || !strings.Contains(m.HTML, `href="`+found+`"`) {
		t.Fatalf("no link in %s\n%s", m.Text, m.HTML)
	}
	return found
}

// openWithOwner is open on a database that the test looks into.
func openWithOwner(t *testing.T, settings tenant.Settings) (*plintotest.Server, *pgx.Conn) {
	t.Helper()
	database, owner := storagetest.URL(t)
	settings.SignUp.Enabled = true
	return plintotest.Start(t, plintotest.Options{Mail: true, Database: database, Settings: settings}), storagetest.Owner(t, owner)
}

func isDone(p *plintotest.Page) bool {
	return p.Doc != nil && p.Doc.Find("#sign-up-done").Length() == 1
}

// ADR-06: looking changes nothing, however often and whoever does; a form that is refused costs no
// new mail. Nobody is signed in elsewhere, and the account is whose password was chosen there.
func TestSignUpLink_makesTheAccountElsewhere(t *testing.T) {
	t.Parallel()
	s, owner := openWithOwner(t, tenant.Settings{})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	began := s.Ask(s.Browser(), client, newcomer)
	mail := s.Mailed(newcomer, 1)
	code := plintotest.CodeOf(t, mail)
	if !strings.Contains(mail.Subject, code) {
		t.Errorf("the subject %q does not have the code", mail.Subject)
	}
	link := linkOf(t, mail)
	b := s.Browser()
	var p *plintotest.Page
	for range 3 {
		p = b.Open(link)
		if p.Status != http.StatusOK || p.URL.RawQuery != "" || p.Doc.Find("#username").AttrOr("value", "") != newcomer {
			t.Fatalf("%s: %d", p.URL, p.Status)
		}
	}
	var users, spent int
	if err := owner.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM one_time_tokens WHERE spent_at IS NOT NULL)`).Scan(&users, &spent); err != nil || users+spent != 0 {
		t.Fatalf("looking made %d users and spent %d tokens, %v", users, spent, err)
	}
	for password, want := range map[string]string{"": "Enter a password", "short": "at least 15"} {
		if p := p.Submit("submit", map[string]string{"name": "Ann", "password": password}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(problem(p), want) || p.Doc.Find("#name").AttrOr("value", "") != "Ann" {
			t.Errorf("password %q: %d %q", password, p.Status, problem(p))
		}
	}
	done := p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password})
	if !isDone(done) || done.Status != http.StatusOK {
		t.Fatalf("%d %s", done.Status, problem(done))
	}
	if got := b.Silently(s.AuthorizeURL(client, nil)); got != "login_required" {
		t.Errorf("in the browser of the link: %q, want nobody to be signed in", got)
	}
	if got := b.Open(link); got.Status != http.StatusOK || !isDone(got) {
		t.Errorf("the link again: %d %s", got.Status, problem(got))
	}
	if got := p.Submit("submit", map[string]string{"password": plintotest.Password}); got.Status == http.StatusOK {
		t.Error("the same form again made something")
	}
	// Where it began, the code is told to be of no use, by who reads the mail.
	if got := began.Finish(code); got.Status != http.StatusUnprocessableEntity && got.Status != http.StatusConflict {
		t.Errorf("the code after the link: %d", got.Status)
	}
	if s.Browser().SignIn(s.AuthorizeURL(client, nil), newcomer).Get("code") == "" {
		t.Error("the password of the link does not sign in")
	}
}

// In the browser in which the sign-up began the flow goes on.
func TestSignUpLink_goesOnWithTheFlow(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	b := s.Browser()
	s.Ask(b, client, newcomer)
	p := b.Open(linkOf(t, s.Mailed(newcomer, 1)))
	p = p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password})
	if p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
		t.Fatalf("%d %s", p.Status, p.URL)
	}
	if p = p.Submit("allow", nil); p.Left == nil || p.Left.Query().Get("code") == "" {
		t.Errorf("ended at %v", p.Left)
	}
	// For another address by then, the flow stays what it is.
	p = b.Open(s.AuthorizeURL(client, url.Values{"prompt": {"create"}}))
	first := p.Submit("submit", map[string]string{"email": "one@example.com"})
	link := linkOf(t, s.Mailed("one@example.com", 1))
	other := b.Open(s.Issuer()+"/sign-up?flow="+first.URL.Query().Get("flow")).Submit("submit", map[string]string{"email": "two@example.com"})
	if got := b.Open(link).Submit("submit", map[string]string{"password": plintotest.Password}); !isDone(got) {
		t.Errorf("a link of before: %d %s", got.Status, got.URL)
	}
	if got := other.Finish(plintotest.CodeOf(t, s.Mailed("two@example.com", 1))); got.Doc == nil || got.Doc.Find("#allow").Length() != 1 {
		t.Errorf("the address after it: %d %s", got.Status, got.URL)
	}
}

// ADR-07: whoever began the sign-up of somebody else's address gets nothing by their click: not the
// account, not a session, not a step on.
func TestSignUpLink_givesNothingToWhoAskedForIt(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	attacker := s.Browser()
	began := s.Ask(attacker, client, newcomer)
	cookies := attacker.FlowCookies()
	account := func() *plintotest.Page {
		return attacker.Open(s.Issuer() + "/sign-up/account?flow=" + began.URL.Query().Get("flow"))
	}
	p := s.Browser().Open(linkOf(t, s.Mailed(newcomer, 1)))
	if got := account(); got.URL.Path != "/sign-up/code" {
		t.Errorf("the victim looked at the link, and the attacker is at %s", got.URL)
	}
	if !isDone(p.Submit("submit", map[string]string{"name": "The owner", "password": "what the owner of the address chose"})) {
		t.Fatal("no account")
	}
	if got := account(); got.URL.Path != "/sign-up/code" {
		t.Errorf("the victim made the account, and the attacker is at %s", got.URL)
	}
	attacker.GoBack(cookies)
	if got := attacker.Silently(s.AuthorizeURL(client, nil)); got != "login_required" {
		t.Errorf("the attacker: %q", got)
	}
	if got := attacker.Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": newcomer, "password": plintotest.Password}); got.Status == http.StatusOK || got.Left != nil {
		t.Errorf("another password: %d", got.Status)
	}
}

// ADR-08: of all who use link and code of one mail at once, one account comes; the others are told
// that there is one.
func TestSignUpLink_countsOnce(t *testing.T) {
	t.Parallel()
	s, owner := openWithOwner(t, tenant.Settings{})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	began := s.Ask(s.Browser(), client, newcomer)
	mail := s.Mailed(newcomer, 1)
	link := linkOf(t, mail)
	last := began.Verify(plintotest.CodeOf(t, mail))
	pages := []*plintotest.Page{last}
	for range 5 {
		pages = append(pages, s.Browser().Open(link))
	}
	var all sync.WaitGroup
	results := make([]*plintotest.Page, len(pages))
	for i, p := range pages {
		all.Go(func() {
			results[i] = p.Submit("submit", map[string]string{"name": "N", "password": plintotest.Password})
		})
	}
	all.Wait()
	won := 0
	for i, got := range results {
		switch {
		case got.Status == http.StatusOK:
			won++
		case got.Status != http.StatusConflict || i > 0 && !isDone(got):
			t.Errorf("lost by %d %s", got.Status, problem(got))
		}
	}
	var users int
	if err := owner.QueryRow(t.Context(), `SELECT count(*) FROM users`).Scan(&users); err != nil || won != 1 || users != 1 {
		t.Errorf("%d won, %d users, %v", won, users, err)
	}
}

// ADR-09: no other link does anything. One is good for the time that the mail says, by the rows.
func TestSignUpLink_refusesEveryOther(t *testing.T) {
	t.Parallel()
	s, owner := openWithOwner(t, tenant.Settings{})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	elsewhere := s.NewTenant("elsewhere", "", tenant.Settings{SignUp: tenant.SignUp{Enabled: true}})
	closed := s.NewTenant("closed", "", tenant.Settings{})
	s.Ask(s.Browser(), client, newcomer)
	link := linkOf(t, s.Mailed(newcomer, 1))
	refused := func(name, address string) {
		t.Helper()
		if p := s.Browser().Open(address); p.Status != http.StatusNotFound || p.Doc.Find("form").Length() != 0 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	refused("none", s.Issuer()+"/sign-up/link")
	refused("unknown", s.Issuer()+"/sign-up/link?token="+secret.Token("plsu_"))
	refused("of another purpose", s.Issuer()+"/sign-up/link?token="+secret.Token("plem_"))
	refused("of another tenant", elsewhere.Issuer+link[len(s.Issuer()):])
	refused("where nobody signs up", closed.Issuer+link[len(s.Issuer()):])
	b := s.Browser()
	p := b.Open(link)
	if p.Status != http.StatusOK {
		t.Fatalf("control: %d", p.Status)
	}
	if got := b.Post(s.Issuer()+"/sign-up/link", url.Values{"csrf": {"x"}, "password": {plintotest.Password}}); got.Status != http.StatusForbidden {
		t.Errorf("a forged form: %d", got.Status)
	}
	var lives []float64
	rows, err := owner.Query(t.Context(), `SELECT extract(epoch FROM expires_at - created_at)::float8 FROM one_time_tokens`)
	if err == nil {
		lives, err = pgx.CollectRows(rows, pgx.RowTo[float64])
	}
	if err != nil || len(lives) != 2 || lives[0] != 3600 || lives[1] != 3600 {
		t.Errorf("code and link live %v seconds, %v", lives, err)
	}
	if _, err := owner.Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	refused("expired", link)
	if got := p.Submit("submit", map[string]string{"password": plintotest.Password}); got.Status != http.StatusNotFound {
		t.Errorf("a form from before it expired: %d", got.Status)
	}
}
