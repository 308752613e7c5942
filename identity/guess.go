package identity

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plinto/event"
	"plinto/internal/secret"
	"plinto/tenant"
)

// The limits of sign-in, of failures only.
var (
	limitAddress = Limit{Name: "sign-in-address", Count: 30, Period: time.Minute, Burst: 20}
	limitAccount = Limit{Name: "sign-in-account", Count: 10, Period: 10 * time.Minute, Burst: 10}
	// limitName is of wrong guesses for a name as it was typed, from browsers that are new to it. It keeps nobody out: it
	// strains.
	limitName   = Limit{Name: "sign-in-name", Count: 10, Period: 10 * time.Minute, Burst: 10}
	limitDevice = Limit{Name: "sign-in-device", Count: 10, Period: 10 * time.Minute, Burst: 10}
)

// A guess is an attempt whose name was looked up.
type guess struct {
	user     *User  // nil for an unknown name
	encoded  string // password hash; "" without one
	second   bool   // the user has a second factor
	checked  PasswordCheck
	device   KnownDevice
	account  Bucket
	networks []Bucket // nil for a browser that signed the user in before
	name     Bucket   // of the name as it was typed
	strained bool     // one of them failed often of late
	// elsewhere: the user has to sign in with an identity provider.
	elsewhere bool
}

// admit looks the name up. ErrThrottled when there were too many failures in the
// network, whatever the name.
//
// A browser that signed the user in before is not stopped by what others do in its
// network, and has a limit of its own for the account: an attack from elsewhere
// keeps nobody out. Those that are not known any more share one. For a browser without a
// device cookie the name need not be looked up first.
func (p *PasswordProof) admit(ctx context.Context, try *Attempt) (g guess, err error) {
	networks := limitAddress.Networks(try.Address, "")
	if try.Device == nil {
		if err := p.wait(ctx, try, networks); err != nil {
			return g, err
		}
	}
	held, err := p.credential(ctx, try.Identifier, try.Device)
	if err != nil {
		return g, err
	}
	if held != nil {
		g.user, g.encoded, g.second, g.checked, g.device = &held.User, held.PasswordHash, held.SecondFactor, held.Checked, held.Device
	}
	known := try.knows(g.user)
	g.device.Known = g.device.Known || g.device.ByCookie && known
	if known {
		g.account = limitDevice.Of(g.user.ID.String() + ":" + g.device.counter(try.Device))
		return g, nil
	}
	g.networks, g.name, g.account = networks, p.nameBucket(ctx, try), limitAccount.Of(p.accountKey(ctx, g.user, try.Identifier))
	if try.Device != nil {
		err = p.wait(ctx, try, networks)
	}
	g.strained = p.Limiter.Strained(ctx, networks...)
	return g, err
}

// wait is for browsers that are new to the account: how long until their network has something left, and the effort
// that is asked for before nothing is. A good effort passes the second alone.
func (p *PasswordProof) wait(ctx context.Context, try *Attempt, buckets []Bucket) error {
	if wait := p.Limiter.Wait(ctx, buckets...); wait > 0 {
		return ErrThrottled.After(wait)
	}
	name := p.nameBucket(ctx, try)
	return p.Efforts.Demand(ctx, try.Effort, "sign-in", name.Key, p.Limiter.Strain(ctx, append(slices.Clip(buckets), name)...))
}

// nameBucket is of what was typed, whether or not somebody has that name: two names of one account have two, so
// that nothing shows that they are one.
func (p *PasswordProof) nameBucket(ctx context.Context, try *Attempt) Bucket {
	return limitName.Of(p.accountKey(ctx, nil, try.Identifier))
}

// knows reports whether the browser signed the user in before.
func (try *Attempt) knows(user *User) bool {
	return user != nil && try.Device != nil && try.KnownFor != nil && try.KnownFor(user.ID)
}

// accountKey is what an account is counted by: one key however its name is written.
// An unknown name has one as well.
func (p *PasswordProof) accountKey(ctx context.Context, user *User, typed string) string {
	if user != nil {
		return user.ID.String()
	}
	canonical, err := Canonical(typed)
	if err != nil {
		canonical = typed
	}
	return fmt.Sprintf("x%x", secret.MAC(p.ShadowKey, tenant.Must(ctx).ID.String(), canonical)[:16])
}

// judge gives the verdict on a guess whose password was compared: nil, or ErrRefused
// and ErrThrottled. An account with too many failures is answered like a wrong
// password, so that nobody learns which names are one account, or that a password
// beyond the limit was right. A network's failures do not depend on the name, and who
// waits for them may be told.
//
// Whoever leaves before the answer is counted all the same.
func (p *PasswordProof) judge(ctx context.Context, g guess, ok bool, clientID string) error {
	ctx = context.WithoutCancel(ctx)
	good := ok && g.user != nil && g.user.Active() && !g.elsewhere
	var wait time.Duration
	if g.networks != nil {
		wait = p.Limiter.Verdict(ctx, good, g.networks...)
	}
	if g.networks != nil && !good {
		_ = p.Limiter.Verdict(ctx, false, g.name)
	}
	stands, err := p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, good && wait == 0)
	switch {
	case err != nil:
		return fmt.Errorf("count attempt: %w", err)
	case good && wait == 0 && stands:
		return nil
	}
	why := g.why(ok)
	if !stands || wait > 0 {
		why = "throttled"
	}
	if err := p.record(ctx, g.user, why, clientID); err != nil {
		return err
	}
	if wait > 0 {
		return ErrThrottled.After(wait)
	}
	return ErrRefused
}

// why is the reason for which a guess was refused that was looked at; ok: the password was right.
func (g *guess) why(ok bool) string {
	switch {
	case g.user == nil:
		return "unknown_user"
	case !g.user.Active():
		return "user_disabled"
	case ok && g.elsewhere:
		return "sso_required"
	}
	return "bad_credentials"
}

// record tells the audit log, and only it, why a guess was refused.
func (p *PasswordProof) record(ctx context.Context, user *User, why, clientID string) error {
	e := event.Event{Fact: event.SignInFailed{ClientID: clientID}, Outcome: "failure", Reason: why, Actor: event.Actor{Type: "anonymous"}}
	if user != nil {
		e.Subject = user.PublicID()
	}
	err := p.Tx.InTx(ctx, func(ctx context.Context) error { return p.Outbox.Append(ctx, e) })
	if err != nil {
		return fmt.Errorf("record refused sign-in: %w", err)
	}
	return nil
}
