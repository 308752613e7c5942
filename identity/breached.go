package identity

import (
	"context"
	"log/slog"

	"plinto/event"
	"plinto/internal/password"
	"plinto/tenant"
)

// inspect finds out whether a password that was just proved has leaked, and notes that in the
// user, who is told what becomes of it by the policy of the tenant. Only who knows the password
// has it looked up, so nobody learns anything by guessing. It is looked up at each sign-in until
// it is known to have leaked: lists grow. Failing to note it is no reason to refuse a sign-in:
// this one goes by the policy all the same, and the next one tries again.
func (p *PasswordProof) inspect(ctx context.Context, user *User, typed, encoded string) {
	policy := tenant.Must(ctx).Settings.Password.AtBreach()
	if policy == tenant.BreachedOff || user.PasswordState != "" {
		return
	}
	clean, err := password.Normalize(typed)
	if err != nil || !p.leaked(ctx, clean) {
		return
	}
	user.PasswordState = PasswordBreached
	err = p.Tx.InTx(ctx, func(ctx context.Context) error {
		changed, err := p.Writes.SetPasswordState(ctx, user.ID, PasswordBreached, encoded)
		if err != nil || !changed {
			return err
		}
		return p.Outbox.Append(ctx, event.Event{
			Fact: event.PasswordBreached{Policy: policy}, Outcome: "success", Actor: event.Actor{Type: "system"}, Subject: user.PublicID(),
		})
	})
	if err != nil {
		slog.WarnContext(ctx, "breached password cannot be noted", "error", err.Error())
	}
}

// leaked asks the embedded list first, which costs nothing.
func (p *PasswordProof) leaked(ctx context.Context, clean string) bool {
	return password.IsCommon(clean) || p.Breaches != nil && p.Breaches.Leaked(ctx, clean)
}
