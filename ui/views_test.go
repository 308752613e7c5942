package ui

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestSignIn_marksTheFieldsOfAWrongPassword(t *testing.T) {
	t.Parallel()
	doc := render(t, SignInView{Username: "alice", Problem: SignInWrong})
	if got := doc.Find("[aria-invalid=true][aria-describedby=problem]").Length(); got != 2 {
		t.Errorf("%d fields are marked, want both", got)
	}
	if doc.Find("#username").AttrOr("value", "") != "alice" || doc.Find("#password").AttrOr("value", "") != "" {
		t.Error("want the user name kept and the password not")
	}
	if _, ok := doc.Find("#password").Attr("autofocus"); !ok {
		t.Error("the password is not focused")
	}
}

func TestConsent_showsWhatIsAskedAndWhereItGoes(t *testing.T) {
	t.Parallel()
	doc := render(t, ConsentView{
		Client: Client{Name: "Shop", LogoURL: "http://rp.example/l.png"}, User: "alice@example.com", RedirectHost: "rp.example",
		Scopes: []Scope{{Name: "email"}, {Name: "orders", Description: "Read orders"}, {Name: "bare"}},
	})
	var asked []string
	doc.Find(".scopes li").Each(func(_ int, e *goquery.Selection) {
		asked = append(asked, e.Find(".what").Text()+"|"+e.Find("code").Text())
	})
	if want := []string{Locale{}.T("scope.email") + "|email", "Read orders|orders", "|bare"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if doc.Find("#redirect-host").Text() != "rp.example" || !strings.Contains(doc.Find("main").Text(), "alice@example.com") {
		t.Error("the page does not say where the user goes, or who they are")
	}
	if doc.Find("#client-logo").Length() != 0 {
		t.Error("a logo over plain http is shown")
	}
}

func TestPasswords_areNeverCutByTheBrowser(t *testing.T) {
	t.Parallel()
	for _, view := range []any{SignInView{}, SetupAdminView{}} {
		if _, ok := render(t, view).Find("#password").Attr("maxlength"); ok {
			t.Errorf("%T: a pasted password is cut off without a word", view)
		}
	}
}

func TestSignIn_asksWhoIsKnownToConfirm(t *testing.T) {
	t.Parallel()
	doc := render(t, SignInView{Username: "alice@example.com", ReauthUser: "alice@example.com"})
	if got := doc.Find("#reauth").Text(); !strings.Contains(got, "alice@example.com") {
		t.Errorf("the page says %q", got)
	}
	if render(t, SignInView{}).Find("#reauth").Length() != 0 {
		t.Error("nobody is asked to confirm")
	}
}

func TestFormPost_loadsNoPictureBesideTheCode(t *testing.T) {
	t.Parallel()
	page := Page{Brand: Brand{Name: "Acme", LogoURL: "https://cdn.example/acme.png"}}
	doc := render(t, FormPostView{Page: page, Action: "https://rp.example/cb", Fields: []Field{{"state", "s"}, {"code", "x"}}})
	if doc.Find("img").Length() != 0 {
		t.Error("a page that holds a code asks another host for a picture")
	}
	var sent []string
	doc.Find("#form-post input[type=hidden]").Each(func(_ int, e *goquery.Selection) {
		sent = append(sent, e.AttrOr("name", "")+"="+e.AttrOr("value", ""))
	})
	if !slices.Equal(sent, []string{"state=s", "code=x"}) || doc.Find("#form-post").AttrOr("action", "") != "https://rp.example/cb" {
		t.Errorf("the form sends %q", sent)
	}
}

func TestSignedOut_tellsApplicationsAndLeadsOn(t *testing.T) {
	t.Parallel()
	if got := render(t, SignedOutView{}).Find("#logged-out").Text(); got != "You are logged out" {
		t.Errorf("the page says %q, conformance suites wait for another text", got)
	}
	doc := render(t, SignedOutView{
		Continue: "https://rp.example/out?state=1&x=2",
		Frames:   []string{"https://a.example/out?iss=i&sid=s", "javascript:alert(1)", "http://plain.example/", "https://b.example/"},
	})
	var told []string
	doc.Find("iframe").Each(func(_ int, e *goquery.Selection) { told = append(told, e.AttrOr("src", "")) })
	if !slices.Equal(told, []string{"https://a.example/out?iss=i&sid=s", "https://b.example/"}) {
		t.Errorf("told %q", told)
	}
	if got := doc.Find("a#continue").AttrOr("href", ""); got != "https://rp.example/out?state=1&x=2" {
		t.Errorf("leads to %q", got)
	}
	for _, bad := range []string{"", "javascript:alert(1)", "data:text/html,x", "//evil.example/", "/relative"} {
		doc := render(t, SignedOutView{Continue: bad, Frames: []string{"https://a.example/"}})
		if doc.Find("#continue, script").Length() != 0 || doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%q is gone on to", bad)
		}
	}
}

func TestSetupAdmin_marksTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{"": "", "name": "name", "email": "email", "password": "password"} {
		doc := render(t, SetupAdminView{Error: "E", Field: field})
		if got := doc.Find("[aria-invalid=true]").AttrOr("id", ""); got != want {
			t.Errorf("Field %q marks %q", field, got)
		}
		if got := doc.Find("[autofocus]").AttrOr("id", ""); want != "" && got != want {
			t.Errorf("Field %q focuses %q", field, got)
		}
	}
	if doc := render(t, SetupAdminView{Field: "email"}); doc.Find("[aria-invalid]").Length() != 0 {
		t.Error("a field is wrong though nothing was said")
	}
}
