package phc

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"plinto/internal/fault"
)

var quick = Cost{Memory: 64, Time: 1}

func hasher() *Hasher {
	return New(Options{Cost: quick, Slots: 4, Pepper: Pepper{ID: "k1", Key: [32]byte{1}}})
}

func TestHash_verifiesOnlyTheSamePassword(t *testing.T) {
	t.Parallel()
	h := hasher()
	for _, password := range []string{"correct horse battery", " leading and trailing ", "päßwörter zählen", "emoji 🐎🔋 horse", "tab\there? no"} {
		encoded, err := h.Hash(t.Context(), password)
		if strings.Contains(password, "\t") {
			if !errors.Is(err, ErrUnusable) {
				t.Errorf("Hash(%q) = %v, want ErrUnusable", password, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("Hash(%q): %v", password, err)
		}
		for candidate, want := range map[string]bool{password: true, password + " ": false, strings.ToUpper(password): false, password[1:]: false} {
			ok, rehash, err := h.Verify(t.Context(), candidate, encoded)
			if err != nil || ok != want || rehash {
				t.Errorf("Verify(%q) against %q = %v, %v, %v; want %v", candidate, password, ok, rehash, err, want)
			}
		}
	}
}

func TestVerify_needsThePepper(t *testing.T) {
	t.Parallel()
	encoded, err := hasher().Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	other := New(Options{Cost: quick, Pepper: Pepper{ID: "k1", Key: [32]byte{2}}})
	if ok, _, err := other.Verify(t.Context(), "correct horse battery", encoded); ok || err != nil {
		t.Errorf("Verify with another pepper = %v, %v", ok, err)
	}
	renewed := New(Options{Cost: quick, Pepper: Pepper{ID: "k2", Key: [32]byte{2}}, Old: []Pepper{{ID: "k1", Key: [32]byte{1}}}})
	if ok, rehash, err := renewed.Verify(t.Context(), "correct horse battery", encoded); !ok || !rehash || err != nil {
		t.Errorf("Verify after the pepper was replaced = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
}

func TestVerify_asksForRehashWhenTheCostRose(t *testing.T) {
	t.Parallel()
	encoded, err := hasher().Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	dearer := New(Options{Cost: Cost{Memory: 128, Time: 1}, Pepper: Pepper{ID: "k1", Key: [32]byte{1}}})
	if ok, rehash, err := dearer.Verify(t.Context(), "correct horse battery", encoded); !ok || !rehash || err != nil {
		t.Errorf("Verify = %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
}

// Go's bcrypt compares the first 72 bytes only.
func TestVerify_refusesBcryptCandidatesOver72Bytes(t *testing.T) {
	t.Parallel()
	stored, err := bcrypt.GenerateFromPassword([]byte(strings.Repeat("a", 72)), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if ok, rehash, err := hasher().Verify(t.Context(), strings.Repeat("a", 72), string(stored)); !ok || !rehash || err != nil {
		t.Errorf("72 bytes: %v, rehash %v, %v; want true, true", ok, rehash, err)
	}
	if ok, _, err := hasher().Verify(t.Context(), strings.Repeat("a", 80), string(stored)); ok || err != nil {
		t.Errorf("80 bytes: %v, %v; want false", ok, err)
	}
}

func TestVerify_unknownUserOrBrokenHashIsRefused(t *testing.T) {
	t.Parallel()
	for _, encoded := range []string{"", "x", "$argon2id$v=19$m=99999999,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=1$$", "$2y$31$abc"} {
		if ok, _, err := hasher().Verify(t.Context(), strings.Repeat("\x00", 3)+"password", encoded); ok || err != nil {
			t.Errorf("Verify against %q = %v, %v", encoded, ok, err)
		}
		if ok, _, err := hasher().Verify(t.Context(), "correct horse battery", encoded); ok || err != nil {
			t.Errorf("Verify against %q = %v, %v", encoded, ok, err)
		}
	}
}

func TestHash_refusesBadPasswords(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]error{
		"short": ErrShort, "password": ErrCommon, "Password1": ErrCommon, "qwerty123!": ErrCommon, "zzzzzzzzzz": ErrCommon,
		strings.Repeat("x", 257): ErrLong, strings.Repeat("ä", 600): ErrLong, "": ErrShort,
	} {
		if _, err := hasher().Hash(t.Context(), password); !errors.Is(err, want) {
			t.Errorf("Hash(%.20q) = %v, want %v", password, err, want)
		}
	}
}

func TestHasher_shedsWhatItCannotQueue(t *testing.T) {
	t.Parallel()
	h := New(Options{Cost: quick, Slots: 1, Wait: time.Minute})
	h.slots <- struct{}{} // somebody is hashing
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range cap(h.queue) {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			if _, _, err := h.Verify(ctx, "correct horse battery", ""); !errors.Is(err, context.Canceled) {
				t.Errorf("queued Verify = %v", err)
			}
		}()
	}
	for len(h.queue) < cap(h.queue) {
		time.Sleep(time.Millisecond) // until every waiter has its place
	}
	_, _, err := h.Verify(t.Context(), "correct horse battery", "")
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("Verify with a full queue = %v, want Unavailable", err)
	}
	cancel()
	waiting.Wait()
}

func FuzzDecode(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1,keyid=k1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := decode(s)
		if err == nil && !d.sane() {
			t.Errorf("decode(%q) let %+v through", s, d)
		}
	})
}
