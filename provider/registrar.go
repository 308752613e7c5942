package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/owner"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// A Registrar manages clients. It is the only way to change one: command line,
// manifest, registration endpoint and APIs all call it. Each change is one transaction
// with its event, or part of the transaction of ctx. A change that changes nothing has
// no event.
type Registrar struct {
	Clients       Clients
	Writes        ClientWrites
	Registrations Registrations
	Consents      Consents
	InitialTokens InitialTokens
	Secrets       SecretHasher
	Outbox        event.Outbox
	Tx            identity.Transactor
}

// updateTries is how often a change is decided anew when somebody else was faster.
const updateTries = 5

// ofOperator is the event of what an operator, or the actor of ctx, does to a client.
func ofOperator(ctx context.Context, fact event.Fact, clientID string) event.Event {
	return event.Event{Fact: fact, Outcome: "success", Actor: event.ActorFrom(ctx, event.Actor{Type: "operator"}), Subject: clientID}
}

// ofClient is the event of what a client does to itself.
func ofClient(fact event.Fact, clientID string) event.Event {
	return event.Event{Fact: fact, Outcome: "success", Actor: event.Actor{Type: "client", ID: clientID}, Subject: clientID}
}

// Create stores a client with its id and its secrets. ErrClientIDTaken, organization.ErrCannotConfer.
func (r *Registrar) Create(ctx context.Context, c Client) error {
	return r.record(ctx, ofOperator(ctx, event.ClientCreated{}, c.ClientID), func(ctx context.Context) error {
		if err := organization.Confer(ctx, uuid.Nil, c.ManagementRights(ctx)); err != nil {
			return err
		}
		return r.Writes.Create(ctx, c)
	})
}

