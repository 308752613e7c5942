package remote

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"plinto/client"
	"plinto/internal/secret"
	"plinto/internal/weburl"
)

// A Server is what a server says of itself (OpenID Connect Discovery 1.0, RFC 8414).
type Server struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	SendsIssuer   bool   `json:"authorization_response_iss_parameter_supported"`
}

var errPlain = errors.New("a token must not travel in the clear: the address of the server must begin with https://")

// CheckServer refuses addresses at which a token could be read on the way.
func CheckServer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is not the address of a server such as https://id.example.com", issuer)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !weburl.IsLoopback(u.Hostname())) {
		return errPlain
	}
	return nil
}

// maxDocument bounds answers to sign-ins, in bytes.
const maxDocument = 1 << 20

// Discover asks a server for its endpoints.
func Discover(ctx context.Context, h *http.Client, issuer string) (*Server, error) {
	if err := CheckServer(issuer); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", issuer, err)
	}
	var s Server
	if err := ask(h, r, &s); err != nil {
		return nil, fmt.Errorf("ask %s: %w", issuer, err)
	}
	if s.Issuer != strings.TrimSuffix(issuer, "/") {
		return nil, fmt.Errorf("the server at %s calls itself %s", issuer, s.Issuer)
	}
	for _, endpoint := range []string{s.Authorization, s.Token, s.Revocation} {
		if err := CheckServer(endpoint); err != nil {
			return nil, fmt.Errorf("endpoint of %s: %w", issuer, err)
		}
	}
	return &s, nil
}

// refusedError is an OAuth error (RFC 6749 §5.2).
type refusedError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func (e *refusedError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

func ask(h *http.Client, r *http.Request, into any) error {
	res, err := h.Do(r)
	if redirected := (*redirectError)(nil); errors.As(err, &redirected) {
		return redirected // err has the whole address
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var refused refusedError
		if json.Unmarshal(body, &refused) == nil && refused.Code != "" {
			return &refused
		}
		return errors.New(res.Status)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// A Login signs somebody in in their browser.
type Login struct {
	HTTP     *http.Client
	Server   *Server
	ClientID string
	Scope    string
	// Browse opens an address in the browser of whoever sits there.
	Browse func(ctx context.Context, address string) error
}

// loginWait bounds how long somebody may take to sign in.
const loginWait = 10 * time.Minute

var errForeign = errors.New("the answer is not to this sign-in")

// Run listens on a port of this machine, sends the browser to the server and waits for its answer
// (RFC 8252 §7.3, with PKCE and the state as RFC 9700 §2.1 asks, and the issuer of RFC 9207).
func (l *Login) Run(ctx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(ctx, loginWait)
	defer cancel()
	var listen net.ListenConfig
	at, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Token{}, fmt.Errorf("listen for the browser: %w", err)
	}
	back := "http://" + at.Addr().String() + "/callback"
	verifier, state := secret.Token(""), secret.Token("")
	answers := make(chan url.Values, 1)
	page := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: l.callback(state, answers)}
	go func() { _ = page.Serve(at) }()
	defer func() { _ = page.Close() }()
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {l.ClientID}, "redirect_uri": {back}, "scope": {l.Scope}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}, "resource": {client.Base(l.Server.Issuer)},
	}
	if err := l.known(ctx, query); err != nil {
		return Token{}, err
	}
	if err := l.Browse(ctx, l.Server.Authorization+"?"+query.Encode()); err != nil {
		return Token{}, err
	}
	select {
	case <-ctx.Done():
		return Token{}, fmt.Errorf("wait for the browser: %w", context.Cause(ctx))
	case answer := <-answers:
		if code := answer.Get("error"); code != "" {
			return Token{}, &refusedError{code, answer.Get("error_description")}
		}
		return l.token(ctx, url.Values{
			"grant_type": {"authorization_code"}, "code": {answer.Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier},
		})
	}
}

// known asks the server, which shows an error in the browser alone, whether it takes the request: without a
// sign-in it sends a client that it knows back.
func (l *Login) known(ctx context.Context, query url.Values) error {
	silent := maps.Clone(query)
	silent.Set("prompt", "none")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.Server.Authorization+"?"+silent.Encode(), nil)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	once := *l.HTTP
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := once.Do(r)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	_ = res.Body.Close()
	if res.StatusCode == http.StatusBadRequest {
		return fmt.Errorf("%s does not know the client %s, or not its redirect: an operator makes it with plinto client command-line", l.Server.Issuer, l.ClientID)
	}
	return nil
}

// callback takes the answer of the server from the browser, once. Others who ask this port get nothing.
func (l *Login) callback(state string, answers chan<- url.Values) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		ours := r.URL.Path == "/callback" && secret.Equal([]byte(query.Get("state")), []byte(state)) &&
			(query.Get("iss") == l.Server.Issuer || query.Get("iss") == "" && !l.Server.SendsIssuer)
		if !ours {
			http.Error(w, errForeign.Error(), http.StatusBadRequest)
			return
		}
		select {
		case answers <- query:
		default: // the browser asked again
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Plinto</title><p id=done>You can close this window and go back to the terminal.")
	})
}

// token asks the token endpoint, as the client of the profile.
func (l *Login) token(ctx context.Context, form url.Values) (Token, error) {
	form.Set("client_id", l.ClientID)
	form.Set("resource", client.Base(l.Server.Issuer))
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Life    int64  `json:"expires_in"`
	}
	if err := l.post(ctx, l.Server.Token, form, &got); err != nil {
		return Token{}, fmt.Errorf("get a token: %w", err)
	}
	return Token{got.Access, got.Refresh, time.Now().Add(time.Duration(got.Life) * time.Second)}, nil
}

// Refresh returns another token for the one of before (RFC 6749 §6).
func (l *Login) Refresh(ctx context.Context, before Token) (Token, error) {
	t, err := l.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {before.Refresh}})
	if err == nil && t.Refresh == "" {
		t.Refresh = before.Refresh
	}
	return t, err
}

// Revoke ends a token with everything that hangs on it (RFC 7009).
func (l *Login) Revoke(ctx context.Context, t Token) error {
	token := t.Refresh
	if token == "" {
		token = t.Access
	}
	if err := l.post(ctx, l.Server.Revocation, url.Values{"token": {token}, "client_id": {l.ClientID}}, nil); err != nil {
		return fmt.Errorf("revoke the token: %w", err)
	}
	return nil
}

func (l *Login) post(ctx context.Context, at string, form url.Values, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return ask(l.HTTP, r, into)
}
