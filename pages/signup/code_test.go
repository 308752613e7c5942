package signup_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

func TestSignUp_needsTheCodeOfThisBrowser(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	victim := s.Ask(s.Browser(), client, newcomer)
	codes := []string{plintotest.CodeOf(t, s.Mailed(newcomer, 1))}
	attacker := s.Ask(s.Browser(), client, newcomer)
	codes = append(codes, plintotest.CodeOf(t, s.Mailed(newcomer, 2)))
	for _, code := range append(codes, "0000 0000", "", "x") {
		// One of them is the attacker's own: only who reads the mail knows which, and
		// in the victim's browser it is of no use.
		if code == codes[1] {
			continue
		}
		if p := attacker.Finish(code); p.Status != http.StatusUnprocessableEntity || problem(p) == "" {
			t.Errorf("code %q of another browser: %d %s", code, p.Status, p.URL)
		}
	}
	if p := victim.Finish(codes[0]); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("the right code in the right browser: %d %s", p.Status, problem(p))
	}
	// Now the address has an account. Who reads it may be told.
	if p := attacker.Finish(codes[1]); p.Status != http.StatusConflict {
		t.Errorf("the second account of an address: %d %s", p.Status, problem(p))
	}
}

func TestSignUp_letsNobodyGuess(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	p := s.Ask(s.Browser(), client, newcomer)
	code := plintotest.CodeOf(t, s.Mailed(newcomer, 1))
	wrong := "1111 1111"
	if code == wrong {
		wrong = "2222 2222"
	}
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			if status := p.Finish(wrong).Status; status != http.StatusUnprocessableEntity {
				t.Errorf("a wrong code: %d", status)
			}
		})
	}
	all.Wait()
	before := problem(p.Finish(wrong))
	if p := p.Finish(code); p.Status != http.StatusUnprocessableEntity || problem(p) != before {
		t.Errorf("the right code after too many guesses: %d %q, want the answer to a wrong one: %q", p.Status, problem(p), before)
	}
	p = p.Submit("again", nil)
	if p := p.Finish(plintotest.CodeOf(t, s.Mailed(newcomer, 2))); p.Doc == nil || p.Doc.Find("#allow").Length() == 0 {
		t.Errorf("another code: %d %s", p.Status, problem(p))
	}
}

func TestSignUp_aCodeIsGoodUntilItIsUsed(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	p := s.Ask(s.Browser(), client, newcomer)
	old := plintotest.CodeOf(t, s.Mailed(newcomer, 1))
	p = p.Submit("again", nil)
	if role := p.Doc.Find("#sent").AttrOr("role", ""); role != "status" || !strings.Contains(p.Doc.Find("#sent").Text(), newcomer) {
		t.Errorf("after another mail the page says %q (%s)", p.Doc.Find("#sent").Text(), role)
	}
	fresh := plintotest.CodeOf(t, s.Mailed(newcomer, 2))
	if got := p.Verify(old); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("the code before the last: %d", got.Status)
	}
	// A form that is posted twice is verified twice.
	first, last := p.Verify(fresh), p.Verify(fresh)
	if first.URL.Path != "/sign-up/account" || last.URL.Path != "/sign-up/account" {
		t.Errorf("a code verified twice: %s and %s", first.URL, last.URL)
	}
	var all sync.WaitGroup
	results := make([]*plintotest.Page, 5)
	for i := range results {
		all.Go(func() {
			results[i] = last.Submit("submit", map[string]string{"name": "New Comer", "password": plintotest.Password})
		})
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

// PAG-03: that an address is verified is in the row of its code. Older cookies bring
// nothing back: not a code that was not verified, not one that was spent, not another
// address.
func TestSignUp_olderCookiesProveNothing(t *testing.T) {
	t.Parallel()
	s, client, _ := open(t)
	b := s.Browser()
	p := s.Ask(b, client, newcomer)
	unverified := b.FlowCookies()
	account := func() *plintotest.Page {
		return b.Open(s.Issuer() + "/sign-up/account?flow=" + p.URL.Query().Get("flow"))
	}
	if got := account(); got.URL.Path != "/sign-up/code" {
		t.Errorf("the last page without the code: %s", got.URL)
	}
	last := p.Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	verified := b.FlowCookies()
	b.GoBack(unverified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": plintotest.Password}); got.URL.Path != "/sign-up/code" {
		t.Errorf("the account, with the cookie of before the code: %d %s", got.Status, got.URL)
	}
	// Another address in another tab: the form of the first does not make its account.
	b.GoBack(verified)
	other := b.Open(s.Issuer()+"/sign-up?flow="+p.URL.Query().Get("flow")).Submit("submit", map[string]string{"email": "other@example.com"})
	other.Verify(plintotest.CodeOf(t, s.Mailed("other@example.com", 1)))
	if got := last.Submit("submit", map[string]string{"name": "N", "password": plintotest.Password}); got.URL.Path != "/sign-up/account" || got.Doc.Find("#username").AttrOr("value", "") != "other@example.com" {
		t.Errorf("the form of one address made the account of another: %d %s", got.Status, got.URL)
	}
	b.GoBack(verified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": plintotest.Password}); got.Doc == nil || got.Doc.Find("#allow").Length() != 1 {
		t.Fatalf("the account: %d %s", got.Status, problem(got))
	}
	b.GoBack(verified)
	if got := last.Submit("submit", map[string]string{"name": "N", "password": plintotest.Password}); got.Status != http.StatusConflict {
		t.Errorf("the same form again: %d %s", got.Status, problem(got))
	}
}

// A code that ran out after it was verified is asked for again, and the name is not.
func TestSignUp_aVerifiedCodeRunsOut(t *testing.T) {
	t.Parallel()
	server, owner := storagetest.URL(t)
	s := plintotest.Start(t, plintotest.Options{Mail: true, Database: server, Settings: tenant.Settings{SignUp: tenant.SignUp{Enabled: true}}})
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Ask(s.Browser(), client, newcomer).Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 1)))
	if _, err := storagetest.Owner(t, owner).Exec(t.Context(), `UPDATE one_time_tokens SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	p = p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password})
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find("#code").Length() != 1 || !strings.Contains(problem(p), "expired") {
		t.Fatalf("%d %s %s", p.Status, p.URL, problem(p))
	}
	p = p.Submit("again", nil).Verify(plintotest.CodeOf(t, s.Mailed(newcomer, 2)))
	if got := p.Doc.Find("#name").AttrOr("value", ""); got != "Ann" {
		t.Errorf("the name is %q", got)
	}
	if p = p.Submit("submit", map[string]string{"name": "Ann", "password": plintotest.Password}); p.Doc == nil || p.Doc.Find("#allow").Length() != 1 {
		t.Errorf("in the end: %d %s", p.Status, problem(p))
	}
}
