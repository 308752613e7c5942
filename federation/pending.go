package federation

import (
	"context"

	"github.com/google/uuid"

	"plinto/identity"
)

// Confirm makes an identity that somebody has shown one of the user who is signed in: what they say on the page that asks.
// ErrIdentityTaken, ErrTooManyIDs, ErrSpent, identity.ErrRefused.
func (s *SignIns) Confirm(ctx context.Context, p *identity.PendingIdentity, user *identity.User) error {
	if s.Now().After(p.Until) {
		return ErrSpent
	}
	u := useOf(p)
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.linkShown(ctx, p, u, user) })
}

// Claim is Confirm of somebody who has to sign in with the provider, so that nothing else signs them in: by is what they proved here. The
// proof that it returns is of both, and makes the identity theirs in the transaction that starts the session. ErrSpent, ErrNotFound,
// ErrDisabled, ErrSuspended; what it uses up has the errors of Confirm.
func (s *SignIns) Claim(ctx context.Context, p *identity.PendingIdentity, by identity.Proof) (identity.Proof, error) { //nolint:gocritic // a copy is what is returned
	if s.Now().After(p.Until) {
		return by, ErrSpent
	}
	c, err := s.Connections.ByID(ctx, p.Connection)
	if err != nil {
		return by, err
	}
	if err := c.Closed(); err != nil {
		return by, err
	}
	u, user := useOf(p), by.User
	by.AMR = identity.JoinAMR(by.AMR, []string{identity.AMRFederated})
	by.Connection, by.Upstream, by.Until = c.PublicID(), u.upstream(&c, p.SID), p.SessionEnd
	by.Spend = func(ctx context.Context) error { return s.linkShown(ctx, p, u, &user) }
	return by, nil
}

// useOf is the end of the round in which an identity was shown, which it gives an id.
func useOf(p *identity.PendingIdentity) Use {
	return Use{
		State: p.State, Until: p.Until, Connection: p.Connection, Version: p.Version, Label: p.Label, Identity: uuid.Must(uuid.NewV7()), Assertion: p.Assertion,
	}
}

// linkShown is link of an identity that somebody has shown. Its claims are not kept until then: the next sign-in takes them over.
func (s *SignIns) linkShown(ctx context.Context, p *identity.PendingIdentity, u Use, user *identity.User) error { //nolint:gocritic // as link
	return s.link(ctx, &Connection{ID: p.Connection}, u, &Assertion{Issuer: p.Issuer, Subject: p.Subject}, user)
}
