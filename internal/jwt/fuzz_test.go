package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
)

// FuzzVerify: nothing panics, nothing but the tokens we made is accepted, and what is accepted means the same to
// go-jose.
func FuzzVerify(f *testing.F) {
	set := allKeys(f)
	made := map[string]bool{}
	for _, alg := range []string{jwt.ES256, jwt.RS256, jwt.PS256, jwt.EdDSA} {
		token := sign(f, alg, "at+jwt", claims)
		made[token] = true
		header, payload, signature := splitToken(token)
		f.Add(token)
		f.Add(token + "=")
		f.Add(token + ".AA.AA")
		f.Add(header + "." + payload + ".")
		f.Add(b64(`{"alg":"none","kid":"k-ES256"}`) + "." + payload + ".")
		f.Add(b64(`{"alg":"HS256","kid":"k-RS256"}`) + "." + payload + "." + signature)
		f.Add(b64(`{"alg":["ES256"],"kid":"k-ES256"}`) + "." + payload + "." + signature)
		f.Add(header + "." + b64(`{"sub":"admin"}`) + "." + signature)
		f.Add(header + "." + payload + "." + strings.Repeat("A", len(signature)))
	}
	f.Add(strings.Repeat(".", 1<<15))
	f.Fuzz(func(t *testing.T, token string) {
		payload, header, err := jwt.Verify(token, set, jwt.Options{KeyIDOptional: true})
		if err != nil {
			if payload != nil || header != (jwt.Header{}) {
				t.Fatalf("error %v with content", err)
			}
			return
		}
		if !made[token] {
			t.Fatalf("accepted a token nobody made: %q", token)
		}
		jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(header.Algorithm)})
		if err != nil || string(jws.UnsafePayloadWithoutVerification()) != string(payload) {
			t.Fatalf("go-jose reads it otherwise: %v", err)
		}
	})
}

// FuzzVerify_mutation changes one place of a good token: every change must be noticed.
func FuzzVerify_mutation(f *testing.F) {
	set := allKeys(f)
	token := sign(f, jwt.ES256, "at+jwt", claims)
	f.Add(uint16(0), byte('A'), false)
	f.Add(uint16(len(token)-1), byte('A'), false)
	f.Add(uint16(40), byte('\n'), true)
	f.Add(uint16(len(token)), byte('='), true)
	f.Fuzz(func(t *testing.T, at uint16, b byte, insert bool) {
		i := int(at) % (len(token) + 1)
		mutated := token[:i] + string([]byte{b}) + token[i:]
		if !insert && i < len(token) {
			mutated = token[:i] + string([]byte{b}) + token[i+1:]
		}
		if mutated == token {
			return
		}
		if _, _, err := jwt.Verify(mutated, set, jwt.Options{KeyIDOptional: true}); err == nil {
			t.Fatalf("accepted %q", mutated)
		}
	})
}

// FuzzParseStandard: what is accepted is what encoding/json reads too, where it is as strict.
func FuzzParseStandard(f *testing.F) {
	f.Add([]byte(claims))
	f.Add([]byte(`{"aud":["a","b"],"exp":1.5e9,"nbf":0,"jti":"\ud800"}`))
	f.Add([]byte(`{"a":{"b":[1,{"c":"\"}"}]},"sub":"\\"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := jwt.ParseStandard(raw)
		if err != nil {
			return
		}
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatalf("accepted what is not JSON: %q", raw)
		}
		if subject, _ := members["sub"].(string); subject != got.Subject {
			t.Fatalf("sub %q, encoding/json reads %q", got.Subject, subject)
		}
		if expiry, there := members["exp"].(float64); there != (got.Expiry != nil) || there && int64(expiry) != *got.Expiry {
			t.Fatalf("exp of %q", raw)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	for _, alg := range []string{jwt.ES256, jwt.RS256, jwt.EdDSA} {
		raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwt.PublicJWK(keys[alg].Public(), "k", alg)}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256"},{"kty":"oct","k":"AA"},null,1]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		set, err := jwt.ParseKeys(raw)
		if err != nil {
			return
		}
		for _, key := range set {
			if _, err := jwt.Thumbprint(key.Public); err != nil {
				t.Fatalf("unusable key accepted: %v", err)
			}
		}
	})
}
