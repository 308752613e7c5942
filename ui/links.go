package ui

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"plinto/internal/web"
	"plinto/internal/weburl"
)

// SafeLink returns a link that a page may hold for tenant or client data: https,
// or http on loopback for development. Anything else is "" and not shown.
func SafeLink(raw string) templ.SafeURL {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(raw, " \t\r\n\\") {
		return ""
	}
	if u.Scheme == "https" || u.Scheme == "http" && weburl.IsLoopback(u.Hostname()) {
		return templ.SafeURL(u.String())
	}
	return ""
}

// hostOf is where a link leads, for people.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// SafeImage is SafeLink for a picture, as the plain text an attribute takes. A policy
// must be able to name its origin.
func SafeImage(raw string) string {
	link := string(SafeLink(raw))
	if link == "" || web.ImageOrigin(link) == "" {
		return ""
	}
	return link
}

// returnLink returns an address that was registered for a client, native apps' own
// schemes included. What a browser would run or show instead of going there is
// refused once more: it is "".
func returnLink(raw string) templ.SafeURL {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || weburl.Runs(u.Scheme) {
		return ""
	}
	return templ.SafeURL(raw)
}

// safeAction is returnLink for a form, whose empty action would be our own page.
func safeAction(raw string) templ.SafeURL {
	if link := returnLink(raw); link != "" {
		return link
	}
	return "about:invalid"
}
