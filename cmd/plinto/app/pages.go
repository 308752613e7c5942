package app

import (
	"net/http"

	"plinto/event/audit"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/account"
	"plinto/pages/address"
	"plinto/pages/browser"
	"plinto/pages/consent"
	"plinto/pages/device"
	"plinto/pages/factor"
	"plinto/pages/home"
	"plinto/pages/invitation"
	"plinto/pages/logout"
	"plinto/pages/mailsignin"
	"plinto/pages/notme"
	orgpage "plinto/pages/organization"
	"plinto/pages/password"
	providerpage "plinto/pages/provider"
	"plinto/pages/recovery"
	"plinto/pages/setup"
	"plinto/pages/signin"
	"plinto/pages/signup"
	"plinto/provider"
	"plinto/tenant"
)

// pages are what users see.
type pages struct {
	*parts
	signin  *signin.Handler
	device  *device.Handler
	factor  *factor.Handler
	byMail  *mailsignin.Handler
	through *providerpage.Handler
	signup  *signup.Handler
	recover *recovery.Handler
	due     *password.Step
	link    *recovery.LinkHandler
	choose  *orgpage.Handler
	consent *consent.Handler
	logout  *logout.Handler
	setup   *setup.Handler
	notMe   *notme.Handler
	confirm *address.Handler
	home    *home.Handler
	invited *invitation.Handler
	account *account.Handler
	keep    *account.KeepStep
}

func newPages(p *parts) area {
	s, b, now := p.cfg.Store, p.browser, p.cfg.Now
	byMail := &mailsignin.Handler{SignIns: p.mailSignIns, Starter: p.starter, Dispatcher: p.dispatcher, Browser: b, Tx: s.DB, Now: now, Address: p.address}
	through := &providerpage.Handler{
		SignIns: p.signIns, Logouts: p.upstreamLogouts, Realms: p.realms, Starter: p.starter, Dispatcher: p.dispatcher, Browser: b, Users: s.Users, Limiter: s.Limiter, Tx: s.DB, Now: now, JWKS: p.connections.JWKS, Describe: p.connections.Describe, Address: p.address,
	}
	b.Realm = through
	return &pages{
		parts: p, through: through,
		signin: &signin.Handler{
			Passwords: p.proofs, Passkeys: p.passkeys, Starter: p.starter, Dispatcher: p.dispatcher, Devices: p.check, SignUp: p.signUp, ByMail: byMail, Providers: through, Recover: p.cfg.Mail != nil, Address: p.address,
		},
		device:  &device.Handler{Check: p.check, Starter: p.starter, Dispatcher: p.dispatcher, Tx: s.DB, Now: now},
		factor:  &factor.Handler{Factors: p.factors, Passkeys: p.passkeys, Starter: p.starter, Dispatcher: p.dispatcher, Now: now},
		byMail:  byMail,
		due:     &password.Step{Passwords: p.passwords, Dispatcher: p.dispatcher},
		recover: &recovery.Handler{Recoveries: p.recoveries, Dispatcher: p.dispatcher, Open: p.cfg.Mail != nil, Address: p.address},
		link:    &recovery.LinkHandler{Links: p.links, Browser: b},
		signup:  &signup.Handler{SignUps: p.signUps, Browser: b, Open: p.signUp, Address: p.address},
		choose:  &orgpage.Handler{Dispatcher: p.dispatcher},
		consent: &consent.Handler{
			Dispatcher: p.dispatcher, Scopes: p.scopes(), Development: p.cfg.Development,
			Consents: NewConsents(s),
		},
		logout: &logout.Handler{
			Clients: s.Clients, Ender: NewEnder(s),
			Participants: s.Sessions, Subjects: p.subjects(), Hints: p.sealer, Upstream: p.signIns, Browser: b, Now: now,
		},
		notMe:   &notme.Handler{Reports: p.reports, Browser: b},
		confirm: &address.Handler{Addresses: p.addresses, Users: s.Users, Browser: b},
		setup: &setup.Handler{
			Registrar: NewRegistrar(s, p.cfg.Root), Tokens: s.OneTimeTokens, Directory: p.directory, Devices: s.Devices,
			Organizations: NewOrganizations(s, p.roles), Tx: s.DB, Browser: b,
		},
		invited: &invitation.Handler{
			Invitations: p.invitations, Users: s.Users, Clients: s.Clients, Dispatcher: p.dispatcher, Browser: b, Address: p.address,
		},
		home:    &home.Handler{Users: s.Users, Browser: b},
		account: p.accountPages(),
		keep:    &account.KeepStep{Directory: p.directory, Dispatcher: p.dispatcher},
	}
}

