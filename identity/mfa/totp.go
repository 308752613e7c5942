package mfa

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"plinto/internal/fault"
	"plinto/internal/locale"
)

const (
	// secretSize is that of the hash (RFC 4226 §4, R6).
	secretSize = 20
	// stepLength is the time step of RFC 6238 §5.2 that every app knows.
	stepLength = 30 * time.Second
	totpDigits = 6
)

// NewSecret draws the secret of an authenticator app: 160 bits.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	return secret
}

// SecretText is the secret as people type it, in base32 and groups of four.
func SecretText(secret []byte) string {
	text := encode(secret)
	var groups []string
	for ; len(text) > 4; text = text[4:] {
		groups = append(groups, text[:4])
	}
	return strings.Join(append(groups, text), " ")
}

func encode(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// decode reads base32 as people and other systems write it.
func decode(text string) ([]byte, error) {
	text = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(text, "="))
}

// Sizes of secrets that other systems made, in bytes (RFC 4226 §4 R6 wants 128 bits at least).
const (
	minSecret = 16
	maxSecret = 64
)

// ErrSecret is the error of a text that is no secret of an app.
var ErrSecret = fault.New(fault.Invalid, "invalid_totp_secret", "The secret of an authenticator app is not base32 of 16 to 64 bytes.")

// ParseSecret reads the secret of an app that another system made: base32, in groups or not. ErrSecret.
func ParseSecret(text string) ([]byte, error) {
	secret, err := decode(text)
	if err != nil || len(secret) < minSecret || len(secret) > maxSecret {
		return nil, ErrSecret
	}
	return secret, nil
}

// URI is what the QR code holds: the key URI format that authenticator apps read. issuer and
// account are what the app shows.
func URI(secret []byte, issuer, account string) string {
	clean := strings.NewReplacer(":", " ").Replace
	issuer, account = clean(issuer), clean(account)
	q := url.Values{
		"secret": {encode(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"},
		"digits": {strconv.Itoa(totpDigits)}, "period": {strconv.Itoa(int(stepLength / time.Second))},
	}
	// Apps show a plus sign as it is: a blank has to be %20.
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// stepOf returns the time step of which code is the one-time password: the present one or
// the one before (RFC 6238 §5.2), the latest first; false: of neither. SHA-1 is what every
// app computes, whatever the URI says.
func stepOf(secret []byte, code string, now time.Time) (step int64, ok bool) {
	current := now.Unix() / int64(stepLength/time.Second)
	for _, s := range []int64{current - 1, current} {
		want, err := hotp.GenerateCodeCustom(encode(secret), uint64(s), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// between reports what people write or copy between the characters of a code: blanks, hyphens as keyboards and texts have them, and
// marks of the direction of a text, which nobody sees.
func between(r rune) bool {
	switch r {
	case '\t', '\u2212', '\u30fc': // the last two are what a Japanese keyboard makes of a hyphen
		return true
	}
	return unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf)
}

// digits makes ASCII of decimal digits of any script, without what is between them; "" when
// there is anything else.
func digits(typed string) string {
	var out strings.Builder
	for _, r := range typed {
		switch d, isDigit := locale.Digit(r); {
		case isDigit:
			out.WriteByte('0' + d)
		case between(r):
		default:
			return ""
		}
	}
	return out.String()
}

// CodeOf is what an app with a key shows at a time, "123 456", and for how long it will: key is as
// SecretText writes it, or an otpauth address. ErrUnconfirmed for anything else.
func CodeOf(key string, at time.Time) (code string, left time.Duration, err error) {
	if strings.HasPrefix(key, "otpauth:") {
		parsed, err := otp.NewKeyFromURL(key)
		if err != nil {
			return "", 0, ErrUnconfirmed.With(err)
		}
		key = parsed.Secret()
	}
	secret, err := decode(key)
	if err != nil || len(secret) == 0 {
		return "", 0, ErrUnconfirmed.With(err)
	}
	code, err = hotp.GenerateCodeCustom(encode(secret), uint64(at.Unix()/int64(stepLength/time.Second)), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "", 0, ErrUnconfirmed.With(err)
	}
	return code[:3] + " " + code[3:], stepLength - time.Duration(at.UnixNano())%stepLength, nil
}
