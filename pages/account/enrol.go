package account

import (
	"context"
	"slices"

	"plinto/identity"
	"plinto/identity/mfa"
	"plinto/provider"
)

// enrol adds a factor in the session of the visit. A user who had none is signed in with both from
// then on, as on the pages of a flow: the browser gets another token. identity.ErrRefused and
// identity.ErrNoSession when everything of the user ended meanwhile.
func (v *visit) enrol(ctx context.Context, amr []string, store func(context.Context) error) error {
	s := v.session
	if slices.Contains(s.AMR, mfa.AMRMulti) {
		return v.Account.While(ctx, s, store)
	}
	proof := identity.Proof{User: v.user, AMR: slices.Concat(s.AMR, amr), At: s.AuthTime, SecondFactor: true, Upstream: s.Upstream, Spend: store}
	proof.User.NotBefore = s.Mark // what was proved before is proved under the mark of then
	in, err := v.Starter.Start(ctx, proof, identity.Browser{
		Current: s, Remember: s.Remembered, Known: true, For: identity.Purpose{ClientID: provider.AccountPages, Demanded: provider.WhyEnrol},
	})
	if err != nil {
		return err
	}
	v.Browser.KeepSession(v.w, v.r, in.Token, in.Session)
	v.session = &in.Session
	return nil
}
