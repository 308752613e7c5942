package identity

import (
	"context"
	"log/slog"
	"time"

	"plinto/event"
	"plinto/internal/password"
	"plinto/tenant"
)

// lookAgainAfter is how long a password that was not in the lists is taken for one that is not:
// lists grow, by a few editions a year.
const lookAgainAfter = 30 * 24 * time.Hour

// lookWithin bounds a look that nobody waits for.
const lookWithin = 10 * time.Second

// A PasswordCheck says when a password was looked up in lists of breached passwords and not found.
type PasswordCheck struct {
	At   time.Time // zero: never, or another password was set since
	List string    // the edition of the lists
}

// inspect finds out whether a password that was just proved is too short (see measure) or has leaked, and notes that in the
// user, who is told what becomes of it by the policy of the tenant. Only who knows the password
// has it looked up, so nobody learns anything by guessing. The lists are asked once for a password,
// and again when they are others or after lookAgainAfter. Where the policy asks nothing of the user,
// nobody waits for the answer. Failing to note it is no reason to refuse a sign-in: this one goes
// by the policy all the same, and the next one tries again.
func (p *PasswordProof) inspect(ctx context.Context, g *guess, typed string) {
	clean, err := password.Normalize(typed)
	if err != nil {
		return
	}
	p.measure(ctx, g, clean)
	policy := tenant.Must(ctx).Settings.Password.AtBreach()
	switch {
	case policy == tenant.BreachedOff || g.user.PasswordState != "":
	case password.IsCommon(clean): // costs nothing
		p.flag(ctx, g.user, policy, g.encoded)
	case p.Breaches == nil || p.looked(g.checked):
	case policy == tenant.BreachedFlag && p.Later != nil:
		user, encoded := *g.user, g.encoded
		p.Later(ctx, lookWithin, func(ctx context.Context) { p.look(ctx, &user, policy, clean, encoded) })
	default:
		p.look(ctx, g.user, policy, clean, g.encoded)
	}
}

// looked reports whether the lists were asked of late.
func (p *PasswordProof) looked(c PasswordCheck) bool {
	return c.List == p.Breaches.Edition() && p.Now().Sub(c.At) < lookAgainAfter
}

// look asks the lists. What they cannot answer is asked again at the next sign-in.
func (p *PasswordProof) look(ctx context.Context, user *User, policy, clean, encoded string) {
	edition := p.Breaches.Edition()
	leaked, err := p.Breaches.Look(ctx, clean)
	switch {
	case leaked:
		p.flag(ctx, user, policy, encoded)
	case err == nil:
		if err := p.Writes.SetPasswordChecked(ctx, user.ID, edition, encoded); err != nil {
			slog.WarnContext(ctx, "the look at breached passwords cannot be noted", "error", err.Error())
		}
	}
}

// flag notes that a password has leaked.
func (p *PasswordProof) flag(ctx context.Context, user *User, policy, encoded string) {
	p.note(ctx, user, PasswordBreached, encoded, event.PasswordBreached{Policy: policy})
}

// note notes what was found out about a password, with the fact that tells of it, or nil.
func (p *PasswordProof) note(ctx context.Context, user *User, state, encoded string, fact event.Fact) {
	user.PasswordState = state
	err := p.Tx.InTx(ctx, func(ctx context.Context) error {
		changed, err := p.Writes.SetPasswordState(ctx, user.ID, state, encoded)
		if err != nil || !changed || fact == nil {
			return err
		}
		return p.Outbox.Append(ctx, event.Event{Fact: fact, Outcome: "success", Actor: event.Actor{Type: "system"}, Subject: user.PublicID()})
	})
	if err != nil {
		slog.WarnContext(ctx, "state of password cannot be noted", "error", err.Error())
	}
}
