package app

import (
	"context"
	"errors"

	"plinto/event"
	"plinto/event/mail"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/organization/apikey"
	"plinto/provider"
	"plinto/tenant"
)

// endingKey finds the API key that an event's subject is; none when it is gone.
func (p *parts) endingKey(ctx context.Context, subject string) (mail.Credential, error) {
	id, err := tid.Parse(apikey.Prefix, subject)
	if err != nil {
		return mail.Credential{}, nil //nolint:nilerr // an event about something else has nobody to tell
	}
	k, err := p.cfg.Store.APIKeys.Find(ctx, id)
	if errors.Is(err, apikey.ErrNotFound) {
		return mail.Credential{}, nil
	}
	return mail.Credential{ID: subject, Name: k.Name, Link: tenant.Must(ctx).URL(paths.AccountAPIKeys)}, err
}

// ending finds what an event says of that it ends: an API key, or the client of a secret; none when that is gone, or was revoked.
func (p *parts) ending(ctx context.Context, e *event.Event) (mail.Credential, error) {
	fact, is := e.Fact.(event.ClientSecretExpiring)
	if !is {
		return p.endingKey(ctx, e.Subject)
	}
	c, err := p.cfg.Store.Clients.Current(ctx, e.Subject)
	if errors.Is(err, provider.ErrClientNotFound) {
		return mail.Credential{}, nil
	}
	if err != nil {
		return mail.Credential{}, err
	}
	for i := range c.Secrets {
		if tid.Format(provider.ClientSecretIDPrefix, c.Secrets[i].ID) == fact.SecretID {
			return mail.Credential{ID: c.ClientID, Name: c.ClientName}, nil
		}
	}
	return mail.Credential{}, nil
}
