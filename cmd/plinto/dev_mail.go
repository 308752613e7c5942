package main

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

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

// installationSender stands for the sender that PLINTO_MAIL_FROM names elsewhere: tenants may have their own.
const installationSender = "Plinto (the sender of the installation)"

func view(m mailcatcher.Mail) ui.Mail {
	return ui.Mail{
		ID: m.ID, From: cmp.Or(m.From, installationSender), To: m.To, ReplyTo: m.ReplyTo, Subject: m.Subject, Text: m.Text, HTML: m.HTML,
		Time:  m.At.Format("2 January 2006, 15:04:05 UTC"),
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
		return p.missing(w, r)
	}
	return p.message(w, r, view(m))
}

func (p *devPages) mailHTML(w http.ResponseWriter, r *http.Request) error {
	m, ok := p.mails.Find(r.PathValue("id"))
	if !ok {
		return p.missing(w, r)
	}
	return showMail(w, m.HTML)
}

// message draws a mail, which has a frame of this server.
func (p *devPages) message(w http.ResponseWriter, r *http.Request, m ui.Mail) error {
	return web.RenderFraming(w, r, http.StatusOK, ui.MailMessage(ui.MailView{Page: p.page(r), Mail: m}), []string{"'self'"})
}

// showMail draws the HTML part of a mail as a reader of mails does: it runs nothing, loads pictures only, and
// its links open windows of their own. Styles at its elements are what mails have. The page of the mail holds it
// in a frame.
func showMail(w http.ResponseWriter, html string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' https: http:; style-src 'unsafe-inline'; "+
		"sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'; base-uri 'none'")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, strings.Replace(html, "<head>", `<head><base target="_blank">`, 1))
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
		return p.orMissing(w, r, err)
	}
	shown := ui.Mail{From: cmp.Or(m.From, installationSender), To: "alice@example.com", ReplyTo: m.ReplyTo, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Drawn: r.URL.Path + "/html?" + r.URL.RawQuery}
	return p.message(w, r, shown)
}

func (p *devPages) previewHTML(w http.ResponseWriter, r *http.Request) error {
	m, ok, err := p.previewed(r)
	if err != nil || !ok {
		return p.orMissing(w, r, err)
	}
	return showMail(w, m.HTML)
}

func (p *devPages) orMissing(w http.ResponseWriter, r *http.Request, err error) error {
	if err != nil {
		return err
	}
	return p.missing(w, r)
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
