package ui_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"plinto/ui"
	"plinto/ui/preview"
)

// A specimen is one page as a user may see it, and the ids that scripts and the
// conformance suite look for on it.
type specimen struct {
	view any
	ids  string
}

// acme is a tenant with everything that can be branded.
var acme = ui.Brand{
	Name: "Acme", Style: "/brand/brand-0123.css", Logo: "/brand/logo-0123.png", LogoDark: "/brand/logo-4567.png",
	Terms: "https://acme.example/terms", Privacy: "https://acme.example/privacy", Support: "https://acme.example/help",
}

// specimens are all pages of a tenant, in one language.
func specimens(lang string) map[string]specimen {
	all := map[string]specimen{}
	for _, e := range preview.Entries(ui.Page{Locale: ui.Match(nil, []string{lang}, ""), Nonce: "n0nce", RequestID: "req-1", Base: "/t/acme", Brand: acme}) {
		all[e.Name] = specimen{e.View, ids[e.Name]}
	}
	return all
}

func render(t *testing.T, view any) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := preview.Draw(view).Render(t.Context(), &out); err != nil {
		t.Fatalf("render %T: %v", view, err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatalf("parse %T: %v", view, err)
	}
	return doc
}

// eachSpecimen runs f on every page in every language.
func eachSpecimen(t *testing.T, f func(t *testing.T, s specimen, doc *goquery.Document, lang string)) {
	t.Helper()
	for _, lang := range ui.Locales() {
		for name, s := range specimens(lang) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				t.Parallel()
				f(t, s, render(t, s.view), lang)
			})
		}
	}
}

func TestPages_haveTheIDsThatScriptsRelyOnOnce(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, s specimen, doc *goquery.Document, _ string) {
		t.Helper()
		seen := map[string]int{}
		doc.Find("[id]").Each(func(_ int, e *goquery.Selection) { seen[e.AttrOr("id", "")]++ })
		for id, n := range seen {
			if n != 1 {
				t.Errorf("#%s is there %d times", id, n)
			}
		}
		for id := range strings.FieldsSeq(s.ids) {
			if seen[id] == 0 {
				t.Errorf("no #%s", id)
			}
		}
	})
}

func TestPages_areReadableByAssistiveTechnology(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, lang string) {
		t.Helper()
		if doc.Find("body.wide, body.docs").Length() == 1 {
			lang = "en" // pages for developers are in English
		}
		if got := doc.Find("html").AttrOr("lang", ""); got != lang {
			t.Errorf("lang is %q, want %q", got, lang)
		}
		if got, want := doc.Find("html").AttrOr("dir", "ltr"), map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]; got != want {
			t.Errorf("dir is %q, want %q", got, want)
		}
		if doc.Find("h1").Length() != 1 || doc.Find("main").Length() != 1 || strings.TrimSpace(doc.Find("title").Text()) == "" {
			t.Error("want one h1, one main and a title")
		}
		doc.Find("input:not([type=hidden]):not([hidden]):not([aria-hidden=true]), select, textarea").Each(func(_ int, in *goquery.Selection) {
			id := in.AttrOr("id", "")
			if id == "" || strings.TrimSpace(doc.Find("label[for='"+id+"']").Text()) == "" {
				t.Errorf("the field %q has no label", in.AttrOr("name", ""))
			}
		})
		doc.Find("[aria-describedby], [aria-labelledby]").Each(func(_ int, e *goquery.Selection) {
			for id := range strings.FieldsSeq(e.AttrOr("aria-describedby", "") + " " + e.AttrOr("aria-labelledby", "")) {
				if doc.Find("#"+id).Length() != 1 {
					t.Errorf("described by #%s, which is not there", id)
				}
			}
		})
		if doc.Find("[autofocus]").Length() > 1 {
			t.Error("two fields want the focus")
		}
		doc.Find("img:not([alt])").Each(func(int, *goquery.Selection) { t.Error("a picture has no alt") })
		doc.Find("button, a").Each(func(_ int, b *goquery.Selection) {
			if strings.TrimSpace(b.Text()) == "" {
				t.Error("a button or link has no text")
			}
		})
	})
}

