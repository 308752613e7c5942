package redirecturi

import (
	"errors"
	"fmt"
	"strings"

	"plinto/internal/weburl"
)

// Application types of OpenID Connect Dynamic Client Registration §2.
const (
	Web    = "web"
	Native = "native"
)

// MaxBytes is the length over which a URI is refused.
const MaxBytes = 2048

// ErrInvalid is wrapped by every error of [Validate]: the registration's invalid_redirect_uri. The messages say what
// to change, are safe to show and do not repeat the URI.
var ErrInvalid = errors.New("invalid redirect URI")

// Policy is what a client may register.
type Policy struct {
	ApplicationType string // Web or Native; "" is Web, the default of the specification
	// AllowHTTPLoopback lets a web client use http on a loopback host, for development. Native clients always may.
	AllowHTTPLoopback bool
	// AllowAnyScheme lets a native client use a private-use scheme without a dot, such as myapp or chrome-extension:
	// RFC 8252 §7.1 recommends the dot, and an operator knows whose scheme it is.
	AllowAnyScheme bool
}

// Validate checks a redirect URI at registration:
//
//   - https for everyone, with a lower-case host name or canonical IP address;
//   - http on 127.0.0.1, [::1] or localhost for native clients and, if the policy allows it, for web clients;
//   - private-use schemes with a dot for native clients (RFC 8252 §7.1), which leaves out javascript, data, file…; if
//     the policy allows it without one, but never those;
//   - nowhere a fragment, user information, wildcard, dot segment, backslash, space, control or non-ASCII
//     character, raw or, where it would matter, percent-encoded.
func Validate(raw string, policy Policy) error {
	if err := policy.check(raw); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (p Policy) check(raw string) error {
	if raw == "" || len(raw) > MaxBytes {
		return fmt.Errorf("must have 1 to %d characters", MaxBytes)
	}
	if err := checkCharacters(raw); err != nil {
		return err
	}
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return errors.New("must be absolute")
	}
	rest, query, _ := strings.Cut(rest, "?")
	if err := checkQuery(query); err != nil {
		return err
	}
	switch {
	case scheme == "https" || scheme == "http":
		return p.checkHTTP(scheme, rest)
	case p.ApplicationType != Native:
		return errors.New("a web client's must start with https:// in lower case; other schemes are for application_type native")
	default:
		return p.checkPrivateUse(scheme, rest)
	}
}

func (p Policy) checkHTTP(scheme, rest string) error {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return errors.New("must have a host after //")
	}
	authority, path := weburl.CutPath(rest)
	host, err := checkAuthority(authority)
	if err != nil {
		return err
	}
	if scheme == "http" {
		if !isLoopback(host) {
			return errors.New("must use https: http is for loopback addresses only")
		}
		if p.ApplicationType != Native && !p.AllowHTTPLoopback {
			return errors.New("must use https: this client is not a native one")
		}
	}
	return checkPath(path)
}

// isLoopback names the hosts that may do without TLS. localhost is among them although a resolver could send it
// elsewhere (RFC 8252 §8.3), because libraries of native clients know no other.
func isLoopback(host string) bool {
	return host == "127.0.0.1" || host == "[::1]" || host == "localhost"
}

// checkPrivateUse accepts com.example.app:/path and com.example.app://host/path. The dot makes the scheme a reversed
// domain name, which its owner can defend and which no scheme of a browser has.
func (p Policy) checkPrivateUse(scheme, rest string) error {
	if !strings.Contains(scheme, ".") && !p.AllowAnyScheme {
		return errors.New("private-use scheme must be a reversed domain name such as com.example.app")
	}
	if !weburl.AppScheme(scheme) {
		return errors.New("scheme must be https or an app's own, best a reversed domain name such as com.example.app")
	}
	authority, path := "", rest
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		authority, path = weburl.CutPath(after)
	}
	if authority == "" && !strings.HasPrefix(path, "/") {
		return errors.New("private-use scheme must be followed by :/")
	}
	if !isRegisteredName(authority) {
		return errors.New("host of a private-use scheme must have only letters, digits, dots, hyphens and underscores")
	}
	return checkPath(path)
}
