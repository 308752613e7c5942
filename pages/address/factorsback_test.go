package address_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/federation"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/mailcatcher"
)

// adds gives Alice an app, a passkey and an account at a provider, as whoever is signed in does, with recovery
// codes. It returns their ids.
func (w *world) addsFactors(first bool) []uuid.UUID {
	w.t.Helper()
	app, key, account := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	must(w.t, w.Store.DB.InTx(w.In(), func(ctx context.Context) error {
		if err := w.Store.Factors.AddTOTP(ctx, mfa.TOTP{ID: app, UserID: w.alice.ID, Name: "app", Sealed: []byte("sealed")}, first); err != nil {
			return err
		}
		if err := w.Store.Passkeys.Add(ctx, passkey.Passkey{
			ID: key, UserID: w.alice.ID, CredentialID: key[:], PublicKey: []byte("key"), Transports: []string{}, UserVerified: true, Name: "key",
		}, false, key[:], time.Now().Add(time.Hour)); err != nil {
			return err
		}
		return w.Store.Factors.ReplaceCodes(ctx, w.alice.ID, [][]byte{app[:]})
	}))
	c, err := w.Store.Connections.BySlug(w.In(), "idp")
	if err != nil {
		c = federation.Connection{ID: uuid.Must(uuid.NewV7()), Slug: "idp", Sealed: []byte("sealed")}
		c.Kind, c.Name = federation.KindOIDC, "IdP"
		must(w.t, w.Store.Connections.Create(w.In(), c))
	}
	must(w.t, w.Store.DB.InTx(w.In(), func(ctx context.Context) error {
		return w.Store.Identities.Add(ctx, federation.Identity{
			ID: account, Connection: c.ID, Issuer: "https://idp.example", Subject: account.String(), UserID: w.alice.ID,
		}, w.alice.NotBefore)
	}))
	return []uuid.UUID{app, key, account}
}

// held are the ids of all that signs Alice in besides the password, and how many recovery codes she has.
func (w *world) held() (ids []uuid.UUID, codes int) {
	w.t.Helper()
	held, err := w.Store.Factors.Of(w.In(), w.alice.ID)
	must(w.t, err)
	keys, err := w.Store.Passkeys.Of(w.In(), w.alice.ID)
	must(w.t, err)
	accounts, err := w.Store.Identities.Of(w.In(), w.alice.ID)
	must(w.t, err)
	for _, f := range held.TOTP {
		ids = append(ids, f.ID)
	}
	for _, k := range keys {
		ids = append(ids, k.ID)
	}
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	return ids, held.Codes
}

// NME-06: addresses that are taken back take back what was added since too: its mails went to the intruder. What was there
// before stays, and the owner gets in.
func TestTakenBack_withWhatWasAddedSince(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before bool // Alice has some from before
		added  bool // the mail is about the address that was proved, not about the change
	}{
		"nothing from before":           {false, false},
		"others from before":            {true, false},
		"by the mail about the address": {false, true},
		"that, with others from before": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var want []uuid.UUID
			if c.before {
				want = w.addsFactors(true)
			}
			var added string
			link := w.intrudes(func(m mailcatcher.Mail) { added = linkPattern.FindString(m.Text) })
			if c.added {
				link = added
			}
			theirs := w.addsFactors(!c.before)
			if ids, codes := w.held(); len(ids) != len(want)+3 || codes != 1 {
				t.Fatalf("control: %d, with %d codes", len(ids), codes)
			}
			if p := w.Browser().Open(link).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
				t.Fatalf("%d", p.Status)
			}
			ids, codes := w.held()
			for i, what := range []string{"app", "passkey", "account at a provider"} {
				if slices.Contains(ids, theirs[i]) {
					t.Errorf("the intruder's %s stays", what)
				}
				if c.before && !slices.Contains(ids, want[i]) {
					t.Errorf("the %s from before is gone", what)
				}
			}
			if codes != 0 {
				t.Errorf("%d recovery codes of the intruder's are good", codes)
			}
			if c.before {
				return // the recovery asks for the factor from before
			}
			if p := w.recovers(alice).Submit("submit", map[string]string{"password": "what the owner chose now"}); p.Left == nil {
				t.Errorf("the owner does not get in: %d %s", p.Status, p.URL)
			}
		})
	}
}

// NME-06: an address that was the user's for long takes nothing with it that came before the change.
func TestTakenBack_keepsWhatIsOlderThanTheChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, err := w.service.Provide(w.In(), event.Actor{Type: "operator"}, &w.alice, work)
	must(t, err)
	_, err = w.owner.Exec(t.Context(), `UPDATE user_emails SET verified_at = now() - interval '1 year' WHERE id = $1`, e.ID)
	must(t, err)
	w.addsFactors(true)
	for _, table := range []string{"totp_factors", "passkeys", "user_identities", "recovery_codes"} {
		_, err = w.owner.Exec(t.Context(), `UPDATE `+table+` SET created_at = now() - interval '8 days' WHERE user_id = $1`, w.alice.ID)
		must(t, err)
	}
	must(t, w.service.MakePrimary(w.In(), event.Actor{Type: "user", ID: w.alice.PublicID()}, &w.alice, e.ID))
	m := w.Mail(func(m mailcatcher.Mail) bool {
		return m.To == alice && strings.Contains(m.Subject, "andere Hauptadresse")
	}, 1)
	if p := w.Browser().Open(linkPattern.FindString(m.Text)).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
		t.Fatalf("%d", p.Status)
	}
	if ids, codes := w.held(); len(ids) != 3 || codes != 1 {
		t.Errorf("%d are left, with %d codes", len(ids), codes)
	}
}

// NME-08: a mail that waited until the primary address was another one goes to the mailbox that the user had when it happened, and its
// link is good after the addresses were taken back.
func TestTakenBack_lateMailsGoToTheOldMailbox(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs := w.addsFactors(true)
	before := time.Now()
	link := w.intrudes()
	must(t, w.Store.DB.InTx(w.In(), func(ctx context.Context) error {
		return w.Store.Outbox.Append(ctx, event.Event{
			Fact: event.FactorAdded{FactorID: theirs[1], Kind: "passkey"}, OccurredAt: before, Outcome: "success",
			Actor: event.Actor{Type: "user", ID: w.alice.PublicID()}, Subject: w.alice.PublicID(),
		})
	}))
	late := w.Mail(func(m mailcatcher.Mail) bool { return strings.Contains(m.Subject, "zweiten Schritt") }, 1)
	if late.To != alice {
		t.Fatalf("%s is told of what came before it", late.To)
	}
	for _, l := range []string{link, linkPattern.FindString(late.Text)} {
		if p := w.Browser().Open(l).Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
			t.Fatalf("%s: %d", l, p.Status)
		}
	}
	if ids, _ := w.held(); slices.Contains(ids, theirs[1]) {
		t.Error("the intruder's passkey stays")
	}
}
