package browser

import (
	"context"
	"errors"
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

// Admit reports why a proof is not taken, before more is asked for: see identity.Gate. Whoever has shown an account at the provider
// that they have to sign in with goes on: StartSession starts none before it is theirs.
func (v *Visit) Admit(ctx context.Context, starter *identity.SessionStarter, proof *identity.Proof, now time.Time) error {
	err := starter.Admit(ctx, proof)
	if v.shows(err, now) {
		return nil
	}
	return err
}

// shows reports whether a refusal is for a provider of which somebody has shown an account in the flow, to have it connected with theirs.
func (v *Visit) shows(refused error, now time.Time) bool {
	var required *identity.ProviderRequired
	shown := v.Shown(now)
	return errors.As(refused, &required) && shown != uuid.Nil && slices.Contains(required.Connections, shown)
}

// Shown is the connection of the account that somebody has shown in the flow, or uuid.Nil.
func (v *Visit) Shown(now time.Time) uuid.UUID {
	if p := v.Flow.Connecting; p != nil && now.Before(p.Until) {
		return p.Connection
	}
	return uuid.Nil
}

// hold keeps a proof in the flow, and asks whether the account at the provider is its user's. A session that was started before they
// said so would be one without the provider: they may decline, or leave the page.
func (v *Visit) hold(ctx context.Context, starter *identity.SessionStarter, dispatcher *dispatch.Dispatcher, proof *identity.Proof, start Start) error {
	if proof.Spend != nil {
		if err := starter.Tx.InTx(ctx, proof.Spend); err != nil {
			return err
		}
	}
	return v.Follow(dispatcher.HoldToConnect(ctx, v.Flow, proof, start.Remember, start.RememberDevice))
}

// StartSession starts the session of a proof, or renews the browser's own, and goes on with
// the flow. Errors are those of SessionStarter.Start, and of what the proof uses up.
func (v *Visit) StartSession(ctx context.Context, starter *identity.SessionStarter, dispatcher *dispatch.Dispatcher,
	proof identity.Proof, start Start,
) error {
	if v.shows(starter.Admit(ctx, &proof), start.Now) {
		return v.hold(ctx, starter, dispatcher, &proof, start)
	}
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

// until is when an identity provider wants the session of a proof to end. It is that of the first proof too: a second one
// does not outlast what the provider allowed.
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
