package main

import (
	"fmt"
	"net"
	"strings"

	"plinto/internal/weburl"
)

// reach refuses a server that others reach than whoever sits here, or warns of it where that is meant: whoever comes to /dev is asked
// nothing, and has everything.
func (d *dev) reach(at net.Addr) error {
	ways := exposed(d.public.Hostname(), at)
	if len(ways) == 0 {
		return nil
	}
	others := strings.Join(ways, " and ") + ": whoever reaches this server reads all mails at /dev, and has the passwords and codes of all users"
	if !d.expose {
		return usageError{fmt.Errorf("%s; --expose says that you mean it", others)}
	}
	d.c.warning(others + ". Put nothing into it that is real, and stop it when you are done")
	return nil
}

// exposed are the ways by which others than this machine may reach a server.
func exposed(host string, at net.Addr) (ways []string) {
	if !weburl.IsLoopback(host) {
		ways = append(ways, publicURL+" is at "+host)
	}
	if tcp, ok := at.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		ways = append(ways, "it listens on "+at.String())
	}
	return ways
}
