package app

import (
	"net/http"

	"plinto/internal/paths"
	"plinto/provider/access"
	"plinto/provider/authorize"
	"plinto/provider/challenge"
	"plinto/provider/checksession"
	"plinto/provider/introspect"
	"plinto/provider/par"
	"plinto/provider/revoke"
	"plinto/provider/token"
	"plinto/provider/userinfo"
	"plinto/ui"
)

// protocol are the endpoints of OAuth 2.0 and OpenID Connect.
type protocol struct {
	*parts
	authorize    *authorize.Handler
	checksession *checksession.Handler
	token        *token.Handler
	introspect   *introspect.Handler
	revoke       *revoke.Handler
	par          *par.Handler
	userinfo     *userinfo.Handler
	challenge    *challenge.Handler
}

func newProtocol(p *parts) area {
	return &protocol{
		parts: p,
		authorize: &authorize.Handler{
			Clients: p.cfg.Store.Clients, Assembler: p.assembler, Dispatcher: p.dispatcher, Responder: p.responder, Browser: p.browser,
		},
		checksession: &checksession.Handler{Browser: p.browser},
		token:        &token.Handler{Clients: p.clients, Engine: p.engine, Observe: p.metrics.tokenAnswered},
		introspect:   &introspect.Handler{Clients: p.clients, Tokens: p.tokens},
		revoke:       &revoke.Handler{Clients: p.clients, Tokens: p.tokens},
		par:          &par.Handler{Clients: p.clients, Assembler: p.assembler, Limiter: p.cfg.Store.Limiter},
		challenge: &challenge.Handler{
			Clients: p.clients, Assembler: p.assembler, Dispatcher: p.dispatcher, Engine: p.engine,
			Passwords: p.proofs, Passkeys: p.passkeys, Factors: p.factors, Devices: p.check, MailCodes: p.mailSignIns, Starter: p.starter, Realms: p.realms,
			Sessions: p.cfg.Store.Sessions, Users: p.cfg.Store.Users, Tx: p.cfg.Store.DB, Limiter: p.cfg.Store.Limiter,
			Box: p.browser.Box, DeviceKey: p.browser.DeviceKey, Address: p.address, Now: p.cfg.Now, Lang: lang,
		},
		userinfo: &userinfo.Handler{Access: &access.Guard{Tokens: p.tokens}, Sealer: p.sealer, Clients: p.cfg.Store.Clients, Scopes: p.scopes()},
	}
}

// lang is the language of mails to who asks for asked, or accepts others.
func lang(asked []string, accepted string) string { return ui.Match(nil, asked, accepted).Lang() }

func (p *protocol) mount(r *router) {
	r.call(paths.Token, p.token)
	r.call(paths.Introspect, p.introspect)
	r.call(paths.UserInfo, p.userinfo)
	r.call(paths.Revoke, p.revoke)
	r.call(paths.PAR, p.par)
	r.call(paths.Challenge, p.challenge.Form())
	r.call(paths.DirectSignIn, p.challenge.JSON())

	// Requests that start at a client's site: cross-origin by nature, and they
	// change nothing by themselves.
	r.page(paths.Authorize, p.flowPage(p.authorize.Begin), http.MethodPost)
	r.page(paths.Continue, p.flowPage(p.authorize.Continue))
	r.page(paths.CheckSession, p.drawn(p.checksession.Show))
}
