package dispatch

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/provider"
	"plinto/tenant"
)

// memberships are those of a user that the answer can be for. They are read anew at each step, and only
// where they count.
func (d *Dispatcher) memberships(ctx context.Context, flow *provider.Flow, client *provider.Client, user uuid.UUID) ([]provider.Membership, error) {
	if !flow.AboutOrganizations(client) {
		return nil, nil
	}
	found, err := d.read(ctx, flow, user)
	if err != nil {
		return nil, err
	}
	settings := &tenant.Must(ctx).Settings
	for i := range found {
		found[i].Demands = provider.DemandsOf(settings, &found[i].Policy)
	}
	return found, nil
}

func (d *Dispatcher) read(ctx context.Context, flow *provider.Flow, user uuid.UUID) ([]provider.Membership, error) {
	if flow.Request.Organization == "" {
		return d.Memberships.Of(ctx, user, provider.MaxMemberships)
	}
	found, err := d.Memberships.In(ctx, user, flow.Request.Organization)
	if errors.Is(err, provider.ErrNotMember) {
		return nil, nil
	}
	return []provider.Membership{found}, err
}

// keys reads what the user of the session has, where that decides whether they make a passkey. It reports
// whether that is anything else than before.
func (d *Dispatcher) keys(ctx context.Context, flow *provider.Flow, session *identity.Session) (changed bool, err error) {
	before := flow.Key
	flow.Key = identity.KeyHolding{}
	if session != nil && flow.DemandsKey(session.AMR) {
		flow.Key, err = d.Keys.Holding(ctx, session.UserID)
	}
	return !flow.Key.Equal(&before), err
}

// named is the organization that a request names, as strangers see it: only one that has a branding. It is
// read once in a flow.
func (d *Dispatcher) named(ctx context.Context, flow *provider.Flow) (provider.Membership, error) {
	if flow.Request.Organization == "" || flow.Shown.ID != uuid.Nil {
		return flow.Shown, nil
	}
	found, err := d.Memberships.Shown(ctx, flow.Request.Organization)
	if errors.Is(err, provider.ErrNotMember) {
		return provider.Membership{}, nil
	}
	return found, err
}

// AsksOrganization reports whether a flow is at the step in which the user says which organization it
// is for, and returns those there are. An earlier choice can be made anew: users go back.
func (d *Dispatcher) AsksOrganization(ctx context.Context, flow *provider.Flow, client *provider.Client, session *identity.Session) ([]provider.Membership, bool, error) {
	facts, err := d.facts(ctx, flow, client, session)
	if err != nil {
		return nil, false, err
	}
	undecided := *flow
	undecided.Picked, undecided.Alone = uuid.Nil, false
	undecided.Settle(facts)
	return facts.Memberships, undecided.Next(facts).Step == provider.StepOrganization, nil
}
