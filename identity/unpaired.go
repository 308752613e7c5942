package identity

import (
	"context"
	"unicode/utf8"

	"plinto/event"
	"plinto/tenant"
)

// measure sees whether a password that was just proved is as long as one has to be that is set now, where the second factor beside
// which it was allowed to be shorter went (NIST SP 800-63B-4 §3.1.1.2), and notes that in the user. No other password is measured.
func (p *PasswordProof) measure(ctx context.Context, g *guess, clean string) {
	state := g.user.PasswordState
	if state != PasswordUnpaired && state != PasswordShort {
		return
	}
	if utf8.RuneCountInString(clean) >= tenant.Must(ctx).Settings.PasswordLength(g.second) {
		p.note(ctx, g.user, "", g.encoded, nil) // a factor was added again, or it was long enough all along
		return
	}
	if state == PasswordUnpaired {
		p.note(ctx, g.user, PasswordShort, g.encoded, event.PasswordRequired{})
	}
}
