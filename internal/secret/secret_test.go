package secret

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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
	raw, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "root", root)
	asJSON, err := json.Marshal(map[string]any{"root": root})
	if err != nil {
		t.Fatal(err)
	}
	numbers := fmt.Sprintf("%d", raw) // "[1 2 …]"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%c"} {
		shown := fmt.Sprintf(verb, root)
		if shown != redacted {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
	if shown := log.String() + string(asJSON); strings.Contains(shown, numbers) || strings.Contains(shown, text.Reveal()) || !strings.Contains(shown, redacted) {
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

// What has the right length and checksum is still no token with bytes that
// Token never writes: it would go into look-ups and logs.
func TestWellFormed_refusesForeignBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"\x00", "\n", " ", "/", "+", "=", "\xff", "'"} {
		body := "plrt_" + strings.Repeat("A", bodyLen-1) + c
		if WellFormed("plrt_", body+checksum(body)) {
			t.Errorf("a token with %q is well formed", c)
		}
	}
}

// SHA-256("plinto/v1/" ‖ purpose ‖ 0 ‖ tenant ‖ token): stored hashes depend on it.
func TestHash_staysWhatIsStored(t *testing.T) {
	t.Parallel()
	got := hex.EncodeToString(Hash("code", [16]byte{15: 7}, "plac_x"))
	want := sha256.Sum256([]byte("plinto/v1/code\x00" + strings.Repeat("\x00", 15) + "\x07plac_x"))
	if got != hex.EncodeToString(want[:]) {
		t.Errorf("Hash() = %s, want %x", got, want)
	}
}

func TestSubkey_isHKDFAndDiffersByPurpose(t *testing.T) {
	t.Parallel()
	root, _ := NewRoot()
	seen := map[[32]byte]string{root.key: "the root itself"}
	for _, info := range []string{"", "plinto/flow/v1", "plinto/flow/v2", "plinto/wrap/v1"} {
		key := root.Subkey(info)
		if other, ok := seen[key]; ok {
			t.Errorf("%q has the key of %q", info, other)
		}
		seen[key] = info
		want, err := hkdf.Key(sha256.New, root.key[:], nil, info, 32)
		if err != nil || !bytes.Equal(key[:], want) {
			t.Errorf("Subkey(%q) is not HKDF-SHA-256: %v", info, err)
		}
	}
}

func TestSubkey_needsARootKey(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the zero Root has a subkey")
		}
	}()
	Root{}.Subkey("plinto/flow/v1")
}

func TestMAC_readsPartsApart(t *testing.T) {
	t.Parallel()
	key := [32]byte{1}
	a := MAC(key, "ab", "c")
	if !Equal(a, MAC(key, "ab", "c")) || Equal(a, a[:31]) || Equal(a, nil) {
		t.Error("the same parts have another MAC, or a part of it is equal")
	}
	for _, b := range [][]byte{MAC(key, "a", "bc"), MAC(key, "abc"), MAC(key, "ab", "c", ""), MAC([32]byte{2}, "ab", "c")} {
		if Equal(a, b) {
			t.Error("other parts or another key have the same MAC")
		}
	}
}

func TestString_isReadFromText(t *testing.T) {
	t.Parallel()
	var v struct{ S String }
	if err := json.Unmarshal([]byte(`{"S":"hunter2"}`), &v); err != nil || v.S.Reveal() != "hunter2" || v.S.Empty() {
		t.Errorf("read %q, %v", v.S.Reveal(), err)
	}
	if shown := fmt.Sprint(String{}); shown != "" {
		t.Errorf("no secret shows as %q, want nothing", shown)
	}
}

func TestParseRoot_readsEverySpelling(t *testing.T) {
	t.Parallel()
	root, _ := NewRoot()
	for _, text := range []string{
		hex.EncodeToString(root.key[:]), strings.ToUpper(hex.EncodeToString(root.key[:])), base64.StdEncoding.EncodeToString(root.key[:]),
		base64.RawStdEncoding.EncodeToString(root.key[:]), base64.URLEncoding.EncodeToString(root.key[:]),
		" " + base64.RawURLEncoding.EncodeToString(root.key[:]) + "\n",
	} {
		if got, err := ParseRoot(text); err != nil || got != root {
			t.Errorf("ParseRoot() of a spelling with %d characters: %v", len(text), err)
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
	of := [16]byte{1}
	wraps := root.TenantKey(DataKeys)
	wrapped := wraps.NewDataKey(of, "t1")
	if _, err := wraps.OpenDataKey(of, wrapped, "t1"); err != nil {
		t.Errorf("OpenDataKey: %v", err)
	}
	if _, err := wraps.OpenDataKey(of, wrapped, "t2"); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant: %v, want ErrSealed", err)
	}
	if _, err := other.TenantKey(DataKeys).OpenDataKey(of, wrapped, "t1"); !errors.Is(err, ErrSealed) {
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

func FuzzOpen(f *testing.F) {
	box, err := NewBox([32]byte{1})
	if err != nil {
		f.Fatal(err)
	}
	// Sealed with a fixed nonce, for the fuzzer's processes have to agree on it.
	good := box.aead.Seal([]byte{boxVersion, 11: 0, 12: 0}, make([]byte, nonceLen), []byte("plain"), bind([]string{"tenant", "flow"}))
	f.Add(good, "tenant", "flow")
	f.Add([]byte{}, "", "")
	f.Fuzz(func(t *testing.T, sealed []byte, a, b string) {
		plain, err := box.Open(sealed, a, b)
		if err == nil && (!bytes.Equal(sealed, good) || a != "tenant" || b != "flow") {
			t.Errorf("Open(%x, %q, %q) = %q of something that was never sealed so", sealed, a, b, plain)
		}
	})
}

func BenchmarkToken(b *testing.B) {
	for b.Loop() {
		Token("plat_")
	}
}

func BenchmarkHash(b *testing.B) {
	token := Token("plat_")
	b.ReportAllocs()
	for b.Loop() {
		Hash("access", [16]byte{1}, token)
	}
}
