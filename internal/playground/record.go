package playground

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
)

// An exchange is one request and its answer, as sent.
type exchange struct{ request, response string }

// A recorder keeps what passes through it.
type recorder struct {
	next http.RoundTripper

	mu   sync.Mutex
	seen []exchange
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := httputil.DumpRequestOut(req, true)
	if err != nil {
		return nil, err
	}
	next := r.next
	if next == nil {
		next = http.DefaultTransport //nolint:forbidigo // the only address is our own issuer, in development
	}
	res, err := next.RoundTrip(req)
	got := "no answer"
	if err == nil {
		raw, dumpErr := httputil.DumpResponse(res, true)
		if dumpErr != nil {
			return nil, dumpErr
		}
		got = pretty(string(raw))
	} else {
		got += ": " + err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, exchange{strings.ReplaceAll(string(sent), "\r\n", "\n"), got})
	return res, err
}

func (r *recorder) take() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.seen
	r.seen = nil
	return all
}

// pretty indents a JSON body.
func pretty(raw string) string {
	head, body, found := strings.Cut(strings.ReplaceAll(raw, "\r\n", "\n"), "\n\n")
	if !found {
		return raw
	}
	return head + "\n\n" + indent([]byte(body))
}

func indent(body []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		return string(body)
	}
	return out.String()
}

// decode shows a JWT; any other token is said to be opaque.
func decode(name, token string) Token {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Token{Name: name, Header: "(opaque)", Claims: token}
	}
	t := Token{Name: name}
	if header, err := base64.RawURLEncoding.DecodeString(parts[0]); err == nil {
		t.Header = indent(header)
	}
	if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
		t.Claims = indent(claims)
	}
	return t
}
