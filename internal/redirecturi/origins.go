package redirecturi

import (
	"strings"

	"plinto/internal/weburl"
)

// Origins returns the web origins (RFC 6454 §6.2) of the https and http URIs among the registered ones, in their
// order, each once, as a browser writes them in the Origin header: without the scheme's own port. URIs with
// private-use schemes have none. The URIs must have passed [Validate]; one that could not is left out.
func Origins(registered []string) []string {
	var origins []string
	seen := map[string]bool{}
	for _, uri := range registered {
		if origin, ok := originOf(uri); ok && !seen[origin] {
			seen[origin] = true
			origins = append(origins, origin)
		}
	}
	return origins
}

func originOf(uri string) (origin string, ok bool) {
	scheme, rest, _ := strings.Cut(uri, "://")
	ownPort := weburl.OwnPort(scheme)
	if ownPort == "" {
		return "", false
	}
	rest, _, _ = strings.Cut(rest, "?")
	authority, _ := weburl.CutPath(rest)
	if _, err := checkAuthority(authority); err != nil {
		return "", false
	}
	return scheme + "://" + strings.TrimSuffix(authority, ownPort), true
}
