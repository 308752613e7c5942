package playground

import (
	"net/http"
	"slices"
	"strings"
)

// implied are headers that curl or the transport sets by itself.
var implied = []string{"Accept-Encoding", "Authorization", "Connection", "Content-Length", "User-Agent"}

const form = "application/x-www-form-urlencoded"

// curl is a line for a POSIX shell that sends the same request.
func curl(r *http.Request, body string) string {
	parts := []string{"curl -i"}
	if r.Method != http.MethodGet && (r.Method != http.MethodPost || body == "") {
		parts[0] += " -X " + r.Method
	}
	parts[0] += " " + quote(r.URL.String())
	if user, password, ok := r.BasicAuth(); ok {
		parts = append(parts, "-u "+quote(user+":"+password))
	} else if says := r.Header.Get("Authorization"); says != "" {
		parts = append(parts, "-H "+quote("Authorization: "+says))
	}
	for _, name := range names(r.Header) {
		if slices.Contains(implied, name) || name == "Content-Type" && r.Header.Get(name) == form && body != "" {
			continue
		}
		parts = append(parts, "-H "+quote(name+": "+r.Header.Get(name)))
	}
	if body == "" {
		return strings.Join(parts, " \\\n  ")
	}
	fields := []string{body}
	if r.Header.Get("Content-Type") == form {
		fields = strings.Split(body, "&") // curl puts them together again
	}
	for _, f := range fields {
		parts = append(parts, "-d "+quote(f))
	}
	return strings.Join(parts, " \\\n  ")
}

func names(h http.Header) (all []string) {
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// quote writes a text so that a POSIX shell reads it as it is.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
