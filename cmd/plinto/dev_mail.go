package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"plinto/event/mail"
	"plinto/internal/mailcatcher"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// mailRoutes are the pages about mails: what was caught, and what there is.
func (p *devPages) mailRoutes(handle func(pattern string, h web.Handler)) {
	handle("GET /dev/mail", p.mailList)
	handle("GET /dev/mail.json", p.mailJSON)
	handle("GET /dev/mail/{id}", p.mail)
	handle("GET /dev/mail/{id}/html", p.mailHTML)
	handle("GET /dev/mail/preview", p.previews)
	handle("GET /dev/mail/preview/{lang}/{kind}", p.preview)
	handle("GET /dev/mail/preview/{lang}/{kind}/html", p.previewHTML)
}

func view(m mailcatcher.Mail) ui.Mail {
	return ui.Mail{
		ID: m.ID, From: "Plinto", To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Time: m.At.Format(time.RFC3339),
		Drawn: "/dev/mail/" + m.ID + "/html",
	}
}

func (p *devPages) mailList(w http.ResponseWriter, r *http.Request) error {
	v := ui.MailListView{Page: p.page(r)}
	for _, m := range p.mails.All() {
		v.Mails = append(v.Mails, view(m))
	}
	return web.Render(w, r, http.StatusOK, ui.MailList(v))
}

func (p *devPages) mailJSON(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(p.mails.All())
}

func (p *devPages) mail(w http.ResponseWriter, r *http.Request) error {
	m, ok := p.mails.Find(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return nil
	}
	return web.Render(w, r, http.StatusOK, ui.MailMessage(ui.MailView{Page: p.page(r), Mail: view(m)}))
}

func (p *devPages) mailHTML(w http.ResponseWriter, r *http.Request) error {
	m, ok := p.mails.Find(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return nil
	}
	return showMail(w, m.HTML)
}

// showMail draws the HTML part of a mail as a reader of mails does: it runs nothing, and
// loads pictures only. Styles at its elements are what mails have.
func showMail(w http.ResponseWriter, html string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' https: http:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, html)
	return err
}

// previews lists every kind of mail in every language.
func (p *devPages) previews(w http.ResponseWriter, r *http.Request) error {
	t, all, err := p.chosen(r)
	if err != nil {
		return err
	}
	v := ui.MailPreviewsView{Page: p.page(r), Languages: mail.Languages()}
	for _, other := range all {
		v.Tenants = append(v.Tenants, ui.Link{Title: other.Name, URL: "/dev/mail/preview?tenant=" + url.QueryEscape(other.Slug)})
	}
	if t == nil {
		return web.Render(w, r, http.StatusOK, ui.MailPreviews(v))
	}
	v.Tenant, v.Query = t.Name, "?tenant="+url.QueryEscape(t.Slug)
	for _, kind := range mail.Kinds() {
		m, err := mail.Preview(r.Context(), t, kind, "en")
		if err != nil {
			return err
		}
		v.Kinds = append(v.Kinds, ui.MailKind{Kind: kind, Subject: m.Subject})
	}
	return web.Render(w, r, http.StatusOK, ui.MailPreviews(v))
}

func (p *devPages) preview(w http.ResponseWriter, r *http.Request) error {
	m, ok, err := p.previewed(r)
	if err != nil || !ok {
		return orNotFound(w, r, err)
	}
	shown := ui.Mail{From: "Plinto", To: "alice@example.com", Subject: m.Subject, Text: m.Text, HTML: m.HTML, Drawn: r.URL.Path + "/html?" + r.URL.RawQuery}
	return web.Render(w, r, http.StatusOK, ui.MailMessage(ui.MailView{Page: p.page(r), Mail: shown}))
}

func (p *devPages) previewHTML(w http.ResponseWriter, r *http.Request) error {
	m, ok, err := p.previewed(r)
	if err != nil || !ok {
		return orNotFound(w, r, err)
	}
	return showMail(w, m.HTML)
}

func orNotFound(w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil {
		http.NotFound(w, r)
	}
	return err
}

// previewed writes the mail that a preview's address names.
func (p *devPages) previewed(r *http.Request) (m mail.Message, ok bool, err error) {
	t, _, err := p.chosen(r)
	kind, lang := r.PathValue("kind"), r.PathValue("lang")
	if err != nil || t == nil || !slices.Contains(mail.Kinds(), kind) || !slices.Contains(mail.Languages(), lang) {
		return m, false, err
	}
	m, err = mail.Preview(r.Context(), t, kind, lang)
	return m, err == nil, err
}

// chosen returns the tenant that a preview is of, the first by default, and all there are.
func (p *devPages) chosen(r *http.Request) (chosen *tenant.Tenant, all []devTenant, err error) {
	if all, err = p.tenants.list(r.Context()); err != nil {
		return nil, nil, err
	}
	for _, t := range all {
		if t.Slug == r.URL.Query().Get("tenant") {
			return t.Tenant, all, nil
		}
	}
	if len(all) > 0 {
		chosen = all[0].Tenant
	}
	return chosen, all, nil
}
