package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"plinto/internal/fault"
)

// MailLimits bound the mails with codes that are asked for: in a network, in somebody's name, and in a browser that is known of them.
type MailLimits struct {
	Address, Account, Device Limit
	TooMany                  *fault.Error
}

// A MailAsk is somebody who wants a mail with a code for whoever has a name.
type MailAsk struct {
	Name    string // as Lookup returns it
	Key     string // names that in the keys of counters
	Address string // the client's
	Device  []byte // hash of the browser's secret, or nil
	Effort  Effort
}

// Admit finds whom a name names, once what a mail costs is taken; nobody: a Credential without a user. TooMany (with RetryAfter), *EffortDemanded.
//
// Mails are counted by the name, and by the account: see ration. What others ask for in that name, or in the network, is nothing to a browser that is known of the user. For one without a device cookie the
// name is not looked up first.
func (l *MailLimits) Admit(ctx context.Context, costs *EffortLimit, users Users, a *MailAsk) (Credential, error) {
	buckets := append(l.Address.Networks(a.Address, ""), l.Account.Of(a.Key))
	if a.Device == nil {
		if err := l.take(ctx, costs, a, buckets); err != nil {
			return Credential{}, err
		}
	}
	held, err := users.Credential(ctx, a.Name, a.Device)
	switch {
	case errors.Is(err, ErrUserNotFound):
		held = Credential{}
	case err != nil:
		return held, fmt.Errorf("find user: %w", err)
	case held.Device.Known:
		buckets = []Bucket{l.Device.Of(held.DeviceCounter(a.Device))}
	}
	if a.Device != nil {
		if err := l.take(ctx, costs, a, buckets); err != nil {
			return held, err
		}
	}
	return l.ration(ctx, costs.Limiter, a, &held), nil
}

// ration bounds what an account is mailed by all of its names together. Beyond that nobody gets a mail, and nothing says so: a refusal would tell
// that two names are one account. A name that nobody has is counted likewise, by itself.
func (l *MailLimits) ration(ctx context.Context, limiter Limiter, a *MailAsk, held *Credential) Credential {
	if held.Device.Known {
		return *held // it has mails of its own
	}
	limit, key := l.Account, a.Key
	limit.Name += "-names"
	if held.User.ID != uuid.Nil {
		key = held.User.ID.String()
	}
	if limiter.Take(ctx, limit.Of(key)) > 0 {
		return Credential{}
	}
	return *held
}

func (l *MailLimits) take(ctx context.Context, costs *EffortLimit, a *MailAsk, buckets []Bucket) error {
	wait, err := costs.Take(ctx, a.Effort, a.Name, buckets...)
	if err == nil && wait > 0 {
		err = l.TooMany.After(wait)
	}
	return err
}

// DeviceCounter names a known browser of the user in the keys of counters.
func (c *Credential) DeviceCounter(device []byte) string {
	return c.User.ID.String() + ":" + DeviceKey(device)
}