func (p *parts) accountPages() *account.Handler {
	s := p.cfg.Store
	return &account.Handler{
		Account: p.account, Factors: p.factors, Passkeys: p.passkeys, Passwords: p.passwords, Directory: p.directory,
		Addresses: p.addresses, Devices: p.devices, Address: p.address, Place: p.cfg.Place, Mails: p.cfg.Mail != nil,
		Connections: &provider.Connections{Clients: s.Clients, Consents: s.Consents, Uses: s.Grants, Resources: p.resources()},
		Consents:    NewConsents(s),
		Activity:    &audit.Reader{Log: s.AuditLog, Rows: s.AuditLog, Vault: p.vault, Outbox: s.Outbox, Tx: s.DB},
		APIKeys:     p.apiKeys, SignIns: p.signIns,
		Starter: p.starter, Dispatcher: p.dispatcher, Browser: p.browser, Now: p.cfg.Now,
	}
}

// mountFlow adds the pages on which a flow is: from signing in to consent, with those of providers.
func (p *pages) mountFlow(r *router) {
	p.step(r, paths.Login, p.signin.View, p.signin.Submit)
	p.step(r, paths.LoginLocal, p.signin.ViewLocal, p.signin.Submit)
	p.step(r, paths.LoginEmail, p.byMail.View, p.byMail.Submit, p.byMail.WhereOpen)
	r.page(paths.LoginEmailLink, p.flowPage(p.byMail.WhereOpen(p.byMail.ShowLink)))
	r.form(paths.LoginEmailLink, p.flowForm(p.byMail.WhereOpen(p.byMail.SubmitLink)))
	p.step(r, paths.ConnectIdentity, p.through.ViewConnect, p.through.SubmitConnect)
	r.page(paths.FederationCallback, p.flowPage(p.through.Callback))
	r.form(paths.FederationCallback, p.flowPage(p.through.Posted)) // of another site: see Posted
	r.call(paths.FederationKeys, web.JSON(p.through.Keys))
	r.page(paths.FederationLoggedOut, p.flowPage(p.logout.Returned))
	r.call(paths.FederationLogout, &providerpage.BackChannel{Logouts: p.upstreamLogouts, Limiter: p.cfg.Store.Limiter, Address: p.address})
	r.page(paths.FederationACS, p.flowPage(p.through.Unposted))
	r.form(paths.FederationACS, p.flowPage(p.through.Consume)) // starts at the provider's site
	r.page(paths.FederationSLO, p.flowPage(p.through.SingleLogout))
	r.form(paths.FederationSLO, p.flowPage(p.through.SingleLogout)) // starts at the provider's site
	r.page(paths.FederationLogOut, p.flowPage(p.through.LogOut))
	r.call(paths.FederationMetadata, web.JSON(p.through.Introduce))
	p.step(r, paths.Device, p.device.View, p.device.Submit)
	p.step(r, paths.Factor, p.factor.View, p.factor.Submit)
	p.step(r, paths.FactorEnrol, p.factor.ViewEnrol, p.factor.SubmitEnrol)
	p.step(r, paths.LoginPasskey, p.signin.ViewPasskey, p.signin.SubmitPasskey)
	p.step(r, paths.FactorPasskey, p.factor.ViewPasskey, p.factor.SubmitPasskey)
	p.step(r, paths.FactorEnrolPasskey, p.factor.ViewEnrolPasskey, p.factor.SubmitEnrolPasskey)
	p.step(r, paths.PasskeyOffer, p.factor.ViewOffer, p.factor.SubmitOffer)
	p.step(r, paths.PasskeyDemanded, p.factor.ViewDemanded, p.factor.SubmitDemanded)
	p.step(r, paths.FactorCodes, p.factor.ViewCodes, p.factor.SubmitCodes)
	p.step(r, paths.KeepAccount, p.keep.View, p.keep.Submit)
	p.step(r, paths.NewPassword, p.due.View, p.due.Submit)
	p.step(r, paths.ChooseAccount, p.signin.ViewAccounts, p.signin.SubmitAccount)
	p.step(r, paths.ChooseOrganization, p.choose.View, p.choose.Submit)
	p.step(r, paths.SignUp, p.signup.View, p.signup.Submit, p.signup.WhereOpen)
	p.step(r, paths.SignUpCode, p.signup.ViewCode, p.signup.SubmitCode, p.signup.WhereOpen)
	p.step(r, paths.SignUpAccount, p.signup.ViewAccount, p.signup.SubmitAccount, p.signup.WhereOpen)
	r.page(paths.SignUpLink, p.flowPage(p.signup.WhereOpen(p.signup.ShowLink)))
	r.form(paths.SignUpLink, p.flowForm(p.signup.WhereOpen(p.signup.SubmitLink)))
	p.step(r, paths.Recover, p.recover.View, p.recover.Submit, p.recover.WhereOpen)
	p.step(r, paths.RecoverCode, p.recover.ViewCode, p.recover.SubmitCode, p.recover.WhereOpen)
	p.step(r, paths.RecoverPassword, p.recover.ViewPassword, p.recover.SubmitPassword, p.recover.WhereOpen)
	p.step(r, paths.Consent, p.consent.View, p.consent.Submit)
}

