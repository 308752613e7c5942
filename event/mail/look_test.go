package mail

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/internal/brand"
	"plinto/tenant"
)

func branded() *tenant.Tenant {
	return &tenant.Tenant{Name: "acme-prod", Issuer: "https://id.acme.example", Settings: tenant.Settings{Branding: tenant.Branding{
		Name: "Acme", Light: brand.Colors{Primary: "#0b7285"}, Logo: "0123", Links: tenant.BrandLinks{
			Terms: "https://acme.example/terms", Privacy: "https://acme.example/privacy", Support: "https://acme.example/help",
		},
	}}}
}

func parsed(t *testing.T, m Message) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(m.HTML))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Every kind of mail in every language has every text filled in, in the direction of the
// language.
func TestPreview_writesEveryKindInEveryLanguage(t *testing.T) {
	t.Parallel()
	kinds := Kinds()
	for _, kind := range append([]string{"authentication.succeeded", "webhook_endpoint.disabled.gone"}, letters...) {
		if !slices.Contains(kinds, kind) {
			t.Errorf("%s is not among the kinds %v", kind, kinds)
		}
	}
	odd := regexp.MustCompile(`\{[a-z]+\}|acme-prod|[a-z]+\.(?:says|advice|note|subject)`)
	marked := regexp.MustCompile(`https://[^\s\x{2066}-\x{2069}]*[\x{2066}-\x{2069}]`)
	for _, lang := range Languages() {
		for _, kind := range kinds {
			m, err := Preview(t.Context(), branded(), kind, lang)
			if err != nil {
				t.Fatalf("%s, %s: %v", lang, kind, err)
			}
			if found := odd.FindString(m.Subject + m.Text + m.HTML); found != "" {
				t.Errorf("%s, %s: shows %q", lang, kind, found)
			}
			if marked.MatchString(m.Text) {
				t.Errorf("%s, %s: an address in the text has marks of direction: %q", lang, kind, m.Text)
			}
			html := parsed(t, m).Find("html")
			if html.AttrOr("lang", "") != lang || (html.AttrOr("dir", "") == "rtl") != (lang == "ar") {
				t.Errorf("%s, %s: is in %q, %q", lang, kind, html.AttrOr("lang", ""), html.AttrOr("dir", ""))
			}
			if label := kind + ".link"; texts.Has(0, label) && !strings.Contains(parsed(t, m).Find("a.link").Text(), texts.Text(texts.MatchAmong(nil, []string{lang}, ""), label)) {
				t.Errorf("%s, %s: lacks the link that the mail has:\n%s", lang, kind, m.Text)
			}
			if right := strings.Contains(m.HTML, "text-align:right"); right != (lang == "ar") {
				t.Errorf("%s, %s: lines start on the right: %v", lang, kind, right)
			}
		}
	}
	if _, err := Preview(t.Context(), branded(), "no.such", "en"); err == nil {
		t.Error("there is a preview of no mail")
	}
}

func TestMail_looksLikeTheTenant(t *testing.T) {
	t.Parallel()
	m, err := Preview(t.Context(), branded(), "password.changed", "en")
	if err != nil {
		t.Fatal(err)
	}
	doc := parsed(t, m)
	if got := doc.Find("img"); got.AttrOr("src", "") != "https://id.acme.example/brand/logo.png" || got.AttrOr("alt", "") != "Acme" || got.Length() != 1 {
		t.Errorf("the logo is %v", got.Nodes)
	}
	for _, want := range []string{"border-top:4px solid #0b7285", "color:#0b7285", "prefers-color-scheme:dark"} {
		if !strings.Contains(m.HTML, want) {
			t.Errorf("the mail has no %q", want)
		}
	}
	for name, address := range map[string]string{"Terms": "https://acme.example/terms", "Privacy": "https://acme.example/privacy", "Help": "https://acme.example/help"} {
		if doc.Find(`a[href="`+address+`"]`).Text() != name || !strings.Contains(m.Text, name+": "+address) {
			t.Errorf("%s is not at the foot of both parts", name)
		}
	}
	bare, err := Preview(t.Context(), &tenant.Tenant{Name: "Acme", Issuer: "https://id.acme.example"}, "password.changed", "en")
	if err != nil {
		t.Fatal(err)
	}
	if plain := parsed(t, bare); plain.Find("img, a[class=soft]").Length() != 0 || plain.Find("bdi").First().Text() != "Acme" {
		t.Error("a mail without branding has pictures, or no name")
	}
}

// Nothing of a tenant's words gets into a style or a picture's address, whatever its settings hold.
func TestMail_letsNothingOfABrandBecomeStyleOrScript(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"red", "#123456;background:url(https://evil.example)", "</style><script>alert(1)</script>", "javascript:alert(1)", `"><img src=x>`} {
		b := tenant.Branding{
			Name: bad, Light: brand.Colors{Primary: bad, Accent: bad}, Dark: brand.Colors{Primary: bad, Accent: bad}, Radius: bad, Font: bad,
			Links: tenant.BrandLinks{Terms: bad, Privacy: bad, Support: bad},
		}
		m, err := Preview(t.Context(), &tenant.Tenant{Issuer: "https://id.acme.example", Settings: tenant.Settings{Branding: b}}, "sign_up.code", "en")
		if err != nil {
			t.Fatal(err)
		}
		doc := parsed(t, m)
		if doc.Find(`script, img, a:not([href="https://id.acme.example/example?token=example"])`).Length() != 0 {
			t.Errorf("%q became an element", bad)
		}
		doc.Find("[style], style").Each(func(_ int, e *goquery.Selection) {
			if style := e.AttrOr("style", "") + e.Filter("style").Text(); strings.Contains(style, bad) {
				t.Errorf("%q is in the style %q", bad, style)
			}
		})
	}
}

// The code of a letter can be read where only subjects are shown, in one piece.
func TestLetters_haveTheCodeInTheSubject(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sign_up.code", "recovery.code"} {
		for _, lang := range Languages() {
			m, err := Preview(t.Context(), branded(), kind, lang)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(m.Subject, "1234 5678") {
				t.Errorf("%s, %s: the subject is %q", lang, kind, m.Subject)
			}
		}
	}
}

// A reader gets their own language if the tenant has it, else the tenant's first.
func TestMail_isInALanguageOfTheTenant(t *testing.T) {
	t.Parallel()
	acme := branded()
	acme.Settings.Languages = []string{"ar", "de"}
	for asked, want := range map[string]string{"de-AT": "de", "fr": "ar", "": "ar", "ar": "ar"} {
		m, err := Preview(t.Context(), acme, "password.changed", asked)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed(t, m).Find("html").AttrOr("lang", ""); got != want {
			t.Errorf("%q: the mail is in %q, want %q", asked, got, want)
		}
	}
}
