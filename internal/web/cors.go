package web

import (
	"net/http"
	"strings"
)

var (
	anyOrigin   = []string{"*"}
	crossOrigin = []string{"cross-origin"}
	varyOrigin  = []string{"Origin"}
)

// PublicCORS lets every site read an answer that is the same for everyone.
func PublicCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Access-Control-Allow-Origin"] = anyOrigin
		h["Cross-Origin-Resource-Policy"] = crossOrigin
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Preflight answers a CORS preflight for an endpoint whose allowed origins depend
// on the client, which a preflight does not name. It grants nothing: the answer
// to the request itself decides whether the page may read it. Credentials are
// never allowed, and the opaque origin "null" is refused.
func Preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h["Vary"] = varyOrigin
	if origin := r.Header.Get("Origin"); usableOrigin(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")
		h.Set("Access-Control-Max-Age", "600")
	}
	w.WriteHeader(http.StatusNoContent)
}

// AllowOrigin lets the request's page read the answer when its origin is among
// those allowed.
func AllowOrigin(w http.ResponseWriter, r *http.Request, allowed []string) {
	origin := r.Header.Get("Origin")
	h := w.Header()
	h["Vary"] = varyOrigin // whether or not there is one: caches must know
	if usableOrigin(origin) && among(allowed, origin) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, Request-Id, Retry-After")
		h["Cross-Origin-Resource-Policy"] = crossOrigin
	}
}

func usableOrigin(origin string) bool {
	return len(origin) <= 512 && (strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://"))
}
