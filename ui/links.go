package ui

import (
	"math"
	"net/url"
	"regexp"
	"strconv"
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

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// accent returns the style rule of a tenant's accent colour, or "". Only a colour
// literal gets through, so nothing of a tenant's can become CSS. The text on it is
// black or white, whichever can be read.
func accent(b Brand) string {
	if !colour.MatchString(b.AccentColor) {
		return ""
	}
	on := "#ffffff"
	if luminance(b.AccentColor) > 0.18 {
		on = "#000000"
	}
	return ":root{--accent:" + b.AccentColor + ";--on-accent:" + on + "}"
}

// luminance is the relative luminance of "#rrggbb" (WCAG 2.2).
func luminance(hex string) float64 {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return 0
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}
