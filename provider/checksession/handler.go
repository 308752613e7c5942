package checksession

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"net/http"

	"plinto/internal/web"
	"plinto/pages/browser"
)

// script is ES5 with a SHA-256 of its own: crypto.subtle is missing in frames of
// plain http pages and in old engines.
//
//go:embed check.js
var script string

// policy lets exactly that script run, and everybody frame the page. It is a hash
// and no nonce, because the page may be cached.
var policy = func() string {
	sum := sha256.Sum256([]byte(script))
	return "default-src 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; frame-ancestors *"
}()

// A Handler serves the page.
type Handler struct {
	Browser *browser.Browser
}

// Show serves GET /oauth2/session/check. The page differs between issuers only by
// the name of the cookie.
func (h *Handler) Show(w http.ResponseWriter, r *http.Request) error {
	head := w.Header()
	head.Del("X-Frame-Options")
	head.Set("Content-Security-Policy", policy)
	head.Set("Cross-Origin-Resource-Policy", "cross-origin") // a page that isolates itself may frame it too
	page := "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Session</title></head>" +
		"<body data-cookie=\"" + html.EscapeString(browser.StateCookie(h.Browser.Cookies(r))) + "\"><script>" + script + "</script></body></html>\n"
	web.NewStatic("text/html; charset=utf-8", "public, max-age=3600", []byte(page)).ServeHTTP(w, r)
	return nil
}
