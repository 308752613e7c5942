package ui_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/ui"
)

func TestSignIn_marksTheFieldsOfAWrongPassword(t *testing.T) {
	t.Parallel()
	doc := render(t, ui.SignInView{Username: "alice", Problem: ui.SignInWrong})
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
	doc := render(t, ui.ConsentView{
		Client: ui.Client{Name: "Shop", LogoURL: "http://rp.example/l.png"}, User: "alice@example.com", RedirectHost: "rp.example",
		Scopes: []ui.Scope{{Name: "email"}, {Name: "orders", Description: "Read orders"}, {Name: "bare"}},
	})
	var asked []string
	doc.Find(".scopes li").Each(func(_ int, e *goquery.Selection) {
		asked = append(asked, e.Find(".what").Text()+"|"+e.Find("code").Text())
	})
	if want := []string{ui.Locale{}.T("scope.email") + "|email", "Read orders|orders", "|bare"}; !slices.Equal(asked, want) {
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
	for _, view := range []any{ui.SignInView{}, ui.SetupAdminView{}} {
		if _, ok := render(t, view).Find("#password").Attr("maxlength"); ok {
			t.Errorf("%T: a pasted password is cut off without a word", view)
		}
	}
}

func TestSignIn_asksWhoIsKnownToConfirm(t *testing.T) {
	t.Parallel()
	doc := render(t, ui.SignInView{Username: "alice@example.com", ReauthUser: "alice@example.com"})
	if got := doc.Find("#reauth").Text(); !strings.Contains(got, "alice@example.com") {
		t.Errorf("the page says %q", got)
	}
	if render(t, ui.SignInView{}).Find("#reauth").Length() != 0 {
		t.Error("nobody is asked to confirm")
	}
}

func TestFormPost_loadsNoPictureBesideTheCode(t *testing.T) {
	t.Parallel()
	page := ui.Page{Brand: acme}
	doc := render(t, ui.FormPostView{Page: page, Action: "https://rp.example/cb", Fields: []ui.Field{{"state", "s"}, {"code", "x"}}})
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
	if got, want := render(t, ui.SignedOutView{}).Find("#logged-out").Text(), (ui.Locale{}).T("logout.done"); got != want {
		t.Errorf("the page says %q, want %q", got, want)
	}
	doc := render(t, ui.SignedOutView{
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
		doc := render(t, ui.SignedOutView{Continue: bad, Frames: []string{"https://a.example/"}})
		if doc.Find("#continue, script:not([src])").Length() != 0 || doc.Find("#logged-out").Length() != 1 {
			t.Errorf("%q is gone on to", bad)
		}
	}
}

func TestSetupAdmin_marksTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for want, view := range map[string]ui.SetupAdminView{
		"name":     {Problem: ui.SetupLongName},
		"email":    {Problem: ui.SetupTaken},
		"password": {Password: ui.PasswordShort},
		"":         {Problem: ui.SetupOther},
	} {
		doc := render(t, view)
		if got := doc.Find("[aria-invalid=true]").AttrOr("id", ""); got != want {
			t.Errorf("%+v marks %q", view, got)
		}
		if got := doc.Find("[autofocus]").AttrOr("id", ""); want != "" && got != want {
			t.Errorf("%+v focuses %q", view, got)
		}
	}
	if doc := render(t, ui.SetupAdminView{}); doc.Find("[aria-invalid]").Length() != 0 {
		t.Error("a field is wrong though nothing was said")
	}
}

// One thing at a time, at the field that it is about, and in the title of the page.
func TestSignUp_saysAtTheFieldWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view  any
		field string
		text  string
	}{
		"address":  {ui.SignUpView{Problem: ui.SignUpEmail}, "email", "valid email"},
		"domain":   {ui.SignUpView{Problem: ui.SignUpDomain}, "email", "this domain"},
		"code":     {ui.SignUpCodeView{Problem: ui.SignUpCodeWrong, Code: "1"}, "code", "Incorrect or expired"},
		"name":     {ui.SignUpAccountView{Problem: ui.SignUpLongName, MaxName: 200}, "name", "no more than 200"},
		"signs":    {ui.SignUpAccountView{Problem: ui.SignUpOddName}, "name", "can’t be used"},
		"short":    {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordShort, Rules: ui.PasswordRules{8, 256}}, "password", "at least 8"},
		"long":     {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordLong, Rules: ui.PasswordRules{8, 256}}, "password", "no more than 256"},
		"common":   {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordCommon}, "password", "easy to guess"},
		"words":    {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordWords}, "password", "made of words"},
		"about":    {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordAbout}, "password", "names or addresses"},
		"pattern":  {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordPattern}, "password", "a pattern"},
		"unusable": {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordUnusable}, "password", "can’t be used"},
		"missing":  {ui.SignUpAccountView{Problem: ui.SignUpPassword, Password: ui.PasswordMissing}, "password", "Enter a password"},
	} {
		doc := render(t, c.view)
		at := doc.Find("#" + c.field)
		if at.AttrOr("aria-invalid", "") != "true" || !strings.Contains(" "+at.AttrOr("aria-describedby", "")+" ", " problem ") {
			t.Errorf("%s: #%s is not described as wrong", name, c.field)
		}
		if doc.Find("[aria-invalid]").Length() != 1 || doc.Find("[autofocus]").AttrOr("id", "") != c.field {
			t.Errorf("%s: %d fields are wrong, the focus is on %q", name, doc.Find("[aria-invalid]").Length(), doc.Find("[autofocus]").AttrOr("id", ""))
		}
		if got := doc.Find("#problem").Text(); !strings.Contains(got, c.text) {
			t.Errorf("%s: the page says %q", name, got)
		}
		if got := doc.Find("title").Text(); !strings.HasPrefix(got, "Error: ") {
			t.Errorf("%s: the title is %q", name, got)
		}
	}
}

