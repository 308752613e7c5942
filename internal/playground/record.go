package playground

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
)

// An exchange is one request and its answer, as sent.
type exchange struct {
	request, response string
	curl              string // a line for a shell that sends the request again
	status            int    // 0: there was no answer
	refusal           string // the error that the answer names, or ""
}

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
	_, body, _ := strings.Cut(string(sent), "\r\n\r\n")
	x := exchange{request: strings.ReplaceAll(string(sent), "\r\n", "\n"), curl: curl(req, body), response: "no answer"}
	res, err := next.RoundTrip(req)
	if err == nil {
		raw, dumpErr := httputil.DumpResponse(res, true)
		if dumpErr != nil {
			return nil, dumpErr
		}
		x.response, x.status, x.refusal = pretty(string(raw)), res.StatusCode, refusal(res, raw)
	} else {
		x.response += ": " + err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, x)
	return res, err
}

func (r *recorder) take() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.seen
	r.seen = nil
	return all
}

// refusal is the status of an answer that refuses, and the error that it names in its body (RFC 6749 §5.2) or in
// WWW-Authenticate (RFC 6750 §3); "" of one that does not refuse.
func refusal(res *http.Response, raw []byte) string {
	if res.StatusCode < http.StatusBadRequest {
		return ""
	}
	said := strconv.Itoa(res.StatusCode)
	var body struct {
		Error string `json:"error"`
	}
	if _, content, found := bytes.Cut(raw, []byte("\r\n\r\n")); found && json.Unmarshal(content, &body) == nil && body.Error != "" {
		return said + " " + body.Error
	}
	if _, rest, found := strings.Cut(res.Header.Get("WWW-Authenticate"), `error="`); found {
		code, _, _ := strings.Cut(rest, `"`)
		return said + " " + code
	}
	return said
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
