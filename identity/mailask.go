package identity

import (
	"context"
	"errors"
	"fmt"

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
// What others ask for in that name, or in the network, is nothing to a browser that is known of the user. For one without a device cookie the
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
	if a.Device == nil {
		return held, nil
	}
	return held, l.take(ctx, costs, a, buckets)
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
