package fakeidp

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorize serves the page on which somebody says which account they have, and what the provider answers.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if r.ParseForm() != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		p.Answer(r.PostForm.Get("answer"))
		http.Redirect(w, r, p.Approve(&url.URL{RawQuery: r.PostForm.Get("request")}, r.PostForm.Get("account")).String(), http.StatusSeeOther)
		return
	}
	if q := r.URL.Query(); q.Get("client_id") != p.ClientID || q.Get("response_type") != "code" {
		http.Error(w, "unknown client", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	accounts := slices.Clone(p.accounts)
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write([]byte(page(r.URL.RawQuery, accounts))) // whoever asked has left
}

const head = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Demo IdP</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}button{display:block;width:100%;padding:.7rem;margin:.5rem 0;font:inherit}
select{width:100%;padding:.5rem;font:inherit}</style>
<h1>Demo IdP</h1><p>This provider is for trying things. It asks for no password.</p>
`

func page(request string, accounts []Account) string {
	e := html.EscapeString
	var b strings.Builder
	b.WriteString(head + `<form method="post"><input type="hidden" name="request" value="` + e(request) + `"><p>Continue as</p>`)
	for _, a := range accounts {
		label := a.Subject
		if email, ok := a.More["email"].(string); ok {
			label = email
		}
		b.WriteString(`<button name="account" value="` + e(a.Subject) + `" id="as-` + e(a.Subject) + `">` + e(label) + `</button>`)
	}
	b.WriteString(`<button name="account" value="" id="deny">Cancel</button>
<p><label for="answer">The provider answers</label><select id="answer" name="answer"><option value="">as it should</option>`)
	for _, name := range Names() {
		b.WriteString(`<option value="` + e(name) + `">` + e(Says(name)) + `</option>`)
	}
	b.WriteString(`</select></p></form></html>`)
	return b.String()
}
