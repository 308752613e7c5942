package storage

import (
	"plinto/event"
	"plinto/provider"
)

// usedFacts is what there is to know of a refresh token that the gate did not let pass.
type usedFacts struct {
	provider.Rotation
	Stands, Used, Expired, Within, Recent bool
	Followed                              bool           // whether its successor is still there
	Repeats                               int            // so far
	Holder, First                         provider.Party // who was given it, and who used it first
}

// verdict of a token that by presents.
func (f *usedFacts) verdict(by provider.Party) error {
	switch {
	case f.Used && (!f.Recent || !f.Followed):
		return provider.ErrRefreshReused
	case !f.Stands:
		return provider.ErrGrantRevoked
	case !f.Used && f.Expired:
		return provider.ErrRefreshUnknown
	case f.shared(by):
		return provider.ErrRefreshReused
	case !f.Within:
		return provider.ErrScopeExceeds
	case !f.Used:
		return provider.ErrGrantRevoked // stands again, but did not when the gate looked
	default:
		return nil // the answer to the first use was lost, or several tabs used it at once
	}
}

// shared reports whether by is plainly not the party that the token was given to, or
// that used it first.
func (f *usedFacts) shared(by provider.Party) bool {
	return by.PlainlyNot(f.Holder) || f.Used && by.PlainlyNot(f.First)
}

// reused is the event of a verdict of reuse.
func (f *usedFacts) reused(by provider.Party) func(client, user string) event.Event {
	reason, first := "refresh_token_reused", f.First.Address
	if f.shared(by) {
		reason = "refresh_token_shared"
	}
	if !f.Used {
		first = f.Holder.Address
	}
	return func(client, user string) event.Event {
		return reused(event.TokenReuseDetected{GrantID: f.Grant.ID, ClientID: client, FirstIP: first}, reason, client, user)
	}
}