// A password manager keeps a password under the name beside it, which it looks for among fields of text: Chromium warns of
// forms without one, and does not see a field of the type hidden.
func TestPages_sayWhoseAPasswordIs(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, _ string) {
		t.Helper()
		doc.Find("form:has([autocomplete~=new-password], [autocomplete~=current-password])").Each(func(_ int, form *goquery.Selection) {
			name := form.Find("[autocomplete~=username]")
			if kind := name.AttrOr("type", "text"); name.Length() != 1 || kind != "text" && kind != "email" {
				t.Errorf("the form of %s has %d names, of the type %q", form.AttrOr("action", ""), name.Length(), kind)
			}
		})
		if hidden := doc.Find("[type=hidden][autocomplete]"); hidden.Length() > 0 {
			t.Errorf("nobody fills in the hidden field %q", hidden.AttrOr("name", ""))
		}
	})
}

// Addresses, passwords, codes and hosts run from left to right on every page; names and
// user names as their letters do.
func TestPages_keepTheOrderOfWhatIsNoSentence(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, lang string) {
		t.Helper()
		if doc.Find("body.wide, body.docs").Length() == 1 {
			return // in English
		}
		doc.Find("input[type=text], input[type=email], input[type=password]").Each(func(_ int, in *goquery.Selection) {
			want := "ltr"
			if slices.Contains([]string{"name", "given_name", "family_name", "nickname"}, in.AttrOr("name", "")) {
				want = "auto"
			}
			if got := in.AttrOr("dir", ""); got != want {
				t.Errorf("the field %q has dir %q, want %q", in.AttrOr("name", ""), got, want)
			}
		})
		doc.Find("code, main strong, main [lang=en]").Each(func(_ int, e *goquery.Selection) {
			if e.Closest("[dir]:not(html)").Length() == 0 {
				t.Errorf("nothing says how %q runs", e.Text())
			}
		})
	})
}

func TestPages_replaceEveryPlaceholder(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, _ string) {
		t.Helper()
		doc.Find("pre, script, style, .endpoint, .limit").Remove() // paths and patterns of the API have braces
		if text := doc.Text(); strings.ContainsAny(text, "{}") {
			t.Errorf("a placeholder is left in %q", text)
		}
	})
}

// strictCSP fails the test when a page holds what the policy of every page would
// block, or what somebody could have put there.
func strictCSP(t *testing.T, doc *goquery.Document, scripts int) {
	t.Helper()
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		for _, a := range e.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "formaction" {
				t.Errorf("<%s> has the attribute %s=%q", goquery.NodeName(e), a.Key, a.Val)
			}
			if a.Key == "href" || a.Key == "src" || a.Key == "action" {
				scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":")
				if slices.Contains([]string{"javascript", "vbscript", "http"}, scheme) {
					t.Errorf("<%s> has %s=%q", goquery.NodeName(e), a.Key, a.Val)
				}
			}
		}
	})
	doc.Find("iframe").Each(func(_ int, e *goquery.Selection) {
		src, sandbox := e.AttrOr("src", ""), e.AttrOr("sandbox", "none")
		// A mail is of this server: it gets neither scripts nor the origin.
		ours := strings.HasPrefix(src, "/dev/mail/") && !strings.Contains(sandbox, "allow-s") || strings.HasPrefix(src, preview.Path+"/") && sandbox == "allow-scripts"
		if sandbox == "none" || !strings.HasPrefix(src, "https://") && !ours {
			t.Errorf("a frame shows %q, or without a sandbox", e.AttrOr("src", ""))
		}
	})
	if doc.Find("svg#qr").Length() > 0 && doc.Find("svg#qr *").Length() != doc.Find("svg#qr > path").Length() {
		t.Error("the QR code holds more than its path")
	}
	doc.Find("object, embed, base, svg:not(#qr)").Each(func(_ int, e *goquery.Selection) {
		t.Errorf("there is a <%s>", goquery.NodeName(e))
	})
	doc.Find("script[src]").Each(func(_ int, e *goquery.Selection) {
		src := e.AttrOr("src", "")
		if !slices.ContainsFunc([]string{"page.js", "passkey.js", "effort.js", "playground.js", "reference.js"}, func(name string) bool { return strings.HasSuffix(src, ui.AssetPrefix+ui.AssetNames[name]) }) {
			t.Errorf("a script comes from %q", src)
		}
	})
	doc.Find("link").Each(func(_ int, e *goquery.Selection) {
		if href := e.AttrOr("href", ""); strings.Contains(href, "://") || strings.HasPrefix(href, "//") {
			t.Errorf("a <link> goes to %q", href)
		}
	})
	if got := doc.Find("script").Length(); got != scripts {
		t.Errorf("%d scripts, want %d", got, scripts)
	}
	if doc.Find("script:not([nonce]), style:not([nonce])").Length() > 0 {
		t.Error("a script or style has no nonce")
	}
}

