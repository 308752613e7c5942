package jwt_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plinto/internal/jwt"
)

func date(seconds int64) *int64 { return &seconds }

func TestParseStandard_readsRegisteredClaims(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]jwt.Standard{
		`{}`: {},
		`{"iss":"i","sub":"s","aud":"a","exp":3,"nbf":2,"iat":1,"jti":"j","other":{"exp":"x"}}`: {
			Issuer: "i", Subject: "s", Audience: []string{"a"},
			Expiry: date(3), NotBefore: date(2), IssuedAt: date(1), ID: "j",
		},
		`{"aud":["a","b"],"exp":1700000000.9,"iat":1.7e9,"nbf":0}`: {
			Audience: []string{"a", "b"}, Expiry: date(1700000000), IssuedAt: date(1700000000), NotBefore: date(0),
		},
		`{"aud":[]}`:                {Audience: []string{}},
		`{"aud":""}`:                {Audience: []string{""}},
		`{"ISS":"x","Exp":"later"}`: {}, // names have case
	} {
		got, err := jwt.ParseStandard([]byte(raw))
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
}

func TestParseStandard_refusesWrongTypes(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"iss":1}`, `{"iss":null}`, `{"iss":["i"]}`, `{"sub":1}`, `{"sub":{}}`, `{"jti":1}`,
		`{"aud":1}`, `{"aud":null}`, `{"aud":{"a":1}}`, `{"aud":["a",1]}`, `{"aud":["a",null]}`, `{"aud":[["a"]]}`,
		`{"exp":"1700000000"}`, `{"exp":null}`, `{"exp":true}`, `{"exp":[1]}`, `{"exp":-1}`, `{"exp":1e30}`,
		`{"exp":1e999}`, `{"exp":253402300800}`, `{"exp":99999999999999999999999999}`,
		`{"nbf":"0"}`, `{"iat":""}`, `{"iat":{}}`, `{"exp":1,"exp":2}`, `[]`, ``, `null`, `{`,
	} {
		if got, err := jwt.ParseStandard([]byte(raw)); !errors.Is(err, jwt.ErrMalformed) {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}

func TestCheck_holdsClaimsAgainstWhatIsExpected(t *testing.T) {
	t.Parallel()
	const now = 1_700_000_000
	valid := jwt.Standard{Issuer: "i", Audience: []string{"a", "b"}, Expiry: date(now + 60), IssuedAt: date(now)}
	with := func(change func(*jwt.Standard)) jwt.Standard {
		s := valid
		change(&s)
		return s
	}
	minute := jwt.Expected{Leeway: time.Minute}
	for name, c := range map[string]struct {
		claims jwt.Standard
		want   jwt.Expected
		err    error
	}{
		"all match":               {valid, jwt.Expected{Issuer: "i", Audience: []string{"x", "b"}}, nil},
		"other issuer":            {valid, jwt.Expected{Issuer: "i/"}, jwt.ErrIssuer},
		"no issuer":               {jwt.Standard{Expiry: date(now + 1)}, jwt.Expected{Issuer: "i"}, jwt.ErrIssuer},
		"other audience":          {valid, jwt.Expected{Audience: []string{"A", "ab"}}, jwt.ErrAudience},
		"no audience":             {jwt.Standard{Expiry: date(now + 1)}, jwt.Expected{Audience: []string{""}}, jwt.ErrAudience},
		"no exp":                  {jwt.Standard{}, jwt.Expected{}, jwt.ErrExpired},
		"exp is now":              {jwt.Standard{Expiry: date(now)}, jwt.Expected{}, jwt.ErrExpired},
		"exp is next":             {jwt.Standard{Expiry: date(now + 1)}, jwt.Expected{}, nil},
		"exp within leeway":       {jwt.Standard{Expiry: date(now - 59)}, minute, nil},
		"exp at leeway":           {jwt.Standard{Expiry: date(now - 60)}, minute, jwt.ErrExpired},
		"expired hint":            {jwt.Standard{Expiry: date(1)}, jwt.Expected{AllowExpired: true}, nil},
		"hint without exp":        {jwt.Standard{}, jwt.Expected{AllowExpired: true}, nil},
		"nbf later":               {with(func(s *jwt.Standard) { s.NotBefore = date(now + 1) }), jwt.Expected{}, jwt.ErrNotYetValid},
		"nbf within leeway":       {with(func(s *jwt.Standard) { s.NotBefore = date(now + 60) }), minute, nil},
		"iat in the future":       {with(func(s *jwt.Standard) { s.IssuedAt = date(now + 61) }), minute, jwt.ErrNotYetValid},
		"future hint":             {jwt.Standard{IssuedAt: date(now + 61)}, jwt.Expected{AllowExpired: true}, jwt.ErrNotYetValid},
		"lives too long":          {valid, jwt.Expected{MaxLifetime: 59 * time.Second}, jwt.ErrLifetime},
		"lives as long as it may": {valid, jwt.Expected{MaxLifetime: time.Minute}, nil},
		"a year, CLI-04":          {jwt.Standard{Expiry: date(now + 365*86400)}, jwt.Expected{MaxLifetime: time.Hour}, jwt.ErrLifetime},
	} {
		if err := c.claims.Check(time.Unix(now, 0), c.want); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
	}
}
