package web

import (
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"plinto/internal/fault"
	"plinto/internal/paths"
)

// StrictPath refuses paths that two parsers could read differently: dot segments,
// doubled slashes, encoded slashes, backslashes, matrix parameters.
func StrictPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strict(r.URL.Path, r.URL.EscapedPath()) {
			refusePath(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var errPath = fault.New(fault.Invalid, "malformed_path", "The path is malformed.")

// refusePath answers in the words of who is called: the management API has its own.
func refusePath(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, paths.Management+"/") {
		AllowAnyOrigin(w)
		WriteProblem(w, r, errPath, "")
		return
	}
	description := "the path is malformed"
	if strings.Contains(r.URL.Path, "//.well-known/") {
		// What libraries ask for whose issuer was configured with a slash at its end. Pages of other origins read it, too.
		AllowAnyOrigin(w)
		description = "the path has two slashes in a row: an issuer has no slash at its end"
	}
	writeOAuth(w, http.StatusBadRequest, "invalid_request", description)
}

func strict(p, escaped string) bool {
	if p == "" || p[0] != '/' || strings.ContainsFunc(p, ambiguous) || strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2F") {
		return false
	}
	clean := path.Clean(p)
	return clean == p || clean != "/" && clean+"/" == p
}

// ambiguous finds separators of other parsers, control characters, and bytes that
// are not UTF-8, which no database takes.
func ambiguous(r rune) bool {
	return r == '\\' || r == ';' || r < ' ' || r == 0x7f || r == utf8.RuneError
}

// SameSiteForms refuses a form that another site posts (net/http's cross-origin
// protection): refused answers it. Browsers say by Sec-Fetch-Site where a form comes
// from, older ones by Origin. Requests with neither pass, which is why every form
// also repeats a value that only our page knows.
func SameSiteForms(next, refused http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(refused)
	return protection.Handler(next)
}
