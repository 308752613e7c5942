package jwt_test

import (
	"errors"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"plinto/internal/jwt"
)

var secret = []byte("a client secret of sixty-four bytes, which is as long as SHA-512!")

func TestHMAC_roundTripsAndInteroperates(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{jwt.HS256, jwt.HS384, jwt.HS512} {
		token, err := jwt.SignHMAC(alg, "", secret, []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		payload, header, err := jwt.VerifyHMAC(token, secret, jwt.Options{Algorithms: []string{alg}, Type: "JWT"})
		if err != nil || string(payload) != claims || header.Algorithm != alg {
			t.Errorf("%s: %s %+v %v", alg, payload, header, err)
		}
		jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := jws.Verify(secret); err != nil {
			t.Errorf("go-jose refuses %s: %v", alg, err)
		}
	}
}

func TestVerifyHMAC_refuses(t *testing.T) {
	t.Parallel()
	token, err := jwt.SignHMAC(jwt.HS256, "", secret, []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	hs256 := []string{jwt.HS256}
	for name, c := range map[string]struct {
		token  string
		secret []byte
		opts   jwt.Options
		want   error
	}{
		"other secret":       {token, []byte("another secret, also of 32 bytes or more"), jwt.Options{Algorithms: hs256}, jwt.ErrSignature},
		"short secret":       {token, []byte("short"), jwt.Options{Algorithms: hs256}, jwt.ErrKey},
		"empty secret":       {token, nil, jwt.Options{Algorithms: hs256}, jwt.ErrKey},
		"nothing allowed":    {token, secret, jwt.Options{}, jwt.ErrAlgorithm},
		"other hash allowed": {token, secret, jwt.Options{Algorithms: []string{jwt.HS512}}, jwt.ErrAlgorithm},
		"other typ":          {token, secret, jwt.Options{Algorithms: hs256, Type: "at+jwt"}, jwt.ErrType},
		"asymmetric":         {sign(t, jwt.ES256, "", claims), secret, jwt.Options{Algorithms: []string{jwt.ES256}}, jwt.ErrAlgorithm},
		"none":               {b64(`{"alg":"none"}`) + "." + b64(claims) + ".AA", secret, jwt.Options{Algorithms: []string{"none"}}, jwt.ErrAlgorithm},
		"not a token":        {"x", secret, jwt.Options{Algorithms: hs256}, jwt.ErrMalformed},
	} {
		if _, _, err := jwt.VerifyHMAC(c.token, c.secret, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := jwt.SignHMAC(jwt.HS512, "", secret[:63], []byte(claims)); !errors.Is(err, jwt.ErrKey) {
		t.Errorf("sign with short secret: %v", err)
	}
	if _, err := jwt.SignHMAC(jwt.RS256, "", secret, []byte(claims)); !errors.Is(err, jwt.ErrAlgorithm) {
		t.Errorf("sign RS256 with secret: %v", err)
	}
}
