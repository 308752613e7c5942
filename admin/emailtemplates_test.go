package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/plintotest"
	"plinto/organization"
)

// text returns a text of a template.
func (a *answer) part(name string) m {
	a.t.Helper()
	for _, one := range a.Body["texts"].([]any) {
		if one.(m)["part"] == name {
			return one.(m)
		}
	}
	a.t.Fatalf("no %s in %s", name, a.raw)
	return nil
}

func TestEmailTemplates_areChangedAndSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Mail: true})
	path := "/email-templates/password.changed?language=de"
	before := w.get(path).is(200)
	if s := before.part("subject"); s["source"] != "default" || s["text"] != s["default"] || fmt.Sprint(s["placeholders"]) != "[{tenant}]" {
		t.Errorf("got %v", s)
	}
	patch := request{method: "PATCH", path: path, body: m{"texts": m{"subject": "Neues Passwort bei {tenant}"}}, header: map[string]string{"If-Match": before.Header.Get("ETag")}}
	w.send(request{method: "PATCH", path: path + "&validate_only=true", body: patch.body}).is(200)
	w.send(patch).is(200)
	w.send(patch).is(412, "precondition_failed")
	w.patch("/email-templates/shared?language=de", m{"texts": m{"greeting.name": "Moin {name}!"}}).is(200)
	if s := w.get(path).is(200).part("subject"); s["source"] != "tenant" || s["text"] != "Neues Passwort bei {tenant}" {
		t.Errorf("got %v", s)
	}
	shown := w.get("/email-templates/password.changed/preview?language=de").is(200)
	if shown.text("subject") != "Neues Passwort bei "+w.Tenant.Name || !strings.Contains(shown.text("text"), "Moin Alice Example!") || !strings.Contains(shown.text("html"), "Moin Alice Example!") {
		t.Errorf("got %s", shown.raw)
	}
	if en := w.get("/email-templates/password.changed/preview").is(200); strings.Contains(en.text("subject"), "Passwort") {
		t.Errorf("the English one is %s", en.raw)
	}
	// Whoever changes a password is told so in these words.
	ann := w.Make(identity.User{Email: "ann@example.com", EmailVerified: true, Profile: identity.Profile{Locale: "de"}})
	must(t, w.Directory().SetPassword(w.In(), event.Actor{Type: "operator"}, ann, "correct horse battery staple", uuid.Nil))
	if got := w.Mailed("ann@example.com", 1); got.Subject != "Neues Passwort bei "+w.Tenant.Name {
		t.Errorf("the mail is about %q", got.Subject)
	}
	w.patch(path, m{"texts": m{"subject": nil}}).is(200)
	if s := w.get(path).is(200).part("subject"); s["source"] != "default" {
		t.Errorf("got %v", s)
	}
}

func TestEmailTemplates_listHasEveryText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kinds, parts := 0, 0
	for _, one := range w.get("/email-templates?language=ja").is(200).data() {
		kinds++
		parts += len(one["texts"].([]any))
		if one["kind"] == "shared" {
			continue
		}
		if got := w.get("/email-templates/" + one["kind"].(string) + "/preview?language=ja").is(200); got.text("subject") == "" {
			t.Errorf("%s has no subject", one["kind"])
		}
	}
	if kinds < 20 || parts < 90 {
		t.Errorf("%d kinds with %d texts", kinds, parts)
	}
}

// TEN-26: what a tenant writes is text, and hides nothing that a mail has to show.
func TestEmailTemplates_whatIsNoTextIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"texts": {"subject": "Hi {password}"}}`:                     "422 invalid_email_template /texts/subject",
		`{"texts": {"subject": "{{.Secret}}"}}`:                       "422 invalid_email_template /texts/subject",
		`{"texts": {"subject": "a\r\nBcc: x@example.com"}}`:           "422 invalid_email_template /texts/subject",
		`{"texts": {"subject": " "}}`:                                 "422 invalid_email_template /texts/subject",
		`{"texts": {"script": "x"}}`:                                  "422 invalid_email_template /texts/script",
		`{"texts": {"subject": 7}}`:                                   "400 invalid_body /texts/subject",
		`{"texts": {"subject": "` + strings.Repeat("x", 2001) + `"}}`: "400 invalid_body /texts/subject",
		`{"html": "<b>"}`:                                             "400 invalid_body /html",
	} {
		got := w.send(request{method: "PATCH", path: "/email-templates/recovery.code", body: body})
		at := ""
		if wrong, _ := got.Body["errors"].([]any); len(wrong) > 0 {
			at, _ = wrong[0].(m)["pointer"].(string)
		}
		if is := fmt.Sprint(got.Status, " ", got.Body["code"], " ", at); is != want {
			t.Errorf("%.60s: got %s %s, want %s", body, is, got.raw, want)
		}
	}
	w.patch("/email-templates/recovery.code", m{"texts": m{"subject": "Hello", "says": `<img src=x onerror="alert(1)"> <script>`, "note": "Read this."}}).is(200)
	shown := w.get("/email-templates/recovery.code/preview").is(200)
	if html := shown.text("html"); strings.Contains(html, "<script>") || strings.Contains(html, "<img src=x") {
		t.Errorf("the tenant's markup is in the mail: %s", html)
	}
	for _, form := range []string{"text", "html"} {
		if !strings.Contains(shown.text(form), "1234 5678") {
			t.Errorf("the %s does not show the code", form)
		}
	}
	w.get("/email-templates/nothing").is(404, "no_such_email_template")
	w.get("/email-templates/shared/preview").is(404, "no_such_email_template")
	w.get("/email-templates?language=xx").is(404, "no_such_email_language")
	long := m{}
	for _, one := range w.get("/email-templates/shared").is(200).Body["texts"].([]any) {
		text := one.(m)["default"].(string)
		long[one.(m)["part"].(string)] = text + strings.Repeat("あ", 1700)
	}
	for _, lang := range []string{"de", "en", "fr", "es", "ar", "ja"} {
		got := w.patch("/email-templates/shared?language="+lang, m{"texts": long})
		if got.Status == 422 && strings.Contains(string(got.raw), "128 KB") {
			return
		}
	}
	t.Error("texts of all languages have no bound together")
}

func TestEmailTemplates_needTheirOwnRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settings := w.tokenFor(w.Tenant, organization.SettingsRead, organization.SettingsWrite)
	w.send(request{method: "GET", path: "/email-templates", token: settings}).is(403, "insufficient_scope")
	reader := w.tokenFor(w.Tenant, organization.EmailTemplatesRead)
	w.send(request{method: "PATCH", path: "/email-templates/shared", body: m{"texts": m{}}, token: reader}).is(403, "insufficient_scope")
}
