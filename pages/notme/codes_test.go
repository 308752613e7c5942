package notme_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity/mfa"
	"plinto/internal/mailcatcher"
)

// NME-07: recovery codes that somebody else was shown end, with the mail about them and with that about the factor that came
// with them. The factor from before stays, and its codes where the mail is about another factor.
func TestNotMe_endsRecoveryCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		replaced  bool // the codes are not from before the factor or the mail
		gone      bool // the intruder removed the factor again
		fact      func(factor uuid.UUID) event.Fact
		wantCodes int
	}{
		"new codes":                    {true, false, func(uuid.UUID) event.Fact { return event.RecoveryCodesReplaced{} }, 0},
		"a factor, with codes":         {true, false, added, 0},
		"a factor, gone, with codes":   {true, true, added, 0},
		"a factor beside earlier ones": {false, false, added, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			factor := func(ctx context.Context, first bool) uuid.UUID {
				id := uuid.Must(uuid.NewV7())
				if err := w.Store.Factors.AddTOTP(ctx, mfa.TOTP{ID: id, UserID: w.alice.ID, Name: "app", Sealed: []byte("sealed")}, first); err != nil {
					t.Error(err)
				}
				return id
			}
			codes := func(ctx context.Context) error {
				hash := uuid.New()
				return w.Store.Factors.ReplaceCodes(ctx, w.alice.ID, [][]byte{hash[:]})
			}
			inTx := func(do func(context.Context) error) {
				t.Helper()
				if err := w.Store.DB.InTx(w.In(), do); err != nil {
					t.Fatal(err)
				}
			}
			inTx(func(ctx context.Context) error { factor(ctx, true); return codes(ctx) })
			var theirs uuid.UUID
			inTx(func(ctx context.Context) error {
				theirs = factor(ctx, false)
				if c.replaced {
					if err := codes(ctx); err != nil {
						return err
					}
				}
				return w.Store.Outbox.Append(ctx, event.Event{Fact: c.fact(theirs), Outcome: "success", Subject: w.alice.PublicID()})
			})
			if c.gone {
				inTx(func(ctx context.Context) error { return w.Store.Factors.RemoveTOTP(ctx, w.alice.ID, theirs) })
			}
			m := w.Mail(func(m mailcatcher.Mail) bool { return m.To == alice && address.MatchString(m.Text) }, 1)
			p := w.Browser().Open(address.FindString(m.Text))
			if _, is := c.fact(theirs).(event.RecoveryCodesReplaced); is != strings.Contains(p.Doc.Find("main").Text(), "recovery codes stop working") {
				t.Errorf("the page says: %s", p.Doc.Find("main").Text())
			}
			if p = p.Submit("submit", nil); p.Doc.Find("#not-me-done").Length() != 1 {
				t.Fatalf("%d", p.Status)
			}
			held, err := w.Store.Factors.Of(w.In(), w.alice.ID)
			if err != nil || held.Codes != c.wantCodes || len(held.TOTP) == 0 {
				t.Errorf("%d codes are good, with %d factors (%v), want %d", held.Codes, len(held.TOTP), err, c.wantCodes)
			}
			var told int
			if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE type = 'recovery_codes.removed' AND subject = $1`, w.alice.PublicID()).Scan(&told); err != nil || told != 1-c.wantCodes {
				t.Errorf("recorded %d times (%v)", told, err)
			}
		})
	}
}

func added(factor uuid.UUID) event.Fact { return event.FactorAdded{FactorID: factor, Kind: "totp"} }
