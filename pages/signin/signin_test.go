package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
)

func TestLogin_wrongPasswordRevealsNothing(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	s.User("alice@example.com")
	pages := map[string]string{}
	for _, name := range []string{"alice@example.com", "nobody@example.com"} {
		p := s.Browser().Open(s.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": name, "password": "wrong-password"})
		if p.Status != http.StatusUnauthorized {
			t.Fatalf("status %d", p.Status)
		}
		html, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		p.Doc.Find("input[type=hidden]").Each(func(_ int, in *goquery.Selection) {
			html = strings.ReplaceAll(html, in.AttrOr("value", "\x00"), "")
		})
		pages[name] = strings.ReplaceAll(html, name, "")
	}
	if pages["alice@example.com"] != pages["nobody@example.com"] {
		t.Errorf("the pages differ:\n%s\n%s", pages["alice@example.com"], pages["nobody@example.com"])
	}
}

func TestLogin_cancelTellsTheClient(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, _ := s.Client(testworld.Web("https://rp.example/cb"))
	p := s.Browser().Open(s.AuthorizeURL(client, nil)).Submit("cancel", nil)
	if p.Left == nil || p.Left.Query().Get("error") != "access_denied" || p.Left.Query().Get("state") != "s" {
		t.Fatalf("left to %v", p.Left)
	}
}

// Who clicks twice sees the second answer only.
func TestSignIn_postedTwiceIsAnsweredTwice(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, secret := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	first := s.Browser().Open(s.AuthorizeURL(client, url.Values{"code_challenge": {testworld.Challenge}}))
	second, third := s.Again(first), s.Again(first)
	for _, p := range []*plintotest.Page{first, second} {
		p = p.Submit("submit", plintotest.Alice())
		if p.Left == nil || p.Left.Query().Get("code") == "" || p.URL.Path != "/login" {
			t.Fatalf("not answered at once: %s %v", p.URL, p.Left)
		}
		s.Succeeds(s.Redeem(client, secret, p.Left.Query().Get("code")))
	}
	wrong := third.Submit("submit", map[string]string{"username": "alice@example.com", "password": "wrong"})
	if wrong.Left != nil || wrong.Status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d, left to %v", wrong.Status, wrong.Left)
	}
}

// An answer that is a page, or that can be given once only, is not the outcome of a POST.
func TestSignIn_goesByWayOfContinueWhereAnAnswerMustNotBeRepeated(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t)
	client, secret := s.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	s.User("alice@example.com")
	signIn := func(address string) *plintotest.Page {
		return s.Browser().Open(address).Submit("submit", plintotest.Alice())
	}
	p := signIn(s.AuthorizeURL(client, url.Values{"response_mode": {"form_post"}}))
	if p.URL.Path != "/oauth2/authorize/continue" || p.Doc.Find("form[action='https://rp.example/cb']").Length() != 1 {
		t.Errorf("form_post: %s", p.URL)
	}
	asked, err := url.Parse(s.AuthorizeURL(client, nil))
	if err != nil {
		t.Fatal(err)
	}
	pushed := s.Send(http.MethodPost, "/oauth2/par", asked.Query(), plintotest.As(client, secret))
	uri, _ := pushed.JSON["request_uri"].(string)
	p = signIn(s.Issuer() + "/oauth2/authorize?" + url.Values{"client_id": {client.ClientID}, "request_uri": {uri}}.Encode())
	if p.Left == nil || p.Left.Query().Get("code") == "" || p.URL.Path != "/oauth2/authorize/continue" {
		t.Errorf("pushed: %s %v", p.URL, p.Left)
	}
}