func TestPages_neverRepeatAPassword(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, _ string) {
		t.Helper()
		doc.Find("input[type=password]").Each(func(_ int, in *goquery.Selection) {
			if value, ok := in.Attr("value"); ok {
				t.Errorf("the password field starts with %q", value)
			}
		})
	})
}

func TestRequestID_isOnErrorPagesOnly(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, s specimen, doc *goquery.Document, _ string) {
		t.Helper()
		want := 0
		switch v := s.view.(type) {
		case ui.ErrorView, ui.LeaveView, ui.ProviderProblemView:
			want = 1
		case ui.GoneView:
			if v.Reason == ui.GoneExpired {
				want = 1
			}
		}
		if got := strings.Count(doc.Find("body").Text(), "req-1"); got != want {
			t.Errorf("the request id is there %d times, want %d", got, want)
		}
	})
}

// A logo that cannot be loaded leaves the letter that it lies over, or its text. One that
// nobody vouches for is not asked for, and the tenant's is not shown in its place.
func TestPicture_isALetterUnderALogoThatSomebodyVouchesFor(t *testing.T) {
	t.Parallel()
	page := ui.Page{Base: "/t/acme", Brand: acme}
	client := ui.Client{Name: "Shop", LogoURL: "https://rp.example/logo.png"}
	nobodys := client
	nobodys.Unvouched = true
	ours := "/t/acme" + acme.Logo
	for name, c := range map[string]struct {
		client      ui.Client
		src, letter string
	}{
		"client":           {client, "https://rp.example/logo.png", "S"},
		"client without":   {ui.Client{Name: "Shop"}, ours, ""},
		"nobody vouches":   {nobodys, "", "S"},
		"policy cannot":    {ui.Client{Name: "Shop", LogoURL: "https://rp.example;script-src *;x/logo.png"}, ours, ""},
		"no client at all": {ui.Client{}, ours, ""},
	} {
		for _, view := range []any{
			ui.SignInView{Page: page, Client: c.client},
			ui.AccountChooserView{Page: page, Client: c.client},
			ui.SignUpView{SignUpFrame: ui.SignUpFrame{Page: page, Client: c.client}},
			ui.ConsentView{Page: page, Client: c.client, RedirectHost: "rp.example"},
		} {
			head := render(t, view).Find(".head")
			img := head.Find("img")
			if got := img.AttrOr("src", ""); got != c.src {
				t.Errorf("%s, %T: shows %q, want %q", name, view, got, c.src)
			}
			if got := strings.TrimSpace(head.Find(".mark").Text()); got != c.letter {
				t.Errorf("%s, %T: the letter is %q, want %q", name, view, got, c.letter)
			}
			if alt := img.AttrOr("alt", ""); alt != map[bool]string{true: "Acme"}[c.src == ours] {
				t.Errorf("%s, %T: the text of the logo is %q", name, view, alt)
			}
		}
	}
}

