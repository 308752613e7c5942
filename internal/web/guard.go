package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
)

// Recover turns a panic into a 500 that says nothing, and logs it.
func Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself is the contract
				panic(v)
			}
			slog.Error("panic", "request_id", RequestID(r.Context()), "path", r.URL.Path,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			writeOAuth(w, http.StatusInternalServerError, "server_error", "Something went wrong on our side.")
		}()
		next.ServeHTTP(w, r)
	})
}

// StrictPath refuses paths that two parsers could read differently: dot segments,
// doubled slashes, encoded slashes, backslashes, matrix parameters.
func StrictPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strict(r.URL.Path, r.URL.EscapedPath()) {
			writeOAuth(w, http.StatusBadRequest, "invalid_request", "the path is malformed")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func strict(p, escaped string) bool {
	if p == "" || p[0] != '/' || strings.ContainsAny(p, "\\;\x00") || strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2F") {
		return false
	}
	clean := path.Clean(p)
	return clean == p || clean+"/" == p
}

// SameSiteForms refuses a form that another site posts (net/http's cross-origin
// protection). Requests without Origin and Sec-Fetch-Site pass it, which is why
// every form also repeats a value that only our page knows.
func SameSiteForms(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(next)
}
