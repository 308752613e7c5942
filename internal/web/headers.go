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
	sameOrigin  = []string{"same-origin"}
	noStore     = []string{"no-store"}
	noCache     = []string{"no-cache"}
	permissions = []string{"publickey-credentials-get=(self), publickey-credentials-create=(self)"}
	nothing     = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// setCommonHeaders sets what every answer has, errors included: it is not kept,
// not guessed at, not framed, not embedded. Pages replace the content security
// policy by theirs and add what browsers heed on documents only.
//
// Other sites are sent no Referer. Our own forms are: without one browsers write
// "Origin: null" on a form, and those that know no Sec-Fetch-Site could not be told
// from another site. Answers that lead to a client say no-referrer besides.
func setCommonHeaders(h http.Header, secure bool, host string) {
	h["X-Content-Type-Options"] = nosniff
	h["X-Frame-Options"] = deny
	h["Referrer-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Content-Security-Policy"] = nothing
	h["Cache-Control"] = noStore
	if secure {
		h["Strict-Transport-Security"] = transport(host)
	}
}

// setPageHeaders sets what pages have besides. There is no form-action: browsers
// apply it to the redirects that follow a form, which end at the client.
// Frames are the origins whose pages it may hold in frames, images those of its pictures,
// connects those that its scripts may call besides its own.
// Opened says that the page may belong to a window that another site opened: see
// KeepOpener.
func setPageHeaders(h http.Header, nonce string, frames, images, connects []string, opened bool) {
	framed := "'none'"
	if len(frames) > 0 {
		framed = strings.Join(frames, " ")
	}
	pictures := strings.Join(append([]string{"'self'", "data:"}, images...), " ")
	called := strings.Join(append([]string{"'self'"}, connects...), " ")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"' 'strict-dynamic'; "+
		"style-src 'self'; img-src "+pictures+"; font-src 'self'; connect-src "+called+"; "+
		"frame-src "+framed+"; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'")
	if !opened {
		h["Cross-Origin-Opener-Policy"] = sameOrigin
	}
	h["Permissions-Policy"] = permissions
	h["Cache-Control"] = noStore
}