func (p *pages) mount(r *router) {
	p.mountFlow(r)
	p.mountAccount(r)
	r.page(paths.EndSession, p.flowPage(p.logout.Begin), http.MethodPost) // starts at a client's site
	r.page(paths.Logout, p.flowPage(p.logout.Confirm))
	r.form(paths.Logout, p.flowForm(p.logout.Submit))
	r.page(paths.LoggedOut, p.flowPage(p.logout.Done))
	r.page(paths.ChangePassword, p.drawn(leads(paths.AccountPassword)))
	r.page(paths.Password, p.drawn(leads(paths.AccountPassword))) // where it was in earlier versions
	r.page(paths.Setup, p.drawn(p.setup.Show))
	r.form(paths.Setup, p.form(p.setup.Submit))
	r.page(paths.RecoverLink, p.drawn(p.link.Show))
	r.form(paths.RecoverLink, p.form(p.link.Submit))
	r.page(paths.NotMe, p.drawn(p.notMe.Show))
	r.form(paths.NotMe, p.form(p.notMe.Submit))
	r.page(paths.ConfirmEmail, p.drawn(p.confirm.Show))
	r.form(paths.ConfirmEmail, p.form(p.confirm.Submit))
	r.page(paths.Invitation, p.flowPage(p.invited.Show))
	r.form(paths.Invitation, p.flowForm(p.invited.Submit))
	r.page(paths.Home, p.drawn(p.home.Show))
}

