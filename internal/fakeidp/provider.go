package fakeidp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"plinto/internal/jwt"
	"plinto/internal/secret"
)

// An Account is one that somebody has at the provider. Its claims besides sub are More.
type Account struct {
	Subject string
	More    map[string]any
}

// A Provider is one provider. Its address is Issuer, below which it serves. It is safe for use by many goroutines.
type Provider struct {
	Issuer string
	// ClientID and Secret are those of the only client. Keys returns the client's key set (RFC 7517 §5) when the client shows
	// assertions in place of a secret.
	ClientID, Secret string
	Keys             func() ([]byte, error)
	Now              func() time.Time // nil: time.Now
	// Shape is whose answers it gives: see Like. The zero value gives those of the specification.
	Shape Shape
	// Claims are put into each ID token, over all others.
	Claims map[string]any

	mu       sync.Mutex
	accounts []Account
	answer   string // the name of the hostile answer, or ""
	codes    map[string]*round
	tokens   map[string]*round
	signer   *jwt.Signer
	other    *jwt.Signer
	asked    map[string]int
	held     chan struct{} // closed when those who hang may go on
}

// A round is one authorization request that was approved.
type round struct {
	account                         Account
	nonce, challenge, redirect, acr string
}

// New returns a provider with a key of its own.
func New(issuer, clientID, clientSecret string) (*Provider, error) {
	p := &Provider{
		Issuer: issuer, ClientID: clientID, Secret: clientSecret, codes: map[string]*round{}, tokens: map[string]*round{},
		asked: map[string]int{}, held: make(chan struct{}),
	}
	var err error
	if p.signer, err = newSigner(); err != nil {
		return nil, err
	}
	p.other, err = newSigner()
	return p, err
}

func newSigner() (*jwt.Signer, error) {
	key, err := jwt.Generate("ES256")
	if err != nil {
		return nil, err
	}
	kid, err := jwt.Thumbprint(key.Public())
	if err != nil {
		return nil, err
	}
	return jwt.NewSigner("ES256", kid, key)
}

// Add gives the provider an account, or changes the one of that subject.
func (p *Provider) Add(a Account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accounts = slices.DeleteFunc(p.accounts, func(other Account) bool { return other.Subject == a.Subject })
	p.accounts = append(p.accounts, a)
}

// Answer has the provider answer as a name of Names says; "" as it should.
func (p *Provider) Answer(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = name
}

// Asked returns how often an endpoint was asked: "discovery", "keys", "token" or "userinfo".
func (p *Provider) Asked(endpoint string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[endpoint]
}

// Release lets requests go on that hang.
func (p *Provider) Release() { close(p.held) }

// Rotate gives the provider another key.
func (p *Provider) Rotate() error {
	signer, err := newSigner()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signer = signer
	return err
}

func (p *Provider) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// Approve returns where the browser goes that came with an authorization request, and signs in as a subject.
func (p *Provider) Approve(request *url.URL, subject string) *url.URL {
	q := request.Query()
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &round{nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri"), acr: q.Get("acr_values")}
	at := slices.IndexFunc(p.accounts, func(a Account) bool { return a.Subject == subject })
	if at >= 0 {
		r.account = p.accounts[at]
	}
	code := secret.Token("code_")
	p.codes[code] = r
	values := url.Values{"state": {q.Get("state")}, "code": {code}, "iss": {p.Issuer}}
	if at < 0 {
		values = url.Values{"state": {q.Get("state")}, "error": {"access_denied"}, "iss": {p.Issuer}}
	}
	p.Shape.callback(values)
	if h := hostile[p.answer]; h.callback != nil {
		h.callback(values)
	}
	back, err := url.Parse(r.redirect)
	if err != nil {
		return &url.URL{}
	}
	back.RawQuery = values.Encode()
	return back
}

// Handler serves the provider, at the path of its issuer.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	prefix := ""
	if u, err := url.Parse(p.base()); err == nil {
		prefix = u.Path
	}
	for path, h := range map[string]http.HandlerFunc{
		"/userinfo/emails": p.emails, "/.well-known/openid-configuration": p.discovery, "/jwks": p.jwks, "/token": p.token, "/userinfo": p.userinfo, "/authorize": p.authorize, "/logout": p.logout,
	} {
		mux.HandleFunc(prefix+path, h)
	}
	return mux
}

// asks counts a request, and returns how it is answered.
func (p *Provider) asks(endpoint string) answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[endpoint]++
	return hostile[p.answer]
}

// misbehaves answers in the place of an endpoint, if that is the hostile answer.
func (p *Provider) misbehaves(w http.ResponseWriter, r *http.Request, endpoint string) (answer, bool) {
	a := p.asks(endpoint)
	if a.serve == nil || a.at != endpoint && a.at != "" {
		return a, false
	}
	a.serve(p, w, r)
	return a, true
}

