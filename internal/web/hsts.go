package web

import (
	"net"
	"strings"

	"plinto/internal/weburl"
)

var (
	strictHTTPS = []string{"max-age=63072000"} // of this host only: what is below it may be somebody else's
	anyHTTP     = []string{"max-age=0"}
)

// transport is the value of Strict-Transport-Security for a host. Loopback hosts are
// shared by everything that runs on a machine, and the policy has no port: a browser
// that keeps it turns http://localhost:3000, the developer's own app, into https. They
// are told to forget it, which mends browsers that were told otherwise before.
func transport(host string) []string {
	if IsLoopback(host) {
		return anyHTTP
	}
	return strictHTTPS
}

// IsLoopback reports whether the host of a request, with or without a port, is this machine.
func IsLoopback(host string) bool {
	if host == "" || host[len(host)-1] > '9' && host[len(host)-1] != ']' && !strings.HasSuffix(strings.ToLower(host), "localhost") {
		return false // most hosts end in a letter: nothing has to be taken apart
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return weburl.IsLoopback(host)
}
