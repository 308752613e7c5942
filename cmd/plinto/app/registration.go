package app

import (
	"context"
	"errors"

	"plinto/internal/paths"
	"plinto/provider"
	"plinto/provider/register"
	"plinto/tenant"
)

// registration is dynamic client registration.
type registration struct{ handler *register.Handler }

func newRegistration(p *parts) area {
	s := p.cfg.Store
	return &registration{&register.Handler{
		Registrar:     NewRegistrar(s, p.cfg.Root),
		InitialTokens: s.InitialTokens, Limiter: s.Limiter, Fetcher: p.egress,
		Scopes: p.scopes(), Secrets: provider.NewSecretHasher(p.cfg.Root),
		Address: p.address, Loopback: p.cfg.Egress.AllowLoopback, Ours: p.ours, Now: p.cfg.Now,
	}}
}

func (a *registration) mount(r *router) {
	r.call(paths.Register, a.handler)
	r.call(paths.Register+"/{client_id}", a.handler)
}

// ours reports whether the installation answers on a host.
func (p *parts) ours(ctx context.Context, host string) (bool, error) {
	if host == p.resolver.PublicHost() {
		return true, nil
	}
	_, err := p.cfg.Store.Tenants.ByHost(ctx, host)
	if errors.Is(err, tenant.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}
