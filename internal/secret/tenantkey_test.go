package secret

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// BAK-05: a tenant that was restored has the keys that it came with, and no other tenant has them.
func TestTenantKey_isTheOneThatATenantCameWith(t *testing.T) {
	t.Parallel()
	here, _ := NewRoot()
	there, _ := NewRoot()
	came, other := [16]byte{1}, [16]byte{2}
	stored, err := here.SealKeys(came, there.KeysOf(came))
	if err != nil || stored == nil {
		t.Fatal(stored, err)
	}
	made := here.TenantKey(PasswordPepper) // by a service, before the tenant was restored
	if err := here.Adopt(came, stored); err != nil {
		t.Fatal(err)
	}
	elsewhere := there.TenantKey(PasswordPepper)
	if made.Of(came) != elsewhere.Of(came) {
		t.Error("the tenant has another key than it came with")
	}
	if made.Of(other) != here.Subkey(PasswordPepper) {
		t.Error("another tenant has its key")
	}
	box := there.TenantKey(Authenticators).Seal(came, []byte("seed"), "totp")
	if plain, err := here.TenantKey(Authenticators).Open(came, box, "totp"); err != nil || string(plain) != "seed" {
		t.Errorf("opened %q, %v", plain, err)
	}
	if _, err := here.TenantKey(Authenticators).Open(other, box, "totp"); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant opens it: %v", err)
	}
	if err := here.Adopt(came, nil); err != nil || made.Of(came) != here.Subkey(PasswordPepper) {
		t.Errorf("the tenant is read without keys of its own, and has them: %v", err)
	}
}

func TestKeys_areSealedForTheirTenantAlone(t *testing.T) {
	t.Parallel()
	here, _ := NewRoot()
	there, _ := NewRoot()
	of := [16]byte{1}
	if stored, err := here.SealKeys(of, here.KeysOf(of)); err != nil || stored != nil {
		t.Errorf("the keys of the installation are stored: %d bytes, %v", len(stored), err)
	}
	stored, err := here.SealKeys(of, there.KeysOf(of))
	if err != nil {
		t.Fatal(err)
	}
	if err := here.Adopt([16]byte{2}, stored); !errors.Is(err, ErrSealed) {
		t.Errorf("another tenant adopts them: %v", err)
	}
	if err := there.Adopt(of, stored); !errors.Is(err, ErrSealed) {
		t.Errorf("another installation adopts them: %v", err)
	}
	if err := (Root{}).Adopt(of, stored); !errors.Is(err, ErrSealed) {
		t.Errorf("without a root key: %v", err)
	}
	again, err := ParseKeys(there.KeysOf(of).Reveal())
	if err != nil || len(again.of) != len(purposes) || again.of[DataKeys] != there.Subkey(DataKeys) {
		t.Errorf("read %d keys again, %v", len(again.of), err)
	}
	if shown := fmt.Sprintf("%v %+v %#v %s", again, again, again, again); strings.Contains(shown, "plinto/") || !strings.Contains(shown, redacted) {
		t.Errorf("keys show as %s", shown)
	}
	for _, bad := range []string{"", "{", `{"plinto/wrap/v1":"AA=="}`} {
		if _, err := ParseKeys([]byte(bad)); !errors.Is(err, ErrSealed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A key that no backup has would be lost with the installation.
func TestTenantKey_isOfAPurposeThatBackupsHave(t *testing.T) {
	t.Parallel()
	root, _ := NewRoot()
	defer func() {
		if recover() == nil {
			t.Error("there is a key of an unknown purpose")
		}
	}()
	root.TenantKey("plinto/else/v1")
}
