package web

import (
	"net/http"
	"strings"
)

// AllowMethods reports whether a request has one of methods, which are written as in an Allow header ("GET, POST").
// Where it has not, it answers 405 with that header (RFC 9110 §15.5.6).
func AllowMethods(w http.ResponseWriter, r *http.Request, methods string) bool {
	if hasMethod(r, methods) {
		return true
	}
	w.Header().Set("Allow", methods)
	MethodNotAllowed(w, r)
	return false
}

// AllowCrossOrigin is AllowMethods for an endpoint that pages of other origins call: it also answers their
// preflights, as Preflight does.
func AllowCrossOrigin(w http.ResponseWriter, r *http.Request, methods string) bool {
	if r.Method == http.MethodOptions {
		Preflight(w, r, methods)
		return false
	}
	if hasMethod(r, methods) {
		return true
	}
	w.Header().Set("Allow", methods+", OPTIONS")
	MethodNotAllowed(w, r)
	return false
}

func hasMethod(r *http.Request, methods string) bool {
	for m := range strings.SplitSeq(methods, ", ") {
		if m == r.Method {
			return true
		}
	}
	return false
}
