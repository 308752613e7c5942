package web

import (
	"net/http"
	"strings"
)

// Shared values: one slice serves every answer, nobody appends to it.
var (
	nosniff     = []string{"nosniff"}
	closing     = []string{"close"}
	deny        = []string{"DENY"}
	noReferrer  = []string{"no-referrer"}
	sameOrigin  = []string{"same-origin"}
	popups      = []string{"same-origin-allow-popups"}
	noStore     = []string{"no-store"}
	noCache     = []string{"no-cache"}
	permissions = []string{"publickey-credentials-get=(self), publickey-credentials-create=(self)"}
	nothing     = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// setCommonHeaders sets what every answer has, errors included: it is not kept,
// not guessed at, not framed, not embedded. Pages replace the content security
// policy by theirs and add what browsers heed on documents only.
func setCommonHeaders(h http.Header, secure bool, host string) {
	h["X-Content-Type-Options"] = nosniff
	h["X-Frame-Options"] = deny
	h["Referrer-Policy"] = noReferrer
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Content-Security-Policy"] = nothing
	h["Cache-Control"] = noStore
	if secure {
		h["Strict-Transport-Security"] = transport(host)
	}
}

// setPageHeaders sets what pages have besides. There is no form-action: browsers
// apply it to the redirects that follow a form, which end at the client.
// Frames are the origins whose pages it may hold in frames, images those of its pictures.
func setPageHeaders(h http.Header, nonce string, frames, images []string) {
	framed := "'none'"
	if len(frames) > 0 {
		framed = strings.Join(frames, " ")
	}
	pictures := strings.Join(append([]string{"'self'", "data:"}, images...), " ")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"' 'strict-dynamic'; "+
		"style-src 'self' 'nonce-"+nonce+"'; img-src "+pictures+"; font-src 'self'; connect-src 'self'; "+
		"frame-src "+framed+"; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'")
	h["Cross-Origin-Opener-Policy"] = popups
	h["Permissions-Policy"] = permissions
	h["Cache-Control"] = noStore
}
