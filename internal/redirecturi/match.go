package redirecturi

import (
	"slices"
	"strings"

	"plinto/internal/weburl"
)

// Match looks for the requested URI among the registered ones and returns the entry that it equals. Equal means every
// byte, with one exception: an entry http://127.0.0.1[:port]… or http://[::1][:port]… equals the same with any port
// or none (RFC 8252 §7.3). For native clients http://localhost[:port]… does too, because their libraries listen on a
// free port and call it that; for others it is where a developer's own application runs, and a free port is another
// one's. No spelling equals another: localhost is not 127.0.0.1. On success the answer goes to the requested URI, not
// to the entry.
func Match(registered []string, requested string, native bool) (entry string, ok bool) {
	if requested == "" {
		return "", false
	}
	if slices.Contains(registered, requested) {
		return requested, true
	}
	host, tail, ok := loopback(requested)
	if !ok || host == localhost && !native {
		return "", false
	}
	for _, entry := range registered {
		if h, t, ok := loopback(entry); ok && h == host && t == tail {
			return entry, true
		}
	}
	return "", false
}

const localhost = "http://localhost"

// loopback takes the port out of a URI that starts with http and a loopback host: host is that start, tail the path and
// query. What follows the address must be a port, a path, a query or the end; anything else, as in
// http://127.0.0.1.evil.test or http://127.0.0.1@evil.test, makes it no loopback URI (F8, RED-05).
func loopback(uri string) (host, tail string, ok bool) {
	for _, host = range []string{"http://127.0.0.1", "http://[::1]", localhost} {
		if tail, ok = strings.CutPrefix(uri, host); ok {
			break
		}
	}
	if !ok {
		return "", "", false
	}
	if after, hasPort := strings.CutPrefix(tail, ":"); hasPort {
		end := strings.IndexAny(after, "/?")
		if end < 0 {
			end = len(after)
		}
		if !weburl.IsPort(after[:end]) {
			return "", "", false
		}
		tail = after[end:]
	}
	return host, tail, tail == "" || tail[0] == '/' || tail[0] == '?'
}
