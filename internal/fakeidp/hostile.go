package fakeidp

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"plinto/internal/jwt"
)

// An answer is how the provider behaves.
type answer struct {
	says string
	// at is the endpoint that serve answers for: "" for all that programs call.
	at       string
	serve    func(p *Provider, w http.ResponseWriter, r *http.Request)
	document func(map[string]any) // changes the discovery document
	callback func(url.Values)     // changes what the browser brings back
	claims   func(map[string]any) // changes the ID token
	sign     func(p *Provider, payload []byte) string
	answered func(map[string]any) // changes the token answer
	info     func(map[string]any) // changes userinfo
}

// Names are the hostile answers, sorted.
func Names() []string { return slices.Sorted(maps.Keys(hostile)) }

// Says describes a hostile answer.
func Says(name string) string { return hostile[name].says }

func set(name string, value any) func(map[string]any) {
	return func(m map[string]any) { m[name] = value }
}

func without(name string) func(map[string]any) { return func(m map[string]any) { delete(m, name) } }

func in(d time.Duration, names ...string) func(map[string]any) {
	return func(m map[string]any) {
		for _, name := range names {
			m[name] = time.Now().Add(d).Unix()
		}
	}
}

func status(code int) func(*Provider, http.ResponseWriter, *http.Request) {
	return func(_ *Provider, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func refuses(code string) func(url.Values) {
	return func(v url.Values) {
		v.Del("code")
		v.Set("error", code)
		v.Set("error_description", `<script>alert(1)</script> Call +1 555 0100 to unlock your account`)
	}
}

// hostile are answers, by name.
var hostile = map[string]answer{
	"other-issuer":         {says: "the ID token is of another issuer", claims: set("iss", "https://other.example")},
	"other-audience":       {says: "the ID token is for another client", claims: set("aud", "somebody-else")},
	"two-audiences":        {says: "the ID token is for another client too, without azp", claims: func(m map[string]any) { m["aud"] = []any{m["aud"], "somebody-else"} }},
	"other-party":          {says: "azp of the ID token is another client", claims: set("azp", "somebody-else")},
	"no-expiry":            {says: "the ID token has no exp", claims: without("exp")},
	"expired":              {says: "the ID token has expired", claims: in(-10*time.Minute, "exp")},
	"not-yet":              {says: "nbf of the ID token is later", claims: in(4*time.Minute, "nbf")},
	"from-the-future":      {says: "iat of the ID token is later", claims: in(time.Hour, "iat")},
	"no-issue-time":        {says: "the ID token has no iat", claims: without("iat")},
	"other-nonce":          {says: "the ID token is of another sign-in", claims: set("nonce", "somebody-elses")},
	"no-nonce":             {says: "the ID token has no nonce", claims: without("nonce")},
	"other-access-token":   {says: "at_hash is of another access token", claims: set("at_hash", "bm90IHRoZSBoYXNo")},
	"no-subject":           {says: "the ID token has no sub", claims: without("sub")},
	"empty-subject":        {says: "sub is empty", claims: set("sub", "")},
	"number-subject":       {says: "sub is a number", claims: set("sub", 7)},
	"long-subject":         {says: "sub is too long", claims: set("sub", strings.Repeat("a", 256))},
	"text-verified":        {says: `email_verified is the text "true"`, claims: set("email_verified", "true")},
	"number-verified":      {says: "email_verified is 1", claims: set("email_verified", 1)},
	"number-text-verified": {says: `email_verified is the text "1"`, claims: set("email_verified", "1")},
	"not-verified":         {says: "email_verified is false", claims: set("email_verified", false)},
	"no-verified":          {says: "email_verified is not there", claims: without("email_verified")},
	"two-emails":           {says: "email is a list", claims: set("email", []any{"alice@example.com", "bob@example.com"})},
	"html-name":            {says: "the name is HTML", claims: set("name", `<img src=x onerror=alert(1)>`)},
	"groups-text":          {says: "groups is a text", claims: set("groups", "admin")},
	"many-groups":          {says: "the ID token is larger than is read", claims: set("groups", strings.Split(strings.Repeat("group-of-people,", 10_000), ","))},
	"old-sign-in":          {says: "the user signed in at the provider long ago", claims: in(-time.Hour, "auth_time")},
	"no-sign-in-time":      {says: "auth_time is not there", claims: without("auth_time")},
	"unsigned":             {says: "the ID token is not signed (alg none)", sign: unsigned},
	"other-key":            {says: "the ID token is signed with a key that is not the provider's", sign: otherKey},
	"shared-key":           {says: "the ID token has a MAC under the client secret", sign: maced},
	"cut-signature":        {says: "the signature is cut", sign: cut},
	"no-id-token":          {says: "there is no ID token", answered: without("id_token")},
	"number-id-token":      {says: "the ID token is a number", answered: set("id_token", 1)},
	"other-user-info":      {says: "userinfo is about somebody else", info: set("sub", "somebody-else")},

	"discovers-other": {says: "the discovery document names another issuer", document: set("issuer", "https://other.example")},
	"discovers-local": {says: "the token endpoint is a private address", document: set("token_endpoint", "https://10.0.0.1/token")},
	"discovers-plain": {says: "the token endpoint is not https", document: set("token_endpoint", "http://idp.example/token")},
	"discovers-html":  {says: "the discovery document is a page", at: "discovery", serve: func(_ *Provider, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }},
	"hangs":           {says: "nothing answers", serve: hang},
	"token-hangs":     {says: "the token endpoint does not answer", at: "token", serve: hang},
	"fails":           {says: "everything fails", serve: status(http.StatusInternalServerError)},
	"token-fails":     {says: "the token endpoint fails", at: "token", serve: status(http.StatusBadGateway)},
	"redirects":       {says: "the token endpoint leads elsewhere", at: "token", serve: redirect},
	"large":           {says: "the token answer is 10 MB", at: "token", serve: large},
	"bomb":            {says: "the token answer is compressed", at: "token", serve: bomb},

	"denies":            {says: "the user cancelled (access_denied)", callback: refuses("access_denied")},
	"login-required":    {says: "login_required", callback: refuses("login_required")},
	"server-error":      {says: "server_error", callback: refuses("server_error")},
	"bad-scope":         {says: "invalid_scope", callback: refuses("invalid_scope")},
	"unknown-error":     {says: "an error that nobody knows", callback: refuses("<b>boo</b>")},
	"answers-as-other":  {says: "iss of the answer is another provider's", callback: func(v url.Values) { v.Set("iss", "https://other.example") }},
	"answers-nameless":  {says: "the answer has no iss, although the provider says it sends one", callback: func(v url.Values) { v.Del("iss") }},
	"answers-twice":     {says: "the answer has two codes", callback: func(v url.Values) { v.Add("code", "another") }},
	"answers-something": {says: "the code is somebody else's", callback: func(v url.Values) { v.Set("code", "somebody-elses") }},
	"answers-nothing":   {says: "the answer has no code", callback: func(v url.Values) { v.Del("code") }},
}

func unsigned(_ *Provider, payload []byte) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

func otherKey(p *Provider, payload []byte) string {
	token, err := p.other.Sign("JWT", payload)
	if err != nil {
		return ""
	}
	return token
}

func maced(p *Provider, payload []byte) string {
	token, err := jwt.SignHMAC("HS256", "JWT", []byte(p.Secret+strings.Repeat("0", 32)), payload)
	if err != nil {
		return ""
	}
	return token
}

func cut(p *Provider, payload []byte) string {
	token, err := p.signer.Sign("JWT", payload)
	if err != nil || len(token) < 8 {
		return ""
	}
	return token[:len(token)-4]
}

// hang answers when the provider is released, or the caller leaves.
func hang(p *Provider, _ http.ResponseWriter, r *http.Request) {
	select {
	case <-p.held:
	case <-r.Context().Done():
	}
}

func redirect(p *Provider, w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, p.Issuer+"/jwks", http.StatusTemporaryRedirect)
}

func large(_ *Provider, w http.ResponseWriter, _ *http.Request) {
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for range 10 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func bomb(_ *Provider, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 10<<20)) // whoever asked has left
	_ = z.Close()
}
