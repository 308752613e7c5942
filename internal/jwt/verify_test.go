package jwt_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"plinto/internal/jwt"
)

func TestVerify_refusesForgedHeaders(t *testing.T) {
	t.Parallel()
	set := allKeys(t)
	header := func(more string) string { return `{"alg":"ES256","kid":"k-ES256","typ":"JWT"` + more + `}` }
	if _, _, err := jwt.Verify(signHeader(t, header(""), claims), set, jwt.Options{}); err != nil {
		t.Fatalf("the untouched header: %v", err)
	}
	for raw, want := range map[string]error{
		`{"alg":"none","kid":"k-ES256"}`:                           jwt.ErrAlgorithm,
		`{"alg":"None","kid":"k-ES256"}`:                           jwt.ErrAlgorithm,
		`{"alg":"es256","kid":"k-ES256"}`:                          jwt.ErrAlgorithm,
		`{"alg":"HS256","kid":"k-ES256"}`:                          jwt.ErrAlgorithm,
		`{"alg":"ES256 ","kid":"k-ES256"}`:                         jwt.ErrAlgorithm,
		`{"alg":"RS256","kid":"k-ES256"}`:                          jwt.ErrAlgorithm,
		`{"alg":"ES384","kid":"k-ES256"}`:                          jwt.ErrAlgorithm,
		`{"alg":["ES256"],"kid":"k-ES256"}`:                        jwt.ErrMalformed,
		`{"alg":null,"kid":"k-ES256"}`:                             jwt.ErrMalformed,
		`{"alg":1,"kid":"k-ES256"}`:                                jwt.ErrMalformed,
		`{"alg":"","kid":"k-ES256"}`:                               jwt.ErrMalformed,
		`{"ALG":"ES256","kid":"k-ES256"}`:                          jwt.ErrMalformed,
		`{"kid":"k-ES256"}`:                                        jwt.ErrMalformed,
		`{"alg":"ES256"}`:                                          jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":""}`:                                 jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":"k-es256"}`:                          jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":"../../dev/null"}`:                   jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":"' OR 1=1--"}`:                       jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":"k-ES256\u0000"}`:                    jwt.ErrUnknownKey,
		`{"alg":"ES256","kid":{"$ne":1}}`:                          jwt.ErrMalformed,
		`{"alg":"ES256","kid":["k-ES256"]}`:                        jwt.ErrMalformed,
		`{"alg":"ES256","kid":"` + strings.Repeat("k", 257) + `"}`: jwt.ErrMalformed,
		`{"alg":"ES256","alg":"none","kid":"k-ES256"}`:             jwt.ErrMalformed,
		`{"alg":"ES256","\u0061lg":"none","kid":"k-ES256"}`:        jwt.ErrMalformed,
		header(`,"typ":"at+jwt"`):                                  jwt.ErrMalformed,
		header(`,"crit":["exp"],"exp":1`):                          jwt.ErrMalformed,
		header(`,"crit":[]`):                                       jwt.ErrMalformed,
		header(`,"b64":false`):                                     jwt.ErrMalformed,
		header(`,"zip":"DEF"`):                                     jwt.ErrMalformed,
		header(`,"enc":"A128GCM"`):                                 jwt.ErrMalformed,
		header(`,"jku":"https://evil.test/keys"`):                  jwt.ErrMalformed,
		header(`,"x5u":"https://evil.test/cert"`):                  jwt.ErrMalformed,
		header(`,"jwk":` + asJSON(t, jwt.PublicJWK(keys[jwt.ES256].Public(), "k-ES256", jwt.ES256))): jwt.ErrMalformed,
		header(`,"x":{"a":1,"a":2}`):                                        jwt.ErrMalformed,
		header(`,"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)): jwt.ErrMalformed,
		header(`} {`):        jwt.ErrMalformed,
		`[]`:                 jwt.ErrMalformed,
		`"ES256"`:            jwt.ErrMalformed,
		`{}`:                 jwt.ErrMalformed,
		`{"alg":"ES256"`:     jwt.ErrMalformed,
		"{\"alg\":\"\xff\"}": jwt.ErrMalformed,
	} {
		if _, _, err := jwt.Verify(signHeader(t, raw, claims), set, jwt.Options{}); !errors.Is(err, want) {
			t.Errorf("%.80s: %v, want %v", raw, err, want)
		}
	}
}

func TestVerify_ignoresHeadersThatOnlyDescribe(t *testing.T) {
	t.Parallel()
	raw := ` { "cty" : "json" , "x5t#S256":"abc", "kid":"k-ES256", "n":[1,{"a":-1.5e3}], "alg":"ES256" } `
	if _, _, err := jwt.Verify(signHeader(t, raw, claims), allKeys(t), jwt.Options{}); err != nil {
		t.Fatal(err)
	}
}

// The classic confusion of RFC 8725 §2.1: HS256 with the published key, in any of its encodings, as the secret.
func TestVerify_refusesHMACWithThePublicKey(t *testing.T) {
	t.Parallel()
	pub := keys[jwt.RS256].Public().(*rsa.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	asJWK := asJSON(t, jwt.PublicJWK(pub, "k-RS256", jwt.RS256))
	for _, secret := range [][]byte{pkix, x509.MarshalPKCS1PublicKey(pub), []byte(asJWK), pub.N.Bytes()} {
		token, err := jwt.SignHMAC(jwt.HS256, "", secret, []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		opts := jwt.Options{Algorithms: []string{jwt.HS256, jwt.RS256, "none"}, KeyIDOptional: true}
		if _, _, err := jwt.Verify(token, allKeys(t), opts); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("secret of %d bytes: %v", len(secret), err)
		}
	}
}

func TestVerify_refusesPsychicSignatures_CVE202221449(t *testing.T) {
	t.Parallel()
	header, payload, _ := splitToken(sign(t, jwt.ES256, "", claims))
	order := keys[jwt.ES256].(*ecdsa.PrivateKey).Params().N.Bytes()
	zero, one := make([]byte, 32), append(make([]byte, 31), 1)
	for _, signature := range [][]byte{
		append(zero[:32:32], zero...), append(order[:32:32], order...), append(zero[:32:32], one...),
		append(one[:32:32], zero...), append(order[:32:32], one...),
		{0},
		make([]byte, 63), make([]byte, 65),
		{0x30, 6, 2, 1, 0, 2, 1, 0},
	} {
		token := header + "." + payload + "." + b64(string(signature))
		if _, _, err := jwt.Verify(token, allKeys(t), jwt.Options{}); !errors.Is(err, jwt.ErrSignature) {
			t.Errorf("%x: %v", signature, err)
		}
	}
}

func TestVerify_refusesOtherForms(t *testing.T) {
	t.Parallel()
	token := sign(t, jwt.ES256, "", claims)
	header, payload, signature := splitToken(token)
	last := signature[len(signature)-1:]
	sibling := map[string]string{"A": "B", "Q": "R", "g": "h", "w": "x"}[last]
	if sibling == "" {
		t.Fatalf("64 bytes cannot end in %q", last)
	}
	for name, form := range map[string]string{
		"empty":               "",
		"one dot":             header + "." + payload,
		"no signature":        header + "." + payload + ".",
		"no payload":          header + ".." + signature,
		"no header":           "." + payload + "." + signature,
		"JWE":                 token + ".AA.AA",
		"four segments":       token + ".",
		"padding":             token + "==",
		"trailing bits":       token[:len(token)-1] + sibling,
		"line break":          header + ".\n" + payload + "." + signature,
		"line break at end":   token + "\r\n",
		"space":               " " + token,
		"NUL":                 token + "\x00",
		"standard alphabet":   header + "." + payload + "." + strings.Repeat("+", 86),
		"JSON serialization":  `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + signature + `"}`,
		"JSON after dots":     header + "." + payload + "." + `{"signatures":[]}`,
		"Bearer in front":     "Bearer " + token,
		"one byte over limit": header + "." + strings.Repeat("A", jwt.MaxTokenBytes-len(header)-len(signature)-1) + "." + signature,
	} {
		if _, _, err := jwt.Verify(form, allKeys(t), jwt.Options{}); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerify_refusesPayloadsThatReadersCouldDisagreeOn(t *testing.T) {
	t.Parallel()
	for payload, ok := range map[string]bool{
		`{}`:                          true,
		"\t{ \"a\" : [ ] , \"b\":{}}": true,
		`{"sub":"a","SUB":"b"}`:       true,
		`{"sub":"a","sub":"b"}`:       false,
		`{"sub":"a","s\u0075b":"b"}`:  false,
		`{"cnf":{"jkt":1,"jkt":2}}`:   false,
		`{"a":[{"b":1,"b":2}]}`:       false,
		`{"sub":"` + "\xff" + `"}`:    false,
		`[]`:                          false,
		`null`:                        false,
		`"x"`:                         false,
		`{} {}`:                       false,
		`{"a":1,}`:                    false,
		`{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`:     true,
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`:     false,
		strings.Repeat(`{"a":`, 32) + `1` + strings.Repeat("}", 32):           true,
		strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat("}", 33):           false,
		`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`: false,
	} {
		_, _, err := jwt.Verify(sign(t, jwt.ES256, "", payload), allKeys(t), jwt.Options{})
		if ok && err != nil || !ok && !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%.60s: %v, want accepted %v", payload, err, ok)
		}
	}
}

func TestVerify_wantsTheTypeAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want, typ string // typ "-": no such header
		ok        bool
	}{
		{"at+jwt", "at+jwt", true},
		{"at+jwt", "AT+JWT", true},
		{"at+jwt", "application/at+jwt", true},
		{"at+jwt", "Application/At+Jwt", true},
		{"at+jwt", "application/", false},
		{"at+jwt", "application/application/at+jwt", false},
		{"at+jwt", "JWT", false},
		{"at+jwt", "-", false},
		{"at+jwt", "", false},
		{"at+jwt", "at+jwt ", false},
		{"at+jwt", "logout+jwt", false},
		{"JWT", "-", true},
		{"JWT", "jwt", true},
		{"JWT", "at+jwt", false},
		{"", "anything", true},
		{"", "-", true},
	} {
		header := `{"alg":"ES256","kid":"k-ES256","typ":"` + c.typ + `"}`
		if c.typ == "-" {
			header = `{"alg":"ES256","kid":"k-ES256"}`
		}
		_, _, err := jwt.Verify(signHeader(t, header, claims), allKeys(t), jwt.Options{Type: c.want})
		if c.ok && err != nil || !c.ok && !errors.Is(err, jwt.ErrType) {
			t.Errorf("typ %q where %q is asked: %v", c.typ, c.want, err)
		}
	}
}

func TestVerify_allowsOnlyTheAlgorithmsAsked(t *testing.T) {
	t.Parallel()
	for _, alg := range jwt.Asymmetric() {
		_, _, err := jwt.Verify(sign(t, alg, "", claims), allKeys(t), jwt.Options{Algorithms: []string{jwt.ES256, jwt.PS256}})
		if allowed := alg == jwt.ES256 || alg == jwt.PS256; allowed && err != nil || !allowed && !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// One RSA key serves RS256 and PS256 alike; a key published for one must not verify the other.
func TestVerify_holdsAKeyToItsAlgorithm(t *testing.T) {
	t.Parallel()
	header, payload, _ := splitToken(sign(t, jwt.PS256, "", claims))
	set := jwt.Keys{{ID: "k-PS256", Algorithm: jwt.RS256, Public: keys[jwt.RS256].Public()}}
	token := sign(t, jwt.PS256, "", claims)
	if _, _, err := jwt.Verify(token, set, jwt.Options{}); !errors.Is(err, jwt.ErrAlgorithm) {
		t.Errorf("PS256 with a key for RS256: %v", err)
	}
	set[0].Algorithm = ""
	if _, _, err := jwt.Verify(token, set, jwt.Options{}); err != nil {
		t.Errorf("PS256 with a key for anything: %v", err)
	}
	if _, _, err := jwt.Verify(header+"."+payload+"."+strings.Repeat("A", 342), set, jwt.Options{}); !errors.Is(err, jwt.ErrSignature) {
		t.Errorf("zero signature: %v", err)
	}
}

func TestVerify_refusesWeakAndOversizedKeys(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := keys[jwt.RS256].Public().(*rsa.PublicKey)
	for name, key := range map[string]*rsa.PublicKey{
		"1024 bits":     &weak.PublicKey,
		"8500 bits":     {N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 8499), big.NewInt(1)), E: 65537},
		"exponent 1":    {N: good.N, E: 1},
		"even exponent": {N: good.N, E: 65536},
		"huge exponent": {N: good.N, E: 1<<40 + 1},
	} {
		set := jwt.Keys{{ID: "k-RS256", Public: key}}
		if _, _, err := jwt.Verify(sign(t, jwt.RS256, "", claims), set, jwt.Options{}); !errors.Is(err, jwt.ErrAlgorithm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerify_findsClientKeysWithoutKeyID(t *testing.T) {
	t.Parallel()
	other, err := jwt.Generate(jwt.ES256)
	if err != nil {
		t.Fatal(err)
	}
	mine := keys[jwt.ES256].Public()
	withID := sign(t, jwt.ES256, "", claims)
	withoutID := signHeader(t, `{"alg":"ES256"}`, claims)
	optional := jwt.Options{KeyIDOptional: true}
	for name, c := range map[string]struct {
		token string
		set   jwt.Keys
		opts  jwt.Options
		want  error
	}{
		"neither has one":         {withoutID, jwt.Keys{{Public: keys[jwt.RS256].Public()}, {Public: other.Public()}, {Public: mine}}, optional, nil},
		"only the keys have one":  {withoutID, jwt.Keys{{ID: "a", Public: other.Public()}, {ID: "b", Public: mine}}, optional, nil},
		"only the token has one":  {withID, jwt.Keys{{ID: "a", Public: other.Public()}, {Public: mine}}, optional, nil},
		"two keys of one id":      {withID, jwt.Keys{{ID: "k-ES256", Public: other.Public()}, {ID: "x", Public: mine}, {ID: "k-ES256", Public: mine}}, jwt.Options{}, nil},
		"they differ":             {withID, jwt.Keys{{ID: "a", Public: mine}}, optional, jwt.ErrUnknownKey},
		"not optional":            {withoutID, jwt.Keys{{Public: mine}}, jwt.Options{}, jwt.ErrUnknownKey},
		"not optional, token has": {withID, jwt.Keys{{Public: mine}}, jwt.Options{}, jwt.ErrUnknownKey},
		"none fits":               {withoutID, jwt.Keys{{Public: keys[jwt.RS256].Public()}}, optional, jwt.ErrAlgorithm},
		"none is right":           {withoutID, jwt.Keys{{Public: other.Public()}}, optional, jwt.ErrSignature},
		"no keys":                 {withoutID, jwt.Keys{}, optional, jwt.ErrUnknownKey},
	} {
		if _, _, err := jwt.Verify(c.token, c.set, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// CLI-16: a megabyte of dots, or of header, costs nothing. The best of several runs counts, so a busy machine does not
// matter; reading the input through base64 and JSON takes longer than the bound every time.
func TestVerify_refusesLongInputUnread(t *testing.T) {
	t.Parallel()
	set := allKeys(t)
	for name, token := range map[string]string{
		"dots":   strings.Repeat(".", 1<<20),
		"header": strings.Repeat("A", 1<<20) + ".AA.AA",
		"token":  strings.Repeat(sign(t, jwt.ES256, "", claims), 4000),
	} {
		best := time.Hour
		for range 50 {
			start := time.Now()
			if _, _, err := jwt.Verify(token, set, jwt.Options{}); !errors.Is(err, jwt.ErrMalformed) {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		if best > 50*time.Microsecond {
			t.Errorf("%s: %v", name, best)
		}
	}
}

func TestPeek_readsButRefusesTheSameForms(t *testing.T) {
	t.Parallel()
	payload, header, err := jwt.Peek(sign(t, jwt.ES384, "JWT", claims))
	if err != nil || string(payload) != claims || header.KeyID != "k-ES384" {
		t.Fatalf("%s %+v %v", payload, header, err)
	}
	for _, token := range []string{"", "a.b.c", "..", b64(`{"alg":"ES256"}`) + "." + b64(`[]`) + ".AA"} {
		if _, _, err := jwt.Peek(token); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestErrors_showNoPartOfTheToken(t *testing.T) {
	t.Parallel()
	const marker = "c2VjcmV0LW1hcmtlcg"
	for _, header := range []string{
		`{"alg":"` + marker + `"}`, `{"alg":"ES256","kid":"` + marker + `"}`, `{"alg":"ES256","typ":"` + marker + `"}`,
		`{"` + marker + `":1,"` + marker + `":2}`, marker,
	} {
		_, _, err := jwt.Verify(b64(header)+"."+b64(marker)+"."+marker, allKeys(t), jwt.Options{Type: "at+jwt"})
		if err == nil || strings.Contains(err.Error(), marker) || strings.Contains(err.Error(), base64.RawURLEncoding.EncodeToString([]byte(marker))) {
			t.Errorf("%s: %v", header, err)
		}
	}
}
