package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Connection is a client that has access to the account of a user.
type Connection struct {
	Client   *Client
	Consents []Consent // that the user gave, newest first; none to the tenant's own
	// Described are the descriptions of what was allowed at resource servers.
	Described map[Permission]string
	Last      time.Time // of the grants that stand; zero: none does
	Offline   bool      // one of them serves while the user is away
}

// A Use is what a client holds of a user.
type Use struct {
	ClientID uuid.UUID
	Last     time.Time // when it was granted last
	Offline  bool
}

// Uses finds what clients hold.
type Uses interface {
	// OfUser returns the clients with grants of the user that stand, those granted last first,
	// at most limit.
	OfUser(ctx context.Context, user uuid.UUID, limit int) ([]Use, error)
}

// MaxConnections is how many clients a user is shown.
const MaxConnections = 200

// Connections are what users allowed clients.
type Connections struct {
	Clients   Clients
	Consents  Consents
	Uses      Uses
	Resources ResourceServers
}

// Of returns the clients that have access to the account of a user, those used last first.
func (s *Connections) Of(ctx context.Context, user uuid.UUID) ([]Connection, error) {
	uses, err := s.Uses.OfUser(ctx, user, MaxConnections)
	if err != nil {
		return nil, fmt.Errorf("find grants: %w", err)
	}
	consents, err := s.Consents.List(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	var ids []uuid.UUID
	of := map[uuid.UUID]*Connection{}
	add := func(id uuid.UUID) *Connection {
		if of[id] == nil {
			ids, of[id] = append(ids, id), &Connection{}
		}
		return of[id]
	}
	for _, u := range uses {
		c := add(u.ClientID)
		c.Last, c.Offline = u.Last, u.Offline
	}
	for _, consent := range consents {
		c := add(consent.ClientID)
		c.Consents = append(c.Consents, consent)
	}
	return s.named(ctx, ids, of)
}

// named completes connections. A client that was deleted meanwhile has none.
func (s *Connections) named(ctx context.Context, ids []uuid.UUID, of map[uuid.UUID]*Connection) ([]Connection, error) {
	names, err := s.Clients.Names(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find clients: %w", err)
	}
	described, err := s.described(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Connection, 0, len(ids))
	for _, id := range ids {
		c := of[id]
		c.Described = described
		if c.Client, err = s.Clients.ByClientID(ctx, names[id]); errors.Is(err, ErrClientNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("find client: %w", err)
		}
		all = append(all, *c)
	}
	slices.SortStableFunc(all, func(a, b Connection) int { return b.Last.Compare(a.Last) })
	return all, nil
}

// described are the descriptions of all scopes of resource servers.
func (s *Connections) described(ctx context.Context) (map[Permission]string, error) {
	servers, err := s.Resources.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list resource servers: %w", err)
	}
	all := map[Permission]string{}
	for i := range servers {
		for _, scope := range servers[i].Scopes {
			all[Permission{servers[i].Identifier, scope.Name}] = scope.Description
		}
	}
	return all, nil
}
