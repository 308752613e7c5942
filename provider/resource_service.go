package provider

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/keyset"
	"plinto/internal/owner"
	"plinto/internal/tid"
	"plinto/tenant"
)

// PublicID returns the id as people see it.
func (r *ResourceServer) PublicID() string { return tid.Format(ResourceServerPrefix, r.ID) }

// Errors of resource servers that are not what they must be.
var (
	ErrResource           = fault.New(fault.Invalid, "invalid_resource_server", "The resource server is not valid.")
	ErrResourceUnreadable = fault.New(fault.Conflict, "resource_server_unreadable",
		"What is stored of the resource server cannot be read. Have it put back, or delete the resource server and make it anew.")
	ErrResourceReserved = fault.New(fault.Conflict, "resource_server_reserved", "That identifier is the management API's, which needs no resource server.")
)

// ManagedResourceServers are the resource servers of the context's tenant as they are stored, never
// from memory.
type ManagedResourceServers interface {
	// Find returns a part of the list, by id; some may be Unreadable.
	Find(ctx context.Context, w keyset.Window) ([]ResourceServer, error)
	// ByID returns one. ErrResourceNotFound; ErrResourceUnreadable, with what of it can be read.
	ByID(ctx context.Context, id uuid.UUID) (ResourceServer, error)
}

// OwnedResourceServers are resource servers that manifests may declare.
type OwnedResourceServers interface {
	ResourceServers
	owner.Rows
}

// A ResourceServerService changes resource servers: command line, manifest and APIs call it. Each
// change is one transaction with its event.
type ResourceServerService struct {
	Servers OwnedResourceServers
	Managed ManagedResourceServers
	Outbox  event.Outbox
	Tx      identity.Transactor
}

// Put is ResourceServers.Put of one that is valid. ErrResource, ErrResourceReserved, ErrResourceUnreadable.
func (s *ResourceServerService) Put(ctx context.Context, r ResourceServer) error {
	if problems := r.Problems(); len(problems) > 0 {
		return ErrResource.At(Fields(problems)...)
	}
	if isManagement(tenant.Must(ctx), r.Identifier) {
		return ErrResourceReserved // its scopes are rights: nobody makes up others, or default ones
	}
	if r.Unreadable != "" {
		return ErrResourceUnreadable
	}
	return s.change(ctx, event.ResourceServerUpdated{}, r.Identifier, func(ctx context.Context) error {
		if err := owner.Admit(ctx, s.Servers, r.ID); err != nil {
			return err
		}
		return s.Servers.Put(ctx, r)
	})
}

// Create stores a new one and returns it as it is stored. ErrResourceTaken, and what Put returns.
func (s *ResourceServerService) Create(ctx context.Context, r ResourceServer) (ResourceServer, error) {
	r.ID, r.Version = uuid.Must(uuid.NewV7()), 0
	err := s.Put(ctx, r)
	if errors.Is(err, fault.ErrChanged) {
		err = ErrResourceTaken
	}
	if err != nil {
		return ResourceServer{}, err
	}
	return s.Managed.ByID(ctx, r.ID)
}

// Update changes a resource server, all but its identifier, and returns it as it is stored. edit may
// be called again when somebody else was faster. A change that changes nothing has no event.
// ErrResourceNotFound, ErrResourceUnreadable, ErrResource, fault.ErrChanged, and what edit returns.
func (s *ResourceServerService) Update(ctx context.Context, id uuid.UUID, edit func(*ResourceServer) error) (ResourceServer, error) {
	for range updateTries {
		before, err := s.Managed.ByID(ctx, id)
		if err != nil {
			return ResourceServer{}, err
		}
		after := before
		if err := edit(&after); err != nil {
			return ResourceServer{}, err
		}
		after.ID, after.Identifier, after.Version = before.ID, before.Identifier, before.Version
		if reflect.DeepEqual(before, after) {
			return before, nil
		}
		if err := s.Put(ctx, after); !errors.Is(err, fault.ErrChanged) {
			if err != nil {
				return ResourceServer{}, err
			}
			return s.Managed.ByID(ctx, id)
		}
	}
	return ResourceServer{}, fmt.Errorf("update resource server: %w", fault.ErrChanged)
}

// Delete is ResourceServers.Delete.
func (s *ResourceServerService) Delete(ctx context.Context, identifier string) error {
	return s.change(ctx, event.ResourceServerDeleted{}, identifier, func(ctx context.Context) error {
		all, err := s.Servers.All(ctx)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].Identifier != identifier {
				continue
			}
			if err := owner.Admit(ctx, s.Servers, all[i].ID); err != nil {
				return err
			}
		}
		return s.Servers.Delete(ctx, identifier)
	})
}

func (s *ResourceServerService) change(ctx context.Context, fact event.Fact, identifier string, do func(context.Context) error) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := do(ctx); err != nil {
			return err
		}
		return s.Outbox.Append(ctx, ofOperator(ctx, fact, identifier))
	})
}
