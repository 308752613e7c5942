package browser

import (
	"context"
	"fmt"
	"time"

	"plinto/dispatch"
	"plinto/identity"
)

// A Door is what makes sessions of proofs.
type Door struct {
	Starter    *identity.SessionStarter
	Dispatcher *dispatch.Dispatcher
}

// Enter starts the session of a proof, or renews the browser's own, and goes on with the
// flow. Errors are those of SessionStarter.Start, and of what the proof uses up.
func (v *Visit) Enter(ctx context.Context, door Door, proof identity.Proof, remember bool, now time.Time) error {
	current, err := v.Session()
	if err != nil {
		return err
	}
	client, err := door.Dispatcher.Prepare(ctx, v.Flow)
	if err != nil {
		return fmt.Errorf("prepare next step: %w", err)
	}
	purpose, err := v.Purpose(ctx, now)
	if err != nil {
		return err
	}
	device := v.Device()
	var move dispatch.Move
	in, err := door.Starter.Start(ctx, proof, identity.Browser{
		Current: current, Remember: remember, Known: device.Knows(proof.User.ID), For: purpose,
		Then: func(ctx context.Context, in *identity.SignedIn) (err error) {
			v.Flow.Bind(&in.Session)
			move, err = door.Dispatcher.Advance(ctx, v.Flow, client, &in.Session)
			return err
		},
	})
	if err != nil {
		return err
	}
	v.SignedIn(&in)
	return v.Follow(move)
}
