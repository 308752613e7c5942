package password_test

import (
	"strings"
	"testing"

	"plinto/event"
	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/internal/plintotest"
	"plinto/internal/testworld"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// unpaired is a world in which Alice had a second factor beside a password of 28 characters. least is how long one has to be alone.
func unpaired(t *testing.T, least int) (w *world, factors *mfa.Service, owner string) {
	t.Helper()
	database, owner := storagetest.URL(t)
	w = &world{t: t, Server: plintotest.Start(t, plintotest.Options{Database: database, Settings: tenant.Settings{Password: tenant.PasswordPolicy{MinLength: least}}})}
	w.client, _ = w.Client(testworld.Web("https://rp.example/cb"), plintotest.FirstParty)
	before := *w.Tenant
	before.Settings.Password.MinLength = 0
	w.alice = w.UserIn(&before, alice)
	var err error
	factors, err = mfa.New(w.Root, mfa.Service{Forget: w.Devices().FactorRemoved, Factors: w.Store.Factors, Attempts: w.Store.Attempts, Outbox: w.Store.Outbox, Tx: w.Store.DB})
	if err != nil {
		t.Fatal(err)
	}
	w.gets(factors)
	w.loses(factors)
	return w, factors, owner
}

// gets gives Alice a second factor.
func (w *world) gets(factors *mfa.Service) {
	w.t.Helper()
	if err := factors.Take(w.In(), &w.alice, mfa.NewSecret(), "Phone"); err != nil {
		w.t.Fatal(err)
	}
}

// loses takes from Alice what second factors she has.
func (w *world) loses(factors *mfa.Service) {
	w.t.Helper()
	held, err := factors.Held(w.In(), w.alice.ID)
	for i := range held.TOTP {
		if err == nil {
			err = factors.Remove(w.In(), event.Actor{Type: "operator"}, &w.alice, held.TOTP[i].ID)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// PWD-29: a password that was allowed to be shorter beside a second factor is not the only factor for longer than until the next sign-in.
func TestSignIn_byAPasswordThatIsTooShortAlone(t *testing.T) {
	t.Parallel()
	w, _, owner := unpaired(t, 40)
	if p := w.try("not hers"); p.Left != nil || w.state() != identity.PasswordUnpaired {
		t.Errorf("a wrong password: left to %v, state %q", p.Left, w.state())
	}
	var p *plintotest.Page
	for range 2 {
		if p = w.at(w.try(plintotest.Password), "/login/password"); w.state() != identity.PasswordShort || !strings.Contains(p.Doc.Find("#lead").Text(), "has to be longer") {
			t.Errorf("state %q, %q", w.state(), p.Doc.Find("#lead").Text())
		}
	}
	var told int
	err := storagetest.Owner(t, owner).QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'password.required'`).Scan(&told)
	if err != nil || told != 1 {
		t.Errorf("told %d times, want once; %v", told, err)
	}
	if p = w.at(p.Submit("submit", map[string]string{"password": fresh}), "/login/password"); !strings.Contains(p.Doc.Find("#problem").Text(), "at least 40") {
		t.Errorf("another one that is too short: %q", p.Doc.Find("#problem").Text())
	}
	if p = p.Submit("submit", map[string]string{"password": "quarry lantern tavern mosaic plinth osprey"}); p.Left == nil || w.state() != "" {
		t.Errorf("a longer one: at %s, state %q", p.URL, w.state())
	}
}

func TestSignIn_byAPasswordThatIsLongEnoughAlone(t *testing.T) {
	t.Parallel()
	w, _, _ := unpaired(t, 15)
	if p := w.try(plintotest.Password); p.Left == nil || w.state() != "" {
		t.Errorf("at %s, state %q", p.URL, w.state())
	}
}

func TestSignIn_byAShortPasswordBesideAnotherFactor(t *testing.T) {
	t.Parallel()
	w, factors, _ := unpaired(t, 40)
	w.at(w.try(plintotest.Password), "/login/password")
	w.gets(factors)
	if w.at(w.try(plintotest.Password), "/login/factor"); w.state() != "" {
		t.Errorf("state %q", w.state())
	}
}

// What was known of a password before stays known.
func TestSignIn_byAPasswordThatIsDueWithoutItsFactor(t *testing.T) {
	t.Parallel()
	w, factors, _ := unpaired(t, 15)
	w.asks()
	w.gets(factors)
	if w.loses(factors); w.state() != identity.PasswordDue {
		t.Errorf("state %q", w.state())
	}
}

// Who measures a password late takes nothing away that another sign-in found out about it meanwhile.
func TestPasswordState_isTakenAwayByWhoMeasuredItAlone(t *testing.T) {
	t.Parallel()
	w, _, _ := unpaired(t, 15)
	for _, state := range []string{identity.PasswordBreached, ""} {
		if _, err := w.Store.Users.SetPasswordState(w.In(), w.alice.ID, state, ""); err != nil {
			t.Fatal(err)
		}
	}
	if w.state() != identity.PasswordBreached {
		t.Errorf("state %q", w.state())
	}
}
