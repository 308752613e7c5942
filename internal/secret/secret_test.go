package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestString_isShownByNothing(t *testing.T) {
	t.Parallel()
	s := NewString("hunter2-canary")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "struct", struct{ S String }{s})
	asJSON, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%s %v %+v %#v %q %x %d", s, s, s, s, s, s, s) + log.String() + string(asJSON) + fmt.Sprint(fmt.Errorf("e: %v", s))
	if strings.Contains(shown, "canary") || strings.Contains(shown, fmt.Sprintf("%x", "canary")) {
		t.Errorf("the secret shows in %s", shown)
	}
	if s.Reveal() != "hunter2-canary" {
		t.Error("Reveal does not return the text")
	}
}

func TestRoot_isShownByNothing(t *testing.T) {
	t.Parallel()
	root, text := NewRoot()
	shown := fmt.Sprintf("%v %+v %#v %s %q", root, root, root, root, root)
	if raw, _ := base64.StdEncoding.DecodeString(text.Reveal()); strings.Contains(shown, fmt.Sprint(raw[0], " ", raw[1])) || !strings.Contains(shown, redacted) {
		t.Errorf("the root key shows in %s", shown)
	}
}

func TestToken_isRecognisedAndUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 10_000 {
		token := Token("plrt_")
		if seen[token] || !WellFormed("plrt_", token) {
			t.Fatalf("token %q is repeated or not well formed", token)
		}
		seen[token] = true
	}
	token := Token("plrt_")
	for _, bad := range []string{"", token[:len(token)-1], token + "A", token + "=", strings.ToUpper(token), "plat_" + token[5:]} {
		if WellFormed("plrt_", bad) {
			t.Errorf("WellFormed(%q) for a token made of %q", bad, token)
		}
	}
}

func TestHash_isBoundToPurposeAndTenant(t *testing.T) {
	t.Parallel()
	a := Hash("code", [16]byte{1}, "t")
	for name, b := range map[string][]byte{
		"purpose": Hash("refresh", [16]byte{1}, "t"), "tenant": Hash("code", [16]byte{2}, "t"), "token": Hash("code", [16]byte{1}, "u"),
	} {
		if bytes.Equal(a, b) {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestBox_opensOnlyItsOwnForTheSamePurpose(t *testing.T) {
	t.Parallel()
	root, _ := NewRoot()
	box, err := NewBox(root.Subkey("a"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewBox(root.Subkey("b"))
	if err != nil {
		t.Fatal(err)
	}
	sealed := box.Seal([]byte("plain"), "ab", "c")
	if got, err := box.Open(sealed, "ab", "c"); err != nil || string(got) != "plain" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"other key":     func() ([]byte, error) { return other.Open(sealed, "ab", "c") },
		"other context": func() ([]byte, error) { return box.Open(sealed, "a", "bc") },
		"no context":    func() ([]byte, error) { return box.Open(sealed) },
		"cut":           func() ([]byte, error) { return box.Open(sealed[:len(sealed)-1], "ab", "c") },
		"empty":         func() ([]byte, error) { return box.Open(nil, "ab", "c") },
		"flipped": func() ([]byte, error) {
			c := bytes.Clone(sealed)
			c[len(c)-1] ^= 1
			return box.Open(c, "ab", "c")
		},
	} {
		if _, err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: Open = %v, want ErrSealed", name, err)
		}
	}
}

func TestParseRoot_refusesWhatNobodyDrewAtRandom(t *testing.T) {
	t.Parallel()
	seq := make([]byte, 32)
	for i := range seq {
		seq[i] = byte(i)
	}
	for name, text := range map[string]string{
		"empty": "", "short": base64.StdEncoding.EncodeToString(make([]byte, 16)), "zero": base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"hex zero": strings.Repeat("00", 32), "text": base64.StdEncoding.EncodeToString([]byte("change-me-change-me-change-me-32")),
		"placeholder": "changeme", "sequence": base64.StdEncoding.EncodeToString(seq), "words": "0123456789abcdef0123456789abcdef",
	} {
		if _, err := ParseRoot(text); !errors.Is(err, ErrRoot) {
			t.Errorf("%s: ParseRoot = %v, want ErrRoot", name, err)
		}
	}
	for range 1000 {
		root, text := NewRoot()
		got, err := ParseRoot(text.Reveal())
		if err != nil || got != root {
			t.Fatalf("a random key is refused: %v", err)
		}
	}
}

func TestDataKey_opensOnlyUnderItsRootAndTenant(t *testing.T) {
	t.Parallel()
	root, _ := NewRoot()
	other, _ := NewRoot()
	wrapped, err := root.NewDataKey("t1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.OpenDataKey(wrapped, "t1"); err != nil {
		t.Errorf("OpenDataKey: %v", err)
	}
	if _, err := root.OpenDataKey(wrapped, "t2"); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant: %v, want ErrSealed", err)
	}
	if _, err := other.OpenDataKey(wrapped, "t1"); !errors.Is(err, ErrSealed) {
		t.Errorf("another root: %v, want ErrSealed", err)
	}
}

func FuzzWellFormed(f *testing.F) {
	good := Token("plac_")
	f.Add(good, 3, byte(1))
	f.Fuzz(func(t *testing.T, token string, at int, flip byte) {
		_ = WellFormed("plac_", token)
		if flip == 0 || at < 0 || at >= len(good) {
			return
		}
		b := []byte(good)
		b[at] ^= flip
		if WellFormed("plac_", string(b)) {
			t.Errorf("byte %d changed and still well formed", at)
		}
	})
}
