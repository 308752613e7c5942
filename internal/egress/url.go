package egress

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"plinto/internal/fault"
	"plinto/internal/weburl"
)

// maxURL is the longest URL that is requested, in bytes.
const maxURL = 2048

// ErrURL reports a URL that is never requested. Its cause says why and may be
// shown to whoever typed the URL: nothing was resolved or dialled.
var ErrURL = fault.New(fault.Invalid, "url_not_allowed", "The URL must be an https URL of a public host.")

func refuse(why string) error { return ErrURL.With(fmt.Errorf("URL %s", why)) }

// CheckURL reports whether raw may be requested at all: https on an allowed port
// of a public host, in a spelling that every parser reads alike. It asks no name
// server, so it can be used when a URL is registered. ErrURL.
func (c *Client) CheckURL(raw string) error {
	_, err := c.parse(raw)
	return err
}

func (c *Client) parse(raw string) (*url.URL, error) {
	if raw == "" || len(raw) > maxURL {
		return nil, refuse("is empty or too long")
	}
	if strings.ContainsFunc(raw, odd) {
		return nil, refuse("holds characters that must be escaped")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse("is malformed")
	}
	return u, c.check(u)
}

// odd finds bytes on which URL parsers disagree.
func odd(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\<>"^`+"`{|}", r) }

func (c *Client) check(u *url.URL) error {
	host := u.Hostname()
	local := c.opts.AllowLoopback && weburl.IsLoopback(host)
	switch {
	case u.Opaque != "" || u.User != nil || u.Fragment != "":
		return refuse("has user information, a fragment, or no authority")
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return refuse("is not https")
	case strings.HasSuffix(u.Host, ":"):
		return refuse("has an empty port")
	case !local && !c.portAllowed(u):
		return refuse("has a port that is not allowed")
	case !local && !c.hostAllowed(host):
		return refuse("is not of a public host")
	}
	return nil
}

func (c *Client) portAllowed(u *url.URL) bool {
	return u.Port() == "" || slices.Contains(c.opts.Ports, u.Port())
}

// hostAllowed takes fully qualified names of letters, digits and hyphens, and
// addresses that may be dialled. A name whose last label is a number is an IPv4
// address to some parsers (127.1, 0x7f.1), a single label is completed by the
// machine's search list, and a trailing dot escapes comparisons.
func (c *Client) hostAllowed(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == "" && c.mayDial(a)
	}
	host = strings.ToLower(host)
	last := host[strings.LastIndexByte(host, '.')+1:]
	return weburl.IsName(host) && last != host && last[0] > '9' && last != "localhost"
}