func TestBrand_isShownInTheDarkAsOnPaper(t *testing.T) {
	t.Parallel()
	doc := render(t, ui.HomeView{Page: ui.Page{Base: "/t/acme", Brand: acme}})
	dark := doc.Find(`.logo source[media="(prefers-color-scheme: dark)"]`)
	if got, want := dark.AttrOr("srcset", ""), "/t/acme"+acme.LogoDark; got != want {
		t.Errorf("the dark logo is %q, want %q", got, want)
	}
	if got, want := doc.Find("link[rel=stylesheet]").Last().AttrOr("href", ""), "/t/acme"+acme.Style; got != want {
		t.Errorf("the last style is %q, want %q", got, want)
	}
	for id, want := range map[string]string{"brand-terms": acme.Terms, "brand-privacy": acme.Privacy, "brand-support": acme.Support} {
		if got := doc.Find("footer #"+id).AttrOr("href", ""); got != want {
			t.Errorf("#%s leads to %q, want %q", id, got, want)
		}
	}
	if found := render(t, ui.HomeView{}).Find("footer a, .logo, link[href*=brand]").Length(); found != 0 {
		t.Errorf("%d things of a brand without one", found)
	}
}

// Whatever a tenant's settings hold, a page loads styles and pictures of ours and no other.
func TestBrand_loadsNothingForeign(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"https://evil.example/x.css", "//evil.example/x.png", "/brand/../x.css", "/brand/x.css?a", "/brand/x.svg", "x", "/brand/\nx.css"} {
		doc := render(t, ui.HomeView{Page: ui.Page{Brand: ui.Brand{Style: bad, Logo: bad, LogoDark: bad}}})
		if doc.Find("link[rel=stylesheet]").Length() != 1 || doc.Find("img, source").Length() != 0 {
			t.Errorf("%q is loaded", bad)
		}
	}
	links := render(t, ui.HomeView{Page: ui.Page{Brand: ui.Brand{Terms: "javascript:alert(1)", Privacy: "http://plain.example/", Support: "//x"}}})
	if links.Find("footer a").Length() != 0 {
		t.Error("the foot has a link that is not https")
	}
}

func TestErrorPage_isTitledByTheProblem(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		status int
		title  string
	}{
		"invalid_redirect_uri": {400, "This app isn’t set up correctly"},
		"invalid_client":       {400, "We don’t know this app"},
		"link_unknown":         {404, "This link has expired"},
		"not_found":            {404, "Page not found"},
		"unknown_tenant":       {404, "There’s nothing here"},
		"anything_busy":        {503, "We’re very busy right now"},
		"sign_up_throttled":    {429, "Too many attempts"},
		"server_error":         {500, "Something went wrong"},
		"anything":             {400, "That didn’t work"},
	} {
		doc := render(t, ui.ErrorView{Status: c.status, Code: code, Message: "M"})
		if got := doc.Find("h1#error").Text(); got != c.title {
			t.Errorf("%s: the heading is %q, want %q", code, got, c.title)
		}
		if got, want := doc.Find("title").Text(), "Error: "+c.title+" · Plinto"; got != want {
			t.Errorf("%s: the title is %q, want %q", code, got, want)
		}
	}
}