func (p *Provider) discovery(w http.ResponseWriter, r *http.Request) {
	a, done := p.misbehaves(w, r, "discovery")
	if done {
		return
	}
	document := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.base() + "/authorize", "token_endpoint": p.base() + "/token", "jwks_uri": p.base() + "/jwks",
		"userinfo_endpoint": p.base() + "/userinfo", "end_session_endpoint": p.base() + "/logout", "authorization_response_iss_parameter_supported": true,
	}
	p.Shape.document(p, document)
	if a.document != nil {
		a.document(document)
	}
	write(w, http.StatusOK, document)
}

func (p *Provider) jwks(w http.ResponseWriter, r *http.Request) {
	if _, done := p.misbehaves(w, r, "keys"); done {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	write(w, http.StatusOK, map[string]any{"keys": []any{jwt.PublicJWK(p.signer.Public().Public, p.signer.KeyID(), p.signer.Algorithm())}})
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	a, done := p.misbehaves(w, r, "token")
	if done {
		return
	}
	if r.ParseForm() != nil || !p.client(r) {
		write(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if of == nil || of.redirect != r.PostForm.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != of.challenge {
		if p.Shape.OAuth2 { // GitHub says so with status 200
			write(w, http.StatusOK, map[string]any{"error": "bad_verification_code", "error_description": "<b>no</b>"})
			return
		}
		write(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "<b>no</b>"})
		return
	}
	access := secret.Token("at_")
	p.tokens[access] = of
	answered := map[string]any{"access_token": access, "token_type": "Bearer", "id_token": p.idToken(of, access, &a)}
	if p.Shape.OAuth2 {
		answered = map[string]any{"access_token": access, "token_type": "bearer", "scope": "read:user,user:email"}
	}
	if a.answered != nil {
		a.answered(answered)
	}
	write(w, http.StatusOK, answered)
}

// idToken is that of a round, as the answer wants it.
func (p *Provider) idToken(of *round, access string, a *answer) string {
	now := p.now()
	claims := map[string]any{
		"iss": p.Issuer, "sub": of.account.Subject, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "auth_time": now.Unix(),
		"nonce": of.nonce, "at_hash": jwt.HalfHash("ES256", access),
	}
	maps.Copy(claims, of.account.More)
	p.Shape.claims(p, claims)
	maps.Copy(claims, p.Claims)
	if a.claims != nil {
		a.claims(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return ""
	}
	if a.sign != nil {
		return a.sign(p, payload)
	}
	token, err := p.signer.Sign("JWT", payload)
	if err != nil {
		return ""
	}
	return token
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	a, done := p.misbehaves(w, r, "userinfo")
	if done {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	token := r.Header.Get("Authorization")
	of := p.tokens[token[min(len(token), len("Bearer ")):]]
	if of == nil {
		write(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	claims := map[string]any{"sub": of.account.Subject}
	if p.Shape.OAuth2 {
		claims = map[string]any{}
	}
	for name, value := range of.account.More {
		if p.Shape.OAuth2 {
			claims[name] = value
		}
		if later, ok := value.(OnlyUserInfo); ok {
			claims[name] = later.Value
		}
	}
	if a.info != nil {
		a.info(claims)
	}
	write(w, http.StatusOK, claims)
}

// OnlyUserInfo is a claim that is not in ID tokens.
type OnlyUserInfo struct{ Value any }

// MarshalJSON leaves nothing of it in an ID token.
func (OnlyUserInfo) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// client reports whether a request is the client's.
func (p *Provider) client(r *http.Request) bool {
	if p.Shape.Signed != nil {
		return r.PostForm.Get("client_id") == p.ClientID && p.signed(r.PostForm.Get("client_secret"))
	}
	if assertion := r.PostForm.Get("client_assertion"); assertion != "" && p.Keys != nil {
		return p.asserts(assertion)
	}
	id, given, ok := r.BasicAuth()
	if !ok {
		id, given = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	} else {
		id, _ = url.QueryUnescape(id)
		given, _ = url.QueryUnescape(given)
	}
	return id == p.ClientID && p.Secret != "" && given == p.Secret
}

// asserts checks an assertion (RFC 7523 §3). Its audience is the issuer alone.
func (p *Provider) asserts(assertion string) bool {
	raw, err := p.Keys()
	if err != nil {
		return false
	}
	keys, err := jwt.ParseKeys(raw)
	if err != nil {
		return false
	}
	payload, _, err := jwt.Verify(assertion, keys, jwt.Options{})
	if err != nil {
		return false
	}
	standard, err := jwt.ParseStandard(payload)
	return err == nil && standard.Check(p.now(), jwt.Expected{Issuer: p.ClientID, Audience: []string{p.Issuer}}) == nil &&
		standard.Subject == p.ClientID && len(standard.Audience) == 1 && standard.ID != ""
}

func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // whoever asked has left
}