// mountAccount adds the pages of accounts. At the address of the first, flows that an earlier
// version began have the page on which an account is chosen.
func (p *pages) mountAccount(r *router) {
	a := p.account
	overview, choose := p.drawn(a.View(account.Overview)), p.flowPage(p.browser.View(p.signin.ViewAccounts))
	r.page(paths.Account, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("flow") {
			choose.ServeHTTP(w, r)
			return
		}
		overview.ServeHTTP(w, r)
	}))
	r.form(paths.Account, p.flowForm(p.browser.Submit(p.signin.SubmitAccount)))
	add := func(path string, show, submit web.Handler) {
		r.page(path, p.drawn(show))
		r.form(path, p.form(submit))
	}
	add(paths.AccountProfile, a.View(account.Profile), a.Submit(account.SaveProfile))
	add(paths.AccountEmails, a.View(account.Emails), a.Submit(account.ProveEmail))
	add(paths.AccountEmailAdd, a.ViewFresh(account.AskEmail), a.SubmitFresh(account.AddEmail))
	add(paths.AccountEmailPrimary, a.ViewFresh(account.AskPrimary), a.SubmitFresh(account.MakePrimary))
	add(paths.AccountEmailRemove, a.ViewFresh(account.AskRemoveEmail), a.SubmitFresh(account.RemoveEmail))
	r.page(paths.AccountSecurity, p.drawn(a.View(account.Security)))
	add(paths.AccountPassword, a.ViewFresh(account.AskPassword), a.SubmitFresh(account.SetPassword))
	add(paths.AccountPasswordRemove, a.ViewFresh(account.AskNoPassword), a.SubmitFresh(account.RemovePassword))
	add(paths.AccountPasskey, a.ViewFresh(account.AskPasskey), a.SubmitFresh(account.AddPasskey))
	add(paths.AccountApp, a.ViewFresh(account.AskApp), a.SubmitFresh(account.AddApp))
	add(paths.AccountCodes, a.ViewFresh(account.AskCodes), a.SubmitFresh(account.NewCodes))
	add(paths.AccountRename, a.View(account.AskRename), a.Submit(account.Rename))
	add(paths.AccountRemove, a.ViewFresh(account.AskRemove), a.SubmitFresh(account.Remove))
	add(paths.AccountIdentities, a.View(account.Identities), a.SubmitFresh(account.ChangeIdentities))
	add(paths.AccountDevices, a.View(account.Devices), a.SubmitFresh(account.EndSessions))
	add(paths.AccountApps, a.View(account.Apps), a.Submit(account.Revoke))
	add(paths.AccountAPIKeys, a.View(account.APIKeys), a.Submit(account.RevokeAPIKey))
	add(paths.AccountAPIKeyNew, a.ViewFresh(account.AskAPIKey), a.SubmitFresh(account.MakeAPIKey))
	add(paths.AccountData, a.ViewFresh(account.AskData), a.SubmitFresh(account.Data))
	add(paths.AccountDelete, a.ViewFresh(account.AskDelete), a.SubmitFresh(account.Delete))
	r.page(paths.AccountActivity, p.drawn(a.View(account.Activity)))
}

// step adds a page of a flow: what is shown, and what is done with the posted form. within
// decides before the flow is opened.
func (p *pages) step(r *router, path string, view, submit browser.Step, within ...func(web.Handler) web.Handler) {
	show, take := p.browser.View(view), p.browser.Submit(submit)
	for _, outer := range within {
		show, take = outer(show), outer(take)
	}
	r.page(path, p.flowPage(show))
	r.form(path, p.flowForm(take))
}

// leads serves an address that stands for a page of an issuer.
func leads(page string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, tenant.Must(r.Context()).Path+page, http.StatusFound)
		return nil
	}
}

// drawn wraps a handler of pages: its errors are pages too.
func (p *parts) drawn(h web.Handler) http.Handler { return web.Page(p.showError)(h) }

// form wraps a handler of posted forms: another site's are refused.
func (p *parts) form(h web.Handler) http.Handler {
	return web.SameSiteForms(p.drawn(h), p.drawn(func(http.ResponseWriter, *http.Request) error { return browser.ErrForged }))
}

// flowPage and flowForm are drawn and form of what an application may open in a window of
// its own: signing in and out.
func (p *parts) flowPage(h web.Handler) http.Handler { return web.KeepOpener(p.drawn(h)) }
func (p *parts) flowForm(h web.Handler) http.Handler { return web.KeepOpener(p.form(h)) }

// showError draws the error page. An error of the page itself leaves plain text.
func (p *parts) showError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if err := p.browser.ErrorPage(w, r, status, code, message); err != nil {
		http.Error(w, message, status)
	}
}
