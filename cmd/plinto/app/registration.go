package app

import (
	"plinto/provider"
	"plinto/provider/register"
)

// registration makes the handler of dynamic client registration.
func (a *App) registration() *register.Handler {
	s := a.cfg.Store
	return &register.Handler{
		Registrations: s.Registrations, InitialTokens: s.InitialTokens, Limiter: s.Limiter, Fetcher: a.egress,
		Scopes: provider.ScopePolicy{Resources: s.ResourceServers}, Secrets: provider.NewSecretHasher(a.cfg.Root),
		Address: a.address, Loopback: a.cfg.Egress.AllowLoopback, Hosts: []string{a.cfg.Public.Host}, Now: a.cfg.Now,
	}
}
