package account

import (
	"context"
	"errors"
	"net/http"

	"plinto/identity"
	"plinto/identity/account"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// Security serves GET /account/security.
func Security(ctx context.Context, v *visit) error {
	held, err := v.Account.FactorsOf(ctx, &v.user)
	if err != nil {
		return err
	}
	t := tenant.Must(ctx)
	view := ui.AccountSecurityView{
		AccountFrame: v.frame(ui.SectionSecurity), Password: held.Password, Codes: held.Codes, RecoveryCodes: held.Any(),
		HasFactors: !t.Settings.MFA.Off(), HasPasskeys: passkey.Available(t),
		Removable: held.Password && v.Passwords.Removable(ctx, &v.user, &held.Held),
	}
	for i := range held.Passkeys {
		p := &held.Passkeys[i]
		view.Passkeys = append(view.Passkeys, ui.AccountFactor{ID: p.PublicID(), Name: p.Name, Model: p.Model, Synced: p.BackupEligible, Added: p.CreatedAt, UsedAt: p.UsedAt})
	}
	for i := range held.TOTP {
		f := &held.TOTP[i]
		view.Apps = append(view.Apps, ui.AccountFactor{ID: f.PublicID(), Name: f.Name, Added: f.CreatedAt, UsedAt: f.UsedAt})
	}
	if view.APIKeys, err = v.offersAPIKeys(ctx); err != nil {
		return err
	}
	if view.Identities, err = v.offersIdentities(ctx); err != nil {
		return err
	}
	if view.HasPasskeys {
		view.Accepted, view.Details = v.Passkeys.SignalAccepted(ctx, &v.user, held.Passkeys), v.Passkeys.SignalDetails(ctx, &v.user)
	}
	return v.render(http.StatusOK, ui.AccountSecurity(view))
}

// factor returns the view about the factor that is asked about, or leads to all of them where it
// is gone: another tab may have removed it.
func (v *visit) factor(ctx context.Context, id string) (view ui.AccountFactorView, gone bool, err error) {
	f, err := v.Account.Factor(ctx, &v.user, id)
	if errors.Is(err, mfa.ErrFactorUnknown) {
		return view, true, v.see(paths.AccountSecurity, "")
	}
	return ui.AccountFactorView{AccountFrame: v.frame(ui.SectionSecurity), ID: id, FactorName: f.Name, Passkey: f.Passkey}, false, err
}

// AskRename serves GET /account/security/rename.
func AskRename(ctx context.Context, v *visit) error {
	view, gone, err := v.factor(ctx, v.r.URL.Query().Get("id"))
	if gone || err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.AccountRename(view))
}

// Rename serves POST /account/security/rename.
func Rename(ctx context.Context, v *visit) error {
	err := v.Account.Rename(ctx, &v.user, v.form.Get("id"), v.form.Get("name"))
	if errors.Is(err, mfa.ErrFactorUnknown) {
		return v.see(paths.AccountSecurity, "")
	}
	if err != nil {
		return err
	}
	return v.see(paths.AccountSecurity, ui.NoticeRenamed)
}

// AskRemove serves GET /account/security/remove.
func AskRemove(ctx context.Context, v *visit) error {
	view, gone, err := v.factor(ctx, v.r.URL.Query().Get("id"))
	if gone || err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.AccountRemove(view))
}

// Remove serves POST /account/security/remove.
func Remove(ctx context.Context, v *visit) error {
	err := v.Account.While(ctx, v.session, func(ctx context.Context) error {
		return v.Account.RemoveFactor(ctx, &v.user, v.form.Get("id"))
	})
	switch {
	case err == nil:
		return v.see(paths.AccountSecurity, ui.NoticeRemoved)
	case errors.Is(err, mfa.ErrFactorUnknown), over(err):
		return v.see(paths.AccountSecurity, "")
	case errors.Is(err, identity.ErrLastWay):
		return v.notRemoved(ctx, err, ui.AccountLastWay)
	case errors.Is(err, account.ErrLastFactor):
		return v.notRemoved(ctx, err, ui.AccountLastFactor)
	}
	return err
}

// notRemoved shows the page again with what is in the way.
func (v *visit) notRemoved(ctx context.Context, refused error, problem ui.AccountProblem) error {
	v.refuse(ctx, refused)
	view, gone, err := v.factor(ctx, v.form.Get("id"))
	if gone || err != nil {
		return err
	}
	view.Problem = problem
	return v.render(web.StatusOf(refused), ui.AccountRemove(view))
}

// refuse notes in the trail of the request which error its page shows.
func (v *visit) refuse(ctx context.Context, err error) {
	if f, ok := fault.As(err); ok {
		web.TrailOf(ctx).Refuse(web.StatusOf(err), f.Code, err.Error())
	}
}

// AskCodes serves GET /account/security/codes.
func AskCodes(_ context.Context, v *visit) error {
	return v.render(http.StatusOK, ui.AccountNewCodes(ui.AccountNewCodesView{AccountFrame: v.frame(ui.SectionSecurity)}))
}

// NewCodes serves POST /account/security/codes.
func NewCodes(ctx context.Context, v *visit) error {
	var codes []string
	err := v.Account.While(ctx, v.session, func(ctx context.Context) (err error) {
		codes, err = v.Factors.ReplaceCodes(ctx, &v.user)
		return err
	})
	if errors.Is(err, mfa.ErrNoFactor) || over(err) {
		return v.see(paths.AccountSecurity, "")
	}
	if err != nil {
		return err
	}
	return v.codes(codes)
}

// codes shows recovery codes, once; none: the list of factors.
func (v *visit) codes(codes []string) error {
	if len(codes) == 0 {
		return v.see(paths.AccountSecurity, ui.NoticeAdded)
	}
	return v.render(http.StatusOK, ui.AccountCodes(ui.AccountCodesView{AccountFrame: v.frame(ui.SectionSecurity), Codes: codes}))
}
