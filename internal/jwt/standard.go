package jwt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"plinto/internal/strictjson"
)

// maxDate is the end of the year 9999: later dates break RFC 3339 and overflow elsewhere.
const maxDate = 253402300799

// Standard are the registered claims of RFC 7519 §4.1. Strings are "" and dates nil when absent.
type Standard struct {
	Issuer    string
	Subject   string
	Audience  []string // one element when the claim was a plain string
	Expiry    *int64   // Unix seconds, like the next two; fractions are cut off
	NotBefore *int64
	IssuedAt  *int64
	ID        string // jti
}

// ParseStandard reads the registered claims of a payload. Names match with their case, unlike in encoding/json, and
// types are strict: a date is a JSON number between 0 and the year 9999, aud a string or an array of strings.
func ParseStandard(payload []byte) (Standard, error) {
	var s Standard
	err := strictjson.Object(payload, limits, func(name string, value []byte) (err error) {
		switch name {
		case "iss":
			err = readText(value, &s.Issuer)
		case "sub":
			err = readText(value, &s.Subject)
		case "jti":
			err = readText(value, &s.ID)
		case "aud":
			s.Audience, err = readAudience(value)
		case "exp":
			s.Expiry, err = readDate(value)
		case "nbf":
			s.NotBefore, err = readDate(value)
		case "iat":
			s.IssuedAt, err = readDate(value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return Standard{}, fmt.Errorf("claims: %w: %w", err, ErrMalformed)
	}
	return s, nil
}

func readAudience(value []byte) ([]string, error) {
	var one string
	if readText(value, &one) == nil {
		return []string{one}, nil
	}
	var many []*string // pointers: a null element must not pass for ""
	if value[0] != '[' || json.Unmarshal(value, &many) != nil || slices.Contains(many, nil) {
		return nil, errors.New("string or array of strings expected")
	}
	audience := make([]string, len(many))
	for i, a := range many {
		audience[i] = *a
	}
	return audience, nil
}

// readDate reads a NumericDate (RFC 7519 §2), which may have a fraction or an exponent.
func readDate(value []byte) (*int64, error) {
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f < 0 || f > maxDate {
		return nil, errors.New("seconds since 1970 expected")
	}
	seconds := int64(f)
	return &seconds, nil
}

// Expected is what [Standard.Check] holds claims against. The zero value wants an exp in the future and nothing else.
type Expected struct {
	Issuer   string   // exact; "" is not compared
	Audience []string // the token must name at least one of these; empty is not compared
	// Leeway is the tolerated difference of clocks; it widens every date.
	Leeway time.Duration
	// MaxLifetime refuses an exp further in the future than this: a replay guard has to remember the token's jti
	// that long. 0 has no limit.
	MaxLifetime time.Duration
	// AllowExpired accepts a token past its exp or without one: id_token_hint only.
	AllowExpired bool
}

// Check compares the claims with what is expected at that time. nbf and iat may be absent, but a token from the
// future is refused.
func (s Standard) Check(now time.Time, want Expected) error {
	if want.Issuer != "" && s.Issuer != want.Issuer {
		return ErrIssuer
	}
	meant := func(aud string) bool { return slices.Contains(want.Audience, aud) }
	if len(want.Audience) > 0 && !slices.ContainsFunc(s.Audience, meant) {
		return ErrAudience
	}
	return s.checkTimes(now, want)
}

func (s Standard) checkTimes(now time.Time, want Expected) error {
	if !want.AllowExpired {
		if s.Expiry == nil {
			return fmt.Errorf("no exp: %w", ErrExpired)
		}
		// "on or after" exp is too late (RFC 7519 §4.1.4).
		if !now.Add(-want.Leeway).Before(time.Unix(*s.Expiry, 0)) {
			return ErrExpired
		}
	}
	if s.Expiry != nil && want.MaxLifetime > 0 && time.Unix(*s.Expiry, 0).After(now.Add(want.MaxLifetime+want.Leeway)) {
		return ErrLifetime
	}
	latest := now.Add(want.Leeway)
	for _, start := range []*int64{s.NotBefore, s.IssuedAt} {
		if start != nil && time.Unix(*start, 0).After(latest) {
			return ErrNotYetValid
		}
	}
	return nil
}
