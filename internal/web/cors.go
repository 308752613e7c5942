package web

import (
	"net/http"
	"slices"
	"strings"
)

var (
	anyOrigin     = []string{"*"}
	crossOrigin   = []string{"cross-origin"}
	varyOrigin    = []string{"Origin"}
	varyPreflight = []string{"Origin, Access-Control-Request-Headers"}
	exposed       = []string{"WWW-Authenticate, Request-Id, Retry-After"}
)

// PublicCORS lets every site read an answer that is the same for everyone.
func PublicCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			PublicPreflight(w, r, "GET, HEAD")
			return
		}
		AllowAnyOrigin(w)
		next.ServeHTTP(w, r)
	})
}

// AllowAnyOrigin lets every page read the answer. It is for answers that depend on
// nothing the browser adds by itself: the page has what they were given for.
func AllowAnyOrigin(w http.ResponseWriter) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["Access-Control-Expose-Headers"] = exposed
	h["Cross-Origin-Resource-Policy"] = crossOrigin
}

// PublicPreflight answers a CORS preflight for what AllowAnyOrigin is for.
func PublicPreflight(w http.ResponseWriter, r *http.Request, methods string) {
	w.Header()["Access-Control-Allow-Origin"] = anyOrigin
	preflight(w, r, methods, "86400")
}

// Preflight answers a CORS preflight for an endpoint whose allowed origins depend
// on the client, which a preflight does not name. It grants nothing: the answer
// to the request itself decides whether the page may read it. Credentials are
// never allowed, and the opaque origin "null" is refused.
func Preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h["Vary"] = varyPreflight
	if origin := r.Header.Get("Origin"); usableOrigin(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		preflight(w, r, methods, "600")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// preflight allows the headers that the page asks for: libraries add their own, and
// none of them means anything to us.
func preflight(w http.ResponseWriter, r *http.Request, methods, seconds string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Max-Age", seconds)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
	if asked := r.Header["Access-Control-Request-Headers"]; len(asked) == 1 && headerNames(asked[0]) {
		h.Set("Access-Control-Allow-Headers", asked[0])
	}
	w.WriteHeader(http.StatusNoContent)
}

// maxHeaderNames bounds what a preflight repeats, in bytes.
const maxHeaderNames = 1024

// headerNames reports whether s is names of headers separated by commas (RFC 9110 §5.1).
func headerNames(s string) bool {
	if s == "" || len(s) > maxHeaderNames {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		word := 'a' <= c && c <= 'z' || '0' <= s[i] && s[i] <= '9' || s[i] == '-' || s[i] == '_'
		if !word && s[i] != ',' && s[i] != ' ' {
			return false
		}
	}
	return true
}

// AllowOrigin lets the request's page read the answer when its origin is among
// those allowed.
func AllowOrigin(w http.ResponseWriter, r *http.Request, allowed []string) {
	origin := r.Header.Get("Origin")
	h := w.Header()
	h["Vary"] = varyOrigin // whether or not there is one: caches must know
	if usableOrigin(origin) && slices.Contains(allowed, origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h["Access-Control-Expose-Headers"] = exposed
		h["Cross-Origin-Resource-Policy"] = crossOrigin
	}
}

// usableOrigin accepts scheme://host[:port] as browsers write it: of pages, of
// extensions and of apps. It leaves out "null" and files, which many pages share.
func usableOrigin(origin string) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || scheme == "" || scheme == "file" || host == "" || len(origin) > 512 {
		return false
	}
	for i := range len(host) {
		if c := host[i]; c <= ' ' || c >= 0x7f || c == '/' || c == '"' || c == '\\' || c == ',' {
			return false
		}
	}
	return strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+.-") == ""
}
