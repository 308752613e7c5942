package web

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A CookieScope says which cookies are an issuer's. All are __Host- cookies, which no
// other host can set and which are sent to every path; those of an issuer below a path
// have its slug in the name. Plain http, which only a loopback development server
// speaks, has no prefix.
type CookieScope struct {
	Secure bool
	Path   string // the issuer's path: "" or "/t/<slug>"
	Slug   string
}

// Name returns the cookie's full name.
func (s CookieScope) Name(base string) string {
	if s.Path != "" {
		base += "_" + s.Slug
	}
	if s.Secure {
		return HostPrefix + base
	}
	return base
}

// HostPrefix starts the names of cookies that only this host can set (RFC 6265bis
// §4.1.3.2).
const HostPrefix = "__Host-"

// Set gives the browser a cookie for that long; zero: until the browser closes.
func (s CookieScope) Set(w http.ResponseWriter, base, value string, life time.Duration) {
	setCookie(w, &http.Cookie{ //nolint:gosec // without Secure only where there is no TLS, on loopback
		Name: s.Name(base), Value: value, Path: "/", MaxAge: int(life / time.Second),
		Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// SetReadable gives the browser a cookie that scripts of our own pages may read,
// in frames of other sites too. It must hold nothing that is worth stealing.
// Without TLS, which such frames demand, it stays within our site.
func (s CookieScope) SetReadable(w http.ResponseWriter, base, value string, life time.Duration) {
	site := http.SameSiteNoneMode
	if !s.Secure {
		site = http.SameSiteLaxMode
	}
	setCookie(w, &http.Cookie{ //nolint:gosec // meant to be read; without Secure only where there is no TLS, on loopback
		Name: s.Name(base), Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: s.Secure, SameSite: site,
	})
}

// Clear takes a cookie away.
func (s CookieScope) Clear(w http.ResponseWriter, base string) {
	setCookie(w, &http.Cookie{ //nolint:gosec // without Secure only where there is no TLS, on loopback
		Name: s.Name(base), Path: "/", MaxAge: -1,
		Secure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// ClearNamed takes a cookie away by its full name, of whichever issuer on the host.
func ClearNamed(w http.ResponseWriter, name, path string, secure bool) {
	setCookie(w, &http.Cookie{ //nolint:gosec // without Secure only where there is no TLS, on loopback
		Name: name, Path: path, MaxAge: -1, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Read returns the cookie's value. Two cookies of one name that differ are
// somebody's attempt to slip one in: then there is none.
func (s CookieScope) Read(r *http.Request, base string) (string, bool) {
	found := r.CookiesNamed(s.Name(base))
	if len(found) == 0 || found[0].Value == "" {
		return "", false
	}
	for _, c := range found[1:] {
		if c.Value != found[0].Value {
			return "", false
		}
	}
	return found[0].Value, true
}

// setCookie replaces what this answer said of the same cookie before: one answer
// should not name a cookie twice (RFC 6265 §4.1.1).
func setCookie(w http.ResponseWriter, c *http.Cookie) {
	const header = "Set-Cookie"
	said := w.Header()[header]
	w.Header()[header] = slices.DeleteFunc(said, func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return name == c.Name
	})
	http.SetCookie(w, c)
}
