package browser

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/dispatch"
	"plinto/identity"
)

// A Start is how a session starts.
type Start struct {
	Remember bool // the user asked to stay signed in
	// RememberDevice is how long the second factor is not asked for in the browser; 0: as before.
	RememberDevice time.Duration
	Now            time.Time
}

// Admit reports why a proof is not taken, before more is asked for: see identity.Gate.
func (v *Visit) Admit(ctx context.Context, starter *identity.SessionStarter, proof *identity.Proof, now time.Time) error {
	proof.Shown = v.shown(now)
	return starter.Admit(ctx, proof)
}

// shown is the connection of the account that somebody showed in the flow, to have it connected with theirs.
func (v *Visit) shown(now time.Time) uuid.UUID {
	if p := v.Flow.Connecting; p != nil && now.Before(p.Until) {
		return p.Connection
	}
	return uuid.Nil
}

// StartSession starts the session of a proof, or renews the browser's own, and goes on with
// the flow. Errors are those of SessionStarter.Start, and of what the proof uses up.
func (v *Visit) StartSession(ctx context.Context, starter *identity.SessionStarter, dispatcher *dispatch.Dispatcher,
	proof identity.Proof, start Start,
) error {
	current, err := v.Session()
	if err != nil {
		return err
	}
	client, err := dispatcher.Prepare(ctx, v.Flow)
	if err != nil {
		return fmt.Errorf("prepare next step: %w", err)
	}
	purpose, err := v.Purpose(ctx, start.Now)
	if err != nil {
		return err
	}
	proof.Shown = v.shown(start.Now)
	proof.Until = v.until(&proof, current)
	device := v.Device()
	var move dispatch.Move
	in, err := starter.Start(ctx, proof, identity.Browser{
		Current: current, Remember: start.Remember, Known: device.Knows(proof.User.ID), For: purpose,
		Device: device.Named(), RememberFor: start.RememberDevice,
		Then: func(ctx context.Context, in *identity.SignedIn) (err error) {
			v.Flow.Bind(&in.Session)
			move, err = dispatcher.Advance(ctx, v.Flow, client, &in.Session)
			return err
		},
	})
	if err != nil {
		return err
	}
	v.SignedIn(&in)
	return v.Follow(move)
}

// until is when an identity provider wants the session of a proof to end. Who proves something else besides is still there by
// the provider's leave.
func (v *Visit) until(proof *identity.Proof, current *identity.Session) time.Time {
	first := v.Flow.Proved
	switch {
	case !slices.Contains(proof.AMR, identity.AMRFederated), proof.Connection != "":
		return proof.Until
	case first != nil && first.UserID == proof.User.ID:
		return first.Until
	case current != nil && current.UserID == proof.User.ID:
		return current.ExpiresAt
	}
	return proof.Until
}
