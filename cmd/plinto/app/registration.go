package app

import (
	"context"
	"errors"

	"plinto/provider"
	"plinto/provider/register"
	"plinto/tenant"
)

// registration makes the handler of dynamic client registration.
func (a *App) registration() *register.Handler {
	s := a.cfg.Store
	return &register.Handler{
		Registrar: a.registrar(), InitialTokens: s.InitialTokens, Limiter: s.Limiter, Fetcher: a.egress,
		Scopes: provider.ScopePolicy{Resources: s.ResourceServers}, Secrets: provider.NewSecretHasher(a.cfg.Root),
		Address: a.address, Loopback: a.cfg.Egress.AllowLoopback, Ours: a.ours, Now: a.cfg.Now,
	}
}

// registrar makes the service that changes clients.
func (a *App) registrar() *provider.Registrar {
	s := a.cfg.Store
	return &provider.Registrar{
		Clients: s.Clients, Writes: s.Clients, Registrations: s.Registrations, Consents: s.Consents, InitialTokens: s.InitialTokens,
		Secrets: provider.NewSecretHasher(a.cfg.Root), Outbox: s.Outbox, Tx: s.DB,
	}
}

// ours reports whether the installation answers on a host.
func (a *App) ours(ctx context.Context, host string) (bool, error) {
	if host == a.resolver.PublicHost() {
		return true, nil
	}
	_, err := a.resolver.Tenants.ByHost(ctx, host)
	if errors.Is(err, tenant.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}