// scriptOf returns how many scripts a form for a passkey has.
func scriptOf(v ui.PasskeyView) int {
	if v.Options != "" {
		return 1
	}
	return 0
}

func effortOf(v ui.EffortView) int { return min(len(v.Challenge), 1) }

// scriptsOf is how many scripts a page ships: ours, but not where an answer to a client
// is or nothing can be operated; the form post has one of its own, and so has the
// signed-out page that waits for frames before it goes on.
func scriptsOf(view any) int {
	switch v := view.(type) {
	case ui.AccountPasskeyView:
		return 1 + scriptOf(v.Passkey)
	case ui.AccountSecurityView:
		return 1 + min(len(v.Accepted), 1)
	case ui.GoneView, ui.LeaveView:
		return 0
	case ui.PlaygroundView:
		return 1 + min(len(v.API), 1)
	case ui.FormPostView:
		return 1
	case ui.SignInView:
		return 1 + scriptOf(v.Passkey) + effortOf(v.Effort)
	case ui.IdentifyView:
		return 1 + scriptOf(v.Passkey)
	case ui.RecoverView:
		return 1 + effortOf(v.Effort)
	case ui.RecoverCodeView:
		return 1 + effortOf(v.Effort)
	case ui.MailSignInCodeView:
		return 1 + effortOf(v.Effort)
	case ui.SignUpCodeView:
		return 1 + effortOf(v.Effort)
	case ui.SignUpView:
		return 1 + effortOf(v.Effort)
	case ui.EnrolView:
		return 1 + scriptOf(v.Passkey)
	case preview.SilentView:
		return 2
	case ui.MailSignInView:
		if v.Passkeys {
			return 2 + effortOf(v.Effort)
		}
		return 1 + effortOf(v.Effort)
	case ui.PasskeyDemandedView:
		return 1 + scriptOf(v.Passkey)
	case ui.PasskeyOfferView:
		return 1 + scriptOf(v.Passkey)
	case ui.FactorView:
		if !v.Recovery {
			return 1 + scriptOf(v.Passkey)
		}
	case ui.ReferenceHomeView, ui.ReferenceTopicView, ui.ReferenceErrorsView, ui.ReferenceErrorView:
		return 2
	case ui.OnwardView:
		if ui.ReturnLink(v.Target) == "" {
			return 0
		}
	case ui.SignedOutView:
		if len(v.Frames) > 0 && ui.ReturnLink(v.Continue) != "" {
			return 2
		}
	}
	return 1
}

func TestPages_loadAndRunNothingForeign(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, s specimen, doc *goquery.Document, _ string) {
		t.Helper()
		strictCSP(t, doc, scriptsOf(s.view))
	})
}

// fill puts text into every string of a view, however deep, and two elements into
// every list. The locale stays: its fields are not exported.
func fill(v reflect.Value, text string) { fillTo(v, text, 4) }

// fillTo is fill, with so many lists in lists: a member of the reference can have members.
func fillTo(v reflect.Value, text string, lists int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1 << 40)
	case reflect.Slice:
		if lists == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillTo(v.Index(i), text, lists-1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillTo(v.Elem(), text, lists)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type != reflect.TypeFor[ui.Locale]() {
				fillTo(v.Field(i), text, lists)
			}
		}
	default:
		panic("cannot fill " + v.Type().String())
	}
}

func TestPages_showHostileTextAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`<script>alert(1)</script>`, `</title></style></script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`, "`${alert(1)}`", `javascript&colon;alert(1)`, `--></textarea></pre><svg onload=alert(1)>`, "\x00<b>\xff",
	} {
		for name, s := range specimens("en") {
			t.Run(name+"/"+text, func(t *testing.T) {
				t.Parallel()
				view := reflect.New(reflect.TypeOf(s.view)).Elem()
				fill(view, text)
				doc := render(t, view.Interface())
				strictCSP(t, doc, scriptsOf(view.Interface()))
				if doc.Find("img, b, style, iframe").Length() > 0 {
					t.Error("the text became an element, or a style, or a picture of no https address")
				}
				if code := doc.Find("script").Text(); strings.Contains(code, "alert") {
					t.Errorf("the text got into the script %q", code)
				}
				if doc.Find("main").Length() != 1 || doc.Find("html > body").Length() != 1 {
					t.Error("the text broke the page")
				}
			})
		}
	}
}
