package mfa

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

// RFC 6238 appendix B, SHA-1, the last six of eight digits.
func TestTOTP_isThatOfTheStandard(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"} {
		if step, ok := stepOf(secret, code, time.Unix(at, 0)); !ok || step != at/30 {
			t.Errorf("%s at %d: step %d, %v", code, at, step, ok)
		}
	}
}

func TestTOTP_takesTheStepBeforeAndNoOther(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	const step = 1111111109 / 30 // "081804"
	for off, want := range map[int64]bool{-1: false, 0: true, 1: true, 2: false} {
		if got, ok := stepOf(secret, "081804", time.Unix((step+off)*30, 0)); ok != want || ok && got != step {
			t.Errorf("%d steps later: step %d, %v", off, got, ok)
		}
	}
	for _, typed := range []string{"", "81804", "0818040", "08180a"} {
		if _, ok := stepOf(secret, digits(typed), time.Unix(step*30, 0)); ok {
			t.Errorf("%q fits", typed)
		}
	}
}

func TestDigits_areReadInEveryScript(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "١٢٣٤٥٦": "123456", "۱۲۳۴۵۶": "123456", "１２３４５６": "123456",
		"12345a": "", "": "", "½23456": "", "123\u202f456": "123456", "12 34\n56": "",
		"１２３\u3000４５６": "123456", "123\u2009456": "123456", "\u2068123 456\u2069": "123456", "123\u2011456": "123456", "123\u2013456": "123456", "123+456": "", "12.3456": "",
	} {
		if got := digits(typed); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestRecoveryCodes_areManyAndReadAsTyped(t *testing.T) {
	t.Parallel()
	codes, seen := newCodes(), map[string]bool{}
	for _, code := range codes {
		seen[recoveryCode(code)] = true
		typed := " " + strings.ToUpper(strings.ReplaceAll(code, "-", " ")) + "\t"
		if got := recoveryCode(strings.ReplaceAll(typed, "0", "O")); got != recoveryCode(code) || len(got) != 12 {
			t.Errorf("%q is read as %q", code, got)
		}
	}
	for typed, want := range map[string]string{
		"ａｂｃ１－ＥＦＧＨ－jk２n": "abc1efghjk2n", "abc1\u2011efgh\u2013jk2n": "abc1efghjk2n", "\u2068abc1-efgh-jk2n\u2069": "abc1efghjk2n",
		"abc١-efgh-jk۲n": "abc1efghjk2n", "abc1\u3000efgh\u202fjk2n": "abc1efghjk2n", "abc1ーefgh−jk2n": "abc1efghjk2n", "abc1.efgh.jk2n": "", "abc1-efgh-jk2": "", strings.Repeat("-", 5000): "",
	} {
		if got := recoveryCode(typed); got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
	if len(seen) != 10 || seen[""] {
		t.Errorf("got %q", codes)
	}
}

func TestCodeHash_isOfOneUserOfOneTenant(t *testing.T) {
	t.Parallel()
	key, id, user := [32]byte{1}, tenant.ID(uuid.New()), uuid.New()
	hash := codeHash(key, id, user, "abcdefghjkmn")
	for name, other := range map[string][]byte{
		"another user":   codeHash(key, id, uuid.New(), "abcdefghjkmn"),
		"another tenant": codeHash(key, tenant.ID(uuid.New()), user, "abcdefghjkmn"),
		"another key":    codeHash([32]byte{2}, id, user, "abcdefghjkmn"),
		"another code":   codeHash(key, id, user, "abcdefghjkmm"),
	} {
		if bytes.Equal(hash, other) {
			t.Errorf("%s has the same hash", name)
		}
	}
}

func TestURI_isReadByApps(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(URI([]byte("12345678901234567890"), "Acme: Shop & Co", "a+b@example.com"))
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" {
		t.Fatalf("%v, %v", u, err)
	}
	q := u.Query()
	if u.Path != "/Acme  Shop & Co:a+b@example.com" || q.Get("issuer") != "Acme  Shop & Co" || q.Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" {
		t.Errorf("got %s", u)
	}
	if strings.Contains(u.RawQuery, "+") {
		t.Errorf("apps show the plus signs of %s", u.RawQuery)
	}
}

func TestAppName_isWhatAPageCanShow(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"  My\tphone ": "My phone", "": "", "a\x00b": "a b", "\xff": "", strings.Repeat("é", 41): strings.Repeat("é", 40),
	} {
		if got := Name(typed); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

// The vector of RFC 6238, appendix B, for SHA-1 at 59 s: the last six of its eight digits.
func TestCodeOf_isWhatAnAppShows(t *testing.T) {
	t.Parallel()
	key := SecretText([]byte("12345678901234567890"))
	at := time.Unix(59, 0)
	for _, text := range []string{key, strings.ToLower(key), strings.ReplaceAll(key, " ", ""), URI([]byte("12345678901234567890"), "Acme", "a@x")} {
		if code, left, err := CodeOf(text, at); err != nil || code != "287 082" || left != time.Second {
			t.Errorf("%q: %q, %s, %v", text, code, left, err)
		}
	}
	for _, text := range []string{"", " ", "?", "otpauth://totp/x", "1", "otpauth:%"} {
		if code, _, err := CodeOf(text, at); !errors.Is(err, ErrUnconfirmed) {
			t.Errorf("%q: %q, %v", text, code, err)
		}
	}
}
