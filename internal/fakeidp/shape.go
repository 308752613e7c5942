package fakeidp

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"plinto/internal/jwt"
)

// A Shape is in what the answers of a provider that many people use differ from the specification, as far as its public
// documentation says.
type Shape struct {
	// Customer is the id of the provider's customer whose users sign in, where each has an issuer of their own: that of Provider is
	// of them all, with "organizations" in place of the id.
	Customer string
	// Signed checks client secrets that are JWTs: the key is that which the provider gave.
	Signed *Signed
	// User is what the page posts about the user when they sign in for the first time, or "".
	User string
	// OAuth2 says that there is no OpenID Connect: userinfo has all that an account has, and Emails are below it.
	OAuth2 bool
	Emails []Email
	// Silent says that the answer does not name the issuer.
	Silent bool
	// Timed says that discovery names auth_time among the claims.
	Timed bool
}

// Signed are a key that a provider gave for signing client secrets, and its names.
type Signed struct {
	TeamID, KeyID string
	Key           jwt.Key
}

// An Email is an address of an account as GitHub shows it.
type Email struct {
	Email      string `json:"email"`
	Primary    bool   `json:"primary"`
	Verified   bool   `json:"verified"`
	Visibility any    `json:"visibility"`
}

func (s *Shape) callback(v url.Values) {
	if s.Silent {
		v.Del("iss")
	}
}

// document is what discovery says: the issuer has a place for the customer.
func (s *Shape) document(p *Provider, d map[string]any) {
	if s.Customer != "" {
		d["issuer"] = strings.Replace(p.Issuer, "/organizations/", "/{tenantid}/", 1)
	}
	if s.Silent {
		delete(d, "authorization_response_iss_parameter_supported")
	}
	if s.Timed {
		d["claims_supported"] = []string{"sub", "auth_time"}
	}
}

func (s *Shape) claims(p *Provider, c map[string]any) {
	if s.Customer != "" {
		c["iss"], c["tid"] = strings.Replace(p.Issuer, "/organizations/", "/"+s.Customer+"/", 1), s.Customer
	}
}

// emails serves the addresses of an account.
func (p *Provider) emails(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] == nil {
		write(w, http.StatusUnauthorized, map[string]any{"message": "Requires authentication"})
		return
	}
	write(w, http.StatusOK, p.Shape.Emails)
}

// signed checks a client secret that is a JWT: of the team, for the client and for the provider, and for six months at most.
func (p *Provider) signed(token string) bool {
	payload, header, err := jwt.Verify(token, jwt.Keys{p.Shape.Signed.Key}, jwt.Options{})
	if err != nil || header.KeyID != p.Shape.Signed.KeyID {
		return false
	}
	s, err := jwt.ParseStandard(payload)
	const longest = 15777000 * time.Second
	return err == nil && s.Check(p.now(), jwt.Expected{Issuer: p.Shape.Signed.TeamID, Audience: []string{p.Issuer}}) == nil &&
		s.Subject == p.ClientID && s.Expiry != nil && *s.Expiry <= p.now().Add(longest).Unix()
}

// Post returns the form that the page of a provider posts to the callback, in place of leading the browser there with a query.
func (p *Provider) Post(request *url.URL, subject string) (to *url.URL, form url.Values) {
	to = p.Approve(request, subject)
	form = to.Query()
	if p.Shape.User != "" {
		form.Set("user", p.Shape.User)
	}
	to.RawQuery = ""
	return to, form
}

// base is the issuer as addresses begin with it: some issuers end with a slash.
func (p *Provider) base() string { return strings.TrimSuffix(p.Issuer, "/") }
