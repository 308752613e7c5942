package password

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// What passlib, hashlib and argon2-cffi for Python make of "password".
var vectors = map[string]string{
	"pbkdf2-sha256":  "$pbkdf2-sha256$1000$1Lr3vleKUYpxrtXa.38PQQ$kBWBDLC5SIrKO3PRvZ9e0lmzTt3pT/l4xThccsCaRaw",
	"scrypt":         "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
	"Django":         "pbkdf2_sha256$1000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c=",
	"pbkdf2-sha512":  "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$38DzhdBT7fPaUGBlsh42VTuuKSFAIYGZJ7l6feCDLIl.K3hdPFgxxu7xuUi4gIuH6cEIoODn18xH9Ig2ryNgUw",
	"pbkdf2 of SHA1": "$pbkdf2$1000$MDEyMzQ1Njc4OWFiY2RlZg$DYW.LTZG5wxyiF/qvsh40/./hXk",
	"cheap scrypt":   "$scrypt$ln=10,r=8,p=1$c29tZXNhbHQ$wdXoWEig5T693O7BJbufEPRk+qarG40BYOh1xe9tMAc",
	"SSHA":           "{SSHA}yrht1iYXEIkejLVu42JWkadd80RzYWx0c2FsdA==",
	"SSHA256":        "{SSHA256}DIzeh0gCRMTRu9dAH3C3rr7fWkRT0Bp2ZdtRqvTX3XJzYWx0c2FsdA==",
	"SSHA512":        "{SSHA512}9ZxHVj4YomwqqFiYKcIjExMLx2ZblYfXRGc4KMqbgvHq2+HOgwiTIi+eO/Uam/8D0beDAkGpvx14+UFlfBskLnNhbHRzYWx0",
	"argon2i":        "$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQ$mJ2mVFjovhRArlVdCzyKw6ZYTg0ikLncyRWminHkHB4",
}

func TestVerify_readsWhatOtherSystemsExport(t *testing.T) {
	t.Parallel()
	h := hasher()
	for name, encoded := range vectors {
		if ok, rehash, err := h.Verify(t.Context(), someone, "password", encoded); !ok || !rehash || err != nil {
			t.Errorf("%s: %v, rehash %v, %v; want true, true", name, ok, rehash, err)
		}
		for _, wrong := range []string{"passwore", "Password", "password ", "", "password\x00"} {
			if ok, _, err := h.Verify(t.Context(), someone, wrong, encoded); ok || err != nil {
				t.Errorf("%s: %q: %v, %v", name, wrong, ok, err)
			}
		}
		if again, err := h.Rehash(t.Context(), someone, "password"); err != nil || !strings.HasPrefix(again, "$argon2id$") {
			t.Errorf("%s: rehashed to %q, %v", name, again, err)
		}
	}
}

// A stored string must not buy seconds of work or all of the memory.
func TestReadForeign_keepsToItsCaps(t *testing.T) {
	t.Parallel()
	good := vectors["Django"]
	for name, encoded := range map[string]string{
		"bcrypt of cost 14": "$2b$14$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "cut bcrypt": "$2b$10$x", "pbkdf2 of MD5": strings.Replace(good, "sha256", "md5", 1),
		"two million and one": strings.Replace(good, "1000", "2000001", 1), "no iterations": strings.Replace(good, "1000", "0", 1), "negative": strings.Replace(good, "1000", "-1", 1),
		"a short hash": "pbkdf2_sha256$1000$seasalt$YIWk", "no salt": "pbkdf2_sha256$1000$$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c=", "fields": "pbkdf2_sha256$1000",
		"256 MiB of scrypt": strings.Replace(vectors["cheap scrypt"], "ln=10", "ln=18", 1), "scrypt of 2^31": strings.Replace(vectors["cheap scrypt"], "ln=10", "ln=31", 1), "p of a million": strings.Replace(vectors["cheap scrypt"], "p=1", "p=1000000", 1),
		"scrypt without r": strings.Replace(vectors["cheap scrypt"], ",r=8", "", 1), "argon2i of a gigabyte": "$argon2i$v=19$m=1048576,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"SSHA without a salt": "{SSHA}yrht1iYXEIkejLVu42JWkadd80Q=", "SHA without salt": "{SHA}yrht1iYXEIkejLVu42JWkadd80Q=", "another SSHA": "{SSHA3}AAAA", "nothing": "", "clear text": "password",
	} {
		if _, ok := readForeign(encoded); ok {
			t.Errorf("%s: %s is computed", name, encoded)
		}
		if ok, _, err := hasher().Verify(t.Context(), someone, "password", encoded); ok || err != nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

// ENU-08: as soon as hashes take different times, refusals take as long as the slowest.
func TestFloor_isAboveTheSlowestHashInUse(t *testing.T) {
	t.Parallel()
	h := hasher()
	if _, _, err := h.Verify(t.Context(), someone, "whatever it is", ""); err != nil || h.Floor() != 0 {
		t.Errorf("floor %v where all hashes are alike, %v", h.Floor(), err)
	}
	slow, err := bcrypt.GenerateFromPassword([]byte("correct horse"), 8)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, _, err := h.Verify(t.Context(), someone, "wrong", string(slow)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); h.Floor() <= 0 || h.Floor() > 2*took+time.Millisecond {
		t.Errorf("floor %v after a hash of at most %v", h.Floor(), took)
	}
	old, err := New(Options{Cost: Cost{Memory: 8, Time: 1}}).Hash(t.Context(), someone, "correct horse", Rules{})
	if err != nil {
		t.Fatal(err)
	}
	aged := hasher()
	if _, _, err := aged.Verify(t.Context(), someone, "wrong", old); err != nil || aged.Floor() == 0 {
		t.Errorf("no floor after a hash of an older cost, %v", err)
	}
	var f floor
	now := time.Now()
	f.note(true, 50*time.Millisecond, now)
	f.note(false, 20*time.Millisecond, now)
	if got := f.at(now); got < 50*time.Millisecond {
		t.Errorf("floor %v, below the own hash", got)
	}
	if got := f.at(now.Add(2 * floorFor)); got != 0 {
		t.Errorf("floor %v long after the last one", got)
	}
}

// PWD-06: the list is complete, sorted, and looked at in every spelling.
func TestCheckRules_knowsTheListsOfLeakedPasswords(t *testing.T) {
	t.Parallel()
	if n := len(entries()); n < 30_000 || !slices.IsSorted(entries()) {
		t.Errorf("%d entries, sorted: %v", n, slices.IsSorted(entries()))
	}
	tried := 0
	for _, word := range entries() {
		if len(word) < MinLength {
			continue
		}
		tried++
		for _, spelling := range []string{word, strings.ToUpper(word)} {
			if !errors.Is(Rules{}.Check(t.Context(), spelling), ErrCommon) {
				t.Errorf("%q is accepted", spelling)
			}
		}
	}
	if tried < 10_000 {
		t.Errorf("only %d words of at least %d characters", tried, MinLength)
	}
	for _, word := range []string{"trustno1", "sunshine2024", "Iloveyou!", "dragon123", "Jennifer1990", "baseball!!", "$unshine1", "1qaz2wsx3edc"} {
		if !errors.Is(Rules{}.Check(t.Context(), word), ErrCommon) {
			t.Errorf("%q is accepted", word)
		}
	}
}

func FuzzReadForeign(f *testing.F) {
	for _, encoded := range vectors {
		f.Add(encoded)
	}
	f.Fuzz(func(_ *testing.T, encoded string) { readForeign(encoded) }) // must not panic
}