// Update changes the metadata of a client, and whether it is first-party. edit gets the
// client as it is stored and changes it; it is called again when somebody else changed
// the client meanwhile, so it must depend on nothing else. What it changes besides is
// not stored. It returns the client as it was written. ErrClientNotFound, fault.ErrChanged
// when others are faster again and again, and what edit returns.
func (r *Registrar) Update(ctx context.Context, clientID string, edit func(*Client) error) (*Client, error) {
	for range updateTries {
		before, err := r.Clients.Current(ctx, clientID)
		if err == nil && before.Unreadable != "" {
			err = ErrClientUnreadable
		}
		if err != nil {
			return nil, err
		}
		after := *before
		if err := edit(&after); err != nil {
			return nil, err
		}
		fields, err := differences(before, &after)
		if err != nil || len(fields) == 0 {
			return before, err
		}
		err = r.record(ctx, ofOperator(ctx, updated(before, &after, fields), clientID), func(ctx context.Context) error {
			if err := organization.ActOn(ctx, uuid.Nil, before.ManagementRights(ctx)); err != nil {
				return err
			}
			if err := organization.Confer(ctx, uuid.Nil, after.ManagementRights(ctx)); err != nil {
				return err
			}
			if err := owner.Admit(ctx, r.Writes, before.ID); err != nil {
				return err
			}
			return r.write(ctx, before, &after, fields)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return &after, err
		}
	}
	return nil, fmt.Errorf("update client: %w", fault.ErrChanged)
}

// write stores what differs, the versioned part first.
func (r *Registrar) write(ctx context.Context, before, after *Client, fields []string) error {
	if len(fields) > 1 || fields[0] != memberFirstParty {
		if err := r.Writes.SetMetadata(ctx, *after); err != nil {
			return err
		}
	}
	if before.FirstParty != after.FirstParty {
		if _, err := r.Writes.SetFirstParty(ctx, after.ID, after.FirstParty); err != nil {
			return err
		}
	}
	return r.endGranted(ctx, before, after)
}

// updated returns the fact of a change of metadata, and gives after its sector.
func updated(before, after *Client, fields []string) event.ClientUpdated {
	fact := event.ClientUpdated{Fields: fields}
	var others bool
	if after.SectorIdentifier, others = SectorChange(before, &after.Metadata); others {
		fact.Subjects = "changed"
	}
	return fact
}

// endGranted ends what was granted to a client that must not go on with it. Where users
// get other subjects the consents go, too: users would be known by other subjects than
// those they were told of. Of a client that gives up its secret or key, a refresh token
// that was good for nothing without it would be good for whoever has it.
func (r *Registrar) endGranted(ctx context.Context, before, after *Client) error {
	_, others := SectorChange(before, &after.Metadata)
	if others {
		if err := r.Consents.Forget(ctx, after.ID); err != nil {
			return err
		}
	}
	if others || !before.Public() && after.Public() {
		return r.Writes.Mark(ctx, after.ID)
	}
	return nil
}

// Disable keeps a client out and ends everything that it was granted.
func (r *Registrar) Disable(ctx context.Context, clientID string) error {
	return r.setDisabled(ctx, clientID, true, event.ClientDisabled{})
}

// Enable lets a client in again. What there was before stays dead.
func (r *Registrar) Enable(ctx context.Context, clientID string) error {
	return r.setDisabled(ctx, clientID, false, event.ClientEnabled{})
}

// admitted returns a client that the caller of ctx may disable, enable and delete: one that has no rights in the
// management API beyond the caller's, and that no manifest declares.
func (r *Registrar) admitted(ctx context.Context, clientID string) (*Client, error) {
	c, err := r.Clients.Current(ctx, clientID)
	if err != nil {
		return nil, err
	}
	if err := organization.ActOn(ctx, uuid.Nil, c.ManagementRights(ctx)); err != nil {
		return nil, err
	}
	return c, owner.Admit(ctx, r.Writes, c.ID)
}

func (r *Registrar) setDisabled(ctx context.Context, clientID string, disabled bool, fact event.Fact) error {
	return r.Tx.InTx(ctx, func(ctx context.Context) error {
		c, err := r.admitted(ctx, clientID)
		if err != nil {
			return err
		}
		changed, err := r.Writes.SetDisabled(ctx, c.ID, disabled)
		if err != nil || !changed {
			return err
		}
		if err := r.Writes.Mark(ctx, c.ID); err != nil {
			return err
		}
		return r.Outbox.Append(ctx, ofOperator(ctx, fact, clientID))
	})
}

// RotationOverlap is how long the previous secret stays good after a rotation that says nothing else.
const RotationOverlap = 7 * 24 * time.Hour

// An AddedSecret is another secret of a client.
type AddedSecret struct {
	Plain string
	Kept  ClientSecret
	// PreviousEndsAt is when the one before ends; zero: there is none that is still good.
	PreviousEndsAt time.Time
	// Ended are the secrets that were good until this one was added.
	Ended []uuid.UUID
}

// AddSecret gives a client another secret and returns it. The previous one stays good for overlap (see
// RotationOverlap), with 0 for no more, but no longer than it was anyway; any before that ends.
// ErrClientNotFound, ErrNoSecret.
func (r *Registrar) AddSecret(ctx context.Context, clientID string, overlap time.Duration) (added AddedSecret, err error) {
	err = r.Tx.InTx(ctx, func(ctx context.Context) error {
		var before []ClientSecret
		err := r.setSecret(ctx, clientID, overlap, func(c *Client) error {
			if c.Public() {
				return ErrNoSecret
			}
			added.Plain = NewClientSecret(c.Metadata)
			added.Kept = r.Secrets.Keep(tenant.Must(ctx).ID, c, added.Plain)
			before, c.Secrets = c.Secrets, []ClientSecret{added.Kept}
			return nil
		})
		if err != nil {
			return err
		}
		added.PreviousEndsAt, added.Ended, err = r.became(ctx, clientID, before)
		return err
	})
	return added, err
}

// RotateSecret is AddSecret with the usual overlap, or with now without one.
func (r *Registrar) RotateSecret(ctx context.Context, clientID string, now bool) (AddedSecret, error) {
	if now {
		return r.AddSecret(ctx, clientID, 0)
	}
	return r.AddSecret(ctx, clientID, RotationOverlap)
}

// became says what became of secrets that a client had before: when the last of those that are good ends, and which ended.
func (r *Registrar) became(ctx context.Context, clientID string, before []ClientSecret) (last time.Time, ended []uuid.UUID, err error) {
	c, err := r.Clients.Current(ctx, clientID)
	if err != nil {
		return last, nil, err
	}
	good := func(s *ClientSecret) bool { return s.ExpiresAt.IsZero() || s.ExpiresAt.After(time.Now()) }
	for i := range before {
		at := slices.IndexFunc(c.Secrets, func(s ClientSecret) bool { return s.ID == before[i].ID && good(&s) })
		switch {
		case at < 0 && good(&before[i]):
			ended = append(ended, before[i].ID)
		case at >= 0 && c.Secrets[at].ExpiresAt.After(last):
			last = c.Secrets[at].ExpiresAt
		}
	}
	return last, ended, nil
}

// RevokeSecret ends one secret of a client. ErrClientNotFound, ErrSecretNotFound.
func (r *Registrar) RevokeSecret(ctx context.Context, clientID string, id uuid.UUID) error {
	revoked := event.ClientSecretRevoked{SecretID: tid.Format(ClientSecretIDPrefix, id)}
	return r.record(ctx, ofOperator(ctx, revoked, clientID), func(ctx context.Context) error {
		c, err := r.Clients.Current(ctx, clientID)
		if err != nil {
			return err
		}
		if err := organization.ActOn(ctx, uuid.Nil, c.ManagementRights(ctx)); err != nil {
			return err
		}
		return r.Writes.RemoveSecret(ctx, c.ID, id)
	})
}

// SetSecret makes a secret that the operator chose the only one of a client.
func (r *Registrar) SetSecret(ctx context.Context, clientID string, plain secret.String) error {
	return r.setSecret(ctx, clientID, 0, func(c *Client) error {
		c.Secrets = []ClientSecret{r.Secrets.Keep(tenant.Must(ctx).ID, c, plain.Reveal())}
		return nil
	})
}

func (r *Registrar) setSecret(ctx context.Context, clientID string, overlap time.Duration, with func(*Client) error) error {
	for range updateTries {
		c, err := r.Clients.Current(ctx, clientID)
		if err != nil {
			return err
		}
		after := *c
		if err := with(&after); err != nil {
			return err
		}
		err = r.record(ctx, ofOperator(ctx, event.ClientSecretAdded{Only: overlap == 0}, clientID), func(ctx context.Context) error {
			// Whoever knows the secret of a client has its rights.
			if err := organization.Confer(ctx, uuid.Nil, c.ManagementRights(ctx)); err != nil {
				return err
			}
			if overlap == 0 {
				return r.Writes.ReplaceSecrets(ctx, after)
			}
			return r.Writes.AddSecret(ctx, after, overlap)
		})
		if !errors.Is(err, fault.ErrChanged) {
			return err
		}
	}
	return fmt.Errorf("set client secret: %w", fault.ErrChanged)
}

// Delete removes a client and everything that it was granted. ErrClientNotFound.
func (r *Registrar) Delete(ctx context.Context, clientID string) error {
	return r.record(ctx, ofOperator(ctx, event.ClientDeleted{}, clientID), func(ctx context.Context) error {
		c, err := r.admitted(ctx, clientID)
		if err != nil {
			return err
		}
		return r.Writes.Delete(ctx, c.ID)
	})
}

// record makes one change with its event.
func (r *Registrar) record(ctx context.Context, e event.Event, do func(context.Context) error) error {
	return r.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return r.Outbox.Append(ctx, e)
	})
}

// memberFirstParty is what events call Client.FirstParty, as the manifest does.
const memberFirstParty = "first_party"

// differences returns the names of the members in which two clients differ, sorted.
func differences(a, b *Client) (fields []string, err error) {
	of, err := MetadataMembers(a.Metadata)
	if err != nil {
		return nil, err
	}
	now, err := MetadataMembers(b.Metadata)
	if err != nil {
		return nil, err
	}
	for name, value := range of {
		if string(now[name]) != string(value) {
			fields = append(fields, name)
		}
	}
	for name := range now {
		if _, there := of[name]; !there {
			fields = append(fields, name)
		}
	}
	if a.FirstParty != b.FirstParty {
		fields = append(fields, memberFirstParty)
	}
	slices.Sort(fields)
	return fields, nil
}
