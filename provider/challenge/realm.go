package challenge

import (
	"context"
	"errors"

	"plinto/dispatch"
	"plinto/identity"
	"plinto/provider"
)

// Realms know whose people sign in with an identity provider.
type Realms interface {
	// Demands reports whether the domain of what was typed as a name has people who sign in with a provider alone, of which takes
	// says yes to one. It depends on the domain only, whether somebody has the name or not.
	Demands(ctx context.Context, typed string, takes func(slug string) bool) (bool, error)
	// Discovers reports whether anybody is led by their address to a provider that takes says yes to.
	Discovers(ctx context.Context, takes func(slug string) bool) (bool, error)
}

// methodProvider is a sign-in with an identity provider: it takes a page.
const methodProvider = "identity_provider"

// demanded answers whoever typed a name of a domain whose people sign in with a provider alone; nil: nobody has to.
func (t *turn) demanded(ctx context.Context, name string) (dispatch.Answer, error) {
	led, err := t.h.Realms.Demands(ctx, name, t.client.TakesConnection)
	if !led || err != nil {
		return nil, err
	}
	return t.web(ctx, stepNames[provider.StepSignIn]) // its page leads to the provider
}

// notNamed is notSignedIn of whoever typed a name. A password that is not taken is answered by the domain of the name alone, so that
// nobody learns whether it was right.
func (t *turn) notNamed(name string) func(context.Context, error) (dispatch.Answer, error) {
	return func(ctx context.Context, err error) (dispatch.Answer, error) {
		if name != "" && errors.Is(err, identity.ErrRefused) {
			if a, err := t.demanded(ctx, name); a != nil || err != nil {
				return a, err
			}
		}
		return t.notSignedIn(ctx, err)
	}
}

// admitted asks whether a proof is taken, before more is asked for; nil: it is.
func (t *turn) admitted(ctx context.Context, proof *identity.Proof) (dispatch.Answer, error) {
	err := t.h.Starter.Admit(ctx, proof)
	if errors.Is(err, identity.ErrProviderRequired) {
		return t.web(ctx, stepNames[provider.StepSignIn])
	}
	return nil, err
}
