package conformance

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	ours "plinto/internal/jwt"
	"plinto/internal/plintotest"
	"plinto/provider"
)

func base64url(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }

var modes = []string{"", "query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"}

// carrier is how an answer travels that a response type and mode ask for; "" when
// they do not go together.
func carrier(responseType, mode string) string {
	base, _ := strings.CutSuffix(mode, "jwt")
	base = strings.TrimSuffix(base, ".")
	tokens := responseType != "code"
	switch {
	case base == "" && tokens:
		return "fragment"
	case base == "":
		return "query"
	case base == "query" && tokens:
		return ""
	}
	return base
}

// Every response type in every response mode with every signing algorithm: the
// answer arrives where it was asked for, holds what the response type names, and
// every hash in it is right.
func TestMatrix_ofResponseTypesModesAndAlgorithms(t *testing.T) {
	t.Parallel()
	s := plintotest.Start(t, plintotest.Options{Settings: open})
	s.User(buffy)
	for _, responseType := range provider.ResponseTypes {
		t.Run(responseType, func(t *testing.T) {
			t.Parallel()
			for _, alg := range slices.Concat(provider.SigningAlgs, provider.HMACAlgs) {
				r := newRP(t, s, responseType, func(m *provider.Metadata) {
					m.IDTokenSignedAlg, m.AuthorizationSignedAlg = alg, alg
				})
				for _, mode := range modes {
					r.cell(responseType, mode, alg)
				}
			}
		})
	}
}

func (r *rp) cell(responseType, mode, alg string) {
	t := r.t
	t.Helper()
	change := url.Values{}
	if mode != "" {
		change.Set("response_mode", mode)
	}
	a := r.authorize(responseType, change)
	want := carrier(responseType, mode)
	if want == "" {
		if a.how != "fragment" {
			t.Errorf("%s, %s: refused in the %s", responseType, mode, a.how)
		}
		r.failed(a, "invalid_request")
		return
	}
	if a.how != want {
		t.Errorf("%s, %s: answered by %s, want %s", responseType, mode, a.how, want)
	}
	values := a.Values
	if strings.HasSuffix(mode, "jwt") {
		values = r.unsealed(a.Values, alg)
	}
	if values.Get("state") != "sT4te0123456789" || values.Get("iss") != r.s.Issuer() {
		t.Errorf("%s, %s: state or iss: %v", responseType, mode, values)
	}
	for _, word := range []string{"code", "id_token", "access_token"} {
		asked := word
		if word == "access_token" {
			asked = "token"
		}
		if values.Has(word) != contains(responseType, asked) {
			t.Errorf("%s, %s: %s is there: %v", responseType, mode, word, values.Has(word))
		}
	}
	r.hashes(responseType, alg, values)
}

// unsealed verifies a JARM answer by go-jose and the published keys.
func (r *rp) unsealed(values url.Values, alg string) url.Values {
	t := r.t
	t.Helper()
	if len(values) != 1 {
		t.Errorf("a sealed answer with %d parameters beside it", len(values)-1)
	}
	token, err := jwt.ParseSigned(values.Get("response"), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		t.Fatalf("response: %v", err)
	}
	var claims map[string]any
	var std jwt.Claims
	if err := token.Claims(r.keys(alg), &claims, &std); err != nil {
		t.Fatalf("response: %v", err)
	}
	if err := std.Validate(jwt.Expected{Issuer: r.s.Issuer(), AnyAudience: jwt.Audience{r.c.ClientID}, Time: time.Now()}); err != nil {
		t.Errorf("response: %v", err)
	}
	if left := time.Until(std.Expiry.Time()); left < 10*time.Second || left > 10*time.Minute {
		t.Errorf("response expires in %v", left)
	}
	out := url.Values{}
	for name, value := range claims {
		if text, ok := value.(string); ok && name != "aud" {
			out.Set(name, text)
		}
	}
	return out
}

// keys are what a token signed by alg is verified with: what is published, or the
// client's secret.
func (r *rp) keys(alg string) any {
	r.t.Helper()
	if slices.Contains(provider.HMACAlgs, alg) {
		return []byte(r.secret)
	}
	return jwks(r.t, r.s)
}

// hashes checks at_hash and c_hash, and the second ID token of a hybrid flow.
func (r *rp) hashes(responseType, alg string, values url.Values) {
	t := r.t
	t.Helper()
	var front map[string]any
	if values.Has("id_token") {
		front = r.idTokenBy(alg, values.Get("id_token"))
		if front["nonce"] != "n0nce01234" {
			t.Errorf("nonce %v", front["nonce"])
		}
		for claim, hashed := range map[string]string{"c_hash": values.Get("code"), "at_hash": values.Get("access_token")} {
			want := any(nil)
			if hashed != "" {
				want = ours.HalfHash(alg, hashed)
			}
			if front[claim] != want {
				t.Errorf("%s: %s is %v, want %v", responseType, claim, front[claim], want)
			}
		}
	}
	if values.Has("access_token") {
		r.userinfo(values.Get("access_token"))
		if values.Get("token_type") != "Bearer" || values.Get("expires_in") == "" {
			t.Errorf("token_type %q, expires_in %q", values.Get("token_type"), values.Get("expires_in"))
		}
	}
	if !values.Has("code") {
		return
	}
	tokens := r.tokens(values.Get("code"))
	back := r.idTokenBy(alg, tokens["id_token"])
	if front != nil && (front["sub"] != back["sub"] || front["iss"] != back["iss"] || front["sid"] != back["sid"]) {
		t.Errorf("the ID tokens of one sign-in differ: %v, %v", front, back)
	}
	if back["at_hash"] != ours.HalfHash(alg, tokens["access_token"].(string)) {
		t.Errorf("at_hash %v", back["at_hash"])
	}
}

// idTokenBy verifies an ID token by go-jose, with exactly that algorithm.
func (r *rp) idTokenBy(alg string, raw any) map[string]any {
	t := r.t
	t.Helper()
	token, err := jwt.ParseSigned(raw.(string), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		t.Fatalf("ID token: %v", err)
	}
	var claims map[string]any
	var std jwt.Claims
	if err := token.Claims(r.keys(alg), &claims, &std); err != nil {
		t.Fatalf("ID token signed by %s: %v", alg, err)
	}
	if err := std.Validate(jwt.Expected{Issuer: r.s.Issuer(), AnyAudience: jwt.Audience{r.c.ClientID}, Time: time.Now()}); err != nil {
		t.Errorf("ID token: %v", err)
	}
	return claims
}

func contains(responseType, word string) bool {
	for field := range strings.FieldsSeq(responseType) {
		if field == word {
			return true
		}
	}
	return false
}

var jwtEncoding = base64.RawURLEncoding
