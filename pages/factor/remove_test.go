package factor_test

import (
	"strings"
	"testing"

	"plinto/event"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
)

// An operator who removes all factors of a user removes passkeys, apps and recovery codes.
func TestPasskey_isRemovedWithAllFactors(t *testing.T) {
	t.Parallel()
	w := newPasskeyWorld(t, required)
	w.hasKey()
	factors, err := mfa.New(w.Root, mfa.Service{Forget: w.Devices().FactorRemoved, Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	app := mfa.NewSecret()
	enrolment, err := factors.Confirm(&w.alice, app, w.code(strings.ReplaceAll(mfa.SecretText(app), " ", "")), "Phone")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := factors.Enrol(w.In(), enrolment); err != nil {
		t.Fatal(err)
	}
	keys := passkey.New(w.Root, passkey.Service{Store: w.Store.Passkeys, Factors: factors, Outbox: w.Store.Outbox, Tx: w.Store.DB, Now: w.now})
	if err := keys.RemoveAll(w.In(), event.Actor{Type: "operator"}, &w.alice); err != nil {
		t.Fatal(err)
	}
	if held, err := factors.Held(w.In(), w.alice.ID); err != nil || held.Any() || held.Codes != 0 {
		t.Errorf("left are %+v, %v", held, err)
	}
	w.at(w.password(w.Browser(), w.url(nil)), "/login/factor/enrol")
}
