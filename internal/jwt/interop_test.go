package jwt_test

import (
	"context"
	"crypto"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
)

func TestInterop_goJoseAcceptsOurs(t *testing.T) {
	t.Parallel()
	for _, alg := range jwt.Asymmetric() {
		jws, err := jose.ParseSignedCompact(sign(t, alg, "at+jwt", claims), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatal(err)
		}
		set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwt.PublicJWK(keys[alg].Public(), "k-"+alg, alg)}}
		payload, err := jws.Verify(set)
		if err != nil || string(payload) != claims {
			t.Errorf("%s: %s %v", alg, payload, err)
		}
	}
}

func TestInterop_goOIDCAcceptsOurs(t *testing.T) {
	t.Parallel()
	for _, alg := range jwt.Asymmetric() {
		verifier := oidc.NewVerifier("https://op.test",
			&oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{keys[alg].Public()}},
			&oidc.Config{
				ClientID:             "client_1",
				SupportedSigningAlgs: []string{alg},
				Now:                  func() time.Time { return time.Unix(1_700_000_000, 0) },
			})
		token, err := verifier.Verify(context.Background(), sign(t, alg, "", claims))
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		if token.Subject != "user_1" {
			t.Errorf("%s: subject %q", alg, token.Subject)
		}
		if err := verifyHash(token, alg); err != nil {
			t.Errorf("%s at_hash: %v", alg, err)
		}
	}
}

// verifyHash lets go-oidc compare our half hash with its own.
func verifyHash(token *oidc.IDToken, alg string) error {
	token.AccessTokenHash = jwt.HalfHash(alg, "an access token")
	return token.VerifyAccessToken("an access token")
}

func TestInterop_weAcceptGoJose(t *testing.T) {
	t.Parallel()
	for _, alg := range jwt.Asymmetric() {
		signer, err := jose.NewSigner(
			jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: jose.JSONWebKey{Key: keys[alg], KeyID: "k-" + alg}},
			(&jose.SignerOptions{}).WithType("at+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		token, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		payload, header, err := jwt.Verify(token, allKeys(t), jwt.Options{Type: "at+jwt"})
		if err != nil || string(payload) != claims || header.Algorithm != alg {
			t.Errorf("%s: %s %+v %v", alg, payload, header, err)
		}
	}
}
