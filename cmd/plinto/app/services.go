package app

import (
	"context"
	"errors"
	"time"

	"plinto/identity"
	"plinto/identity/device"
	"plinto/identity/mfa"
	"plinto/internal/secret"
	"plinto/organization"
	"plinto/organization/invitation"
	"plinto/provider"
	"plinto/storage"
)

// The services below need a store and nothing else of a server, so server, commands and tests make the same ones.

// NewEnder returns the service that ends sessions.
func NewEnder(s *storage.Store) *identity.SessionEnder {
	return &identity.SessionEnder{Sessions: s.Sessions, Outbox: s.Outbox, Tx: s.DB}
}

// NewDevices returns the service of known browsers.
func NewDevices(s *storage.Store) *device.Service {
	return &device.Service{Devices: s.Devices, Ender: NewEnder(s), Outbox: s.Outbox, Tx: s.DB}
}

// NewFactors returns the service of second factors. A factor that is removed makes devices forget that they stood in for it.
func NewFactors(s *storage.Store, root secret.Root, devices *device.Service, now func() time.Time) (*mfa.Service, error) {
	return mfa.New(root, mfa.Service{
		Factors: s.Factors, Attempts: s.Attempts, Outbox: s.Outbox, Tx: s.DB, Now: now, Forget: devices.FactorRemoved,
	})
}

// NewRoles returns the service of roles.
func NewRoles(s *storage.Store) *organization.RoleService {
	return &organization.RoleService{Store: s.Roles, Outbox: s.Outbox, Tx: s.DB}
}

// NewOrganizations returns the service that changes organizations.
func NewOrganizations(s *storage.Store, roles *organization.RoleService) *organization.Service {
	return &organization.Service{Organizations: s.Organizations, Writes: s.Organizations, Roles: roles, Outbox: s.Outbox, Tx: s.DB}
}

// NewRegistrar returns the service that changes clients.
func NewRegistrar(s *storage.Store, root secret.Root) *provider.Registrar {
	return &provider.Registrar{
		Clients: s.Clients, Writes: s.Clients, Registrations: s.Registrations, Consents: s.Consents, InitialTokens: s.InitialTokens,
		Secrets: provider.NewSecretHasher(root), Outbox: s.Outbox, Tx: s.DB,
	}
}

// NewConsents returns the service of what users allowed clients.
func NewConsents(s *storage.Store) *provider.ConsentService {
	return &provider.ConsentService{Consents: s.Consents, Outbox: s.Outbox, Tx: s.DB}
}

// KnownClient tells invitations which clients there are: invitation.ErrClient for one that there is not.
func KnownClient(s *storage.Store) func(ctx context.Context, clientID string) error {
	return func(ctx context.Context, clientID string) error {
		_, err := s.Clients.ByClientID(ctx, clientID)
		if errors.Is(err, provider.ErrClientNotFound) {
			return invitation.ErrClient
		}
		return err
	}
}
