package account

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/internal/mailaddr"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/pages/browser"
	"plinto/ui"
)

// Emails serves GET /account/emails.
func Emails(ctx context.Context, v *visit) error {
	return v.emails(ctx, http.StatusOK, ui.AccountEmailsView{})
}

func (v *visit) emails(ctx context.Context, status int, view ui.AccountEmailsView) error {
	all, err := v.Addresses.List(ctx, &v.user)
	if err != nil {
		return err
	}
	view.AccountFrame, view.Mails = v.frame(ui.SectionEmails), v.Mails
	for _, e := range all {
		shown := ui.AccountEmail{
			ID: e.ID.String(), Address: mailaddr.Display(e.Address), Primary: e.Primary, Verified: e.Verified, Asked: !e.Primary && !e.Verified,
		}
		if main := v.unproved(all); shown.Asked && main != "" && addresses.Same(main, e.Address) {
			view.Emails[0].ID, view.Emails[0].Asked = shown.ID, true // one address, whose code was mailed
			continue
		}
		view.Emails = append(view.Emails, shown)
	}
	return v.render(status, ui.AccountEmails(view))
}

// unproved is the main address while it is not proved, or "".
func (*visit) unproved(all []addresses.Email) string {
	if len(all) > 0 && all[0].Primary && !all[0].Verified {
		return all[0].Address
	}
	return ""
}

// ProveEmail serves POST /account/emails: the code that was mailed to an address.
func ProveEmail(ctx context.Context, v *visit) error {
	id, err := uuid.Parse(v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountEmails, "")
	}
	// In no transaction of the page: a wrong code has to be counted.
	if err = v.Addresses.Prove(ctx, &v.user, id, v.form.Get("code")); err == nil {
		return v.see(paths.AccountEmails, ui.NoticeEmail)
	}
	if errors.Is(err, addresses.ErrUnknown) || over(err) {
		return v.see(paths.AccountEmails, "")
	}
	problem := emailProblem(err)
	if problem == "" {
		return err
	}
	v.refuse(ctx, err)
	return v.emails(ctx, web.StatusOf(err), ui.AccountEmailsView{Wrong: id.String(), Problem: problem})
}

// emailProblem returns what a page says of an address, or "" of an error that is about something
// else.
func emailProblem(err error) ui.EmailProblem {
	for of, problem := range map[error]ui.EmailProblem{
		addresses.ErrCode: ui.EmailWrongCode, identity.ErrEmail: ui.EmailMalformed, addresses.ErrDomain: ui.EmailDomain,
		addresses.ErrReach: ui.EmailUnreachable, addresses.ErrHeld: ui.EmailHeld, addresses.ErrTooMany: ui.EmailFull,
		identity.ErrEmailTaken: ui.EmailTaken, addresses.ErrThrottle: ui.EmailThrottled,
	} {
		if errors.Is(err, of) {
			return problem
		}
	}
	return ""
}

// AskEmail serves GET /account/emails/add.
func AskEmail(_ context.Context, v *visit) error {
	return v.askEmail(http.StatusOK, ui.AccountEmailAddView{})
}

func (v *visit) askEmail(status int, view ui.AccountEmailAddView) error {
	if !v.Mails {
		return v.see(paths.AccountEmails, "")
	}
	view.AccountFrame = v.frame(ui.SectionEmails)
	return v.render(status, ui.AccountEmailAdd(view))
}

// AddEmail serves POST /account/emails/add.
func AddEmail(ctx context.Context, v *visit) error {
	view := ui.AccountEmailAddView{Email: v.form.Get("email")}
	if !v.Mails {
		return v.askEmail(http.StatusOK, view)
	}
	page := v.Browser.Page(v.w, v.r, nil)
	_, err := v.Addresses.Add(ctx, &v.user, view.Email, page.Locale.Lang(), v.Address(v.r))
	if err == nil {
		return v.see(paths.AccountEmails, ui.NoticeMailed)
	}
	if view.Problem = emailProblem(err); view.Problem == "" {
		return err
	}
	status := web.StatusOf(err)
	if _, wait := browser.Wait(v.w, err); wait > 0 {
		view.RetryAfter = wait
	}
	v.refuse(ctx, err)
	return v.askEmail(status, view)
}

// email returns the address that is asked about, or leads to all of them where it is gone.
func (v *visit) email(ctx context.Context, text string, remove bool) (view ui.AccountEmailChangeView, gone bool, err error) {
	all, err := v.Addresses.List(ctx, &v.user)
	if err != nil {
		return view, false, err
	}
	for _, e := range all {
		if e.ID != uuid.Nil && e.ID.String() == text && (remove || e.Verified) {
			return ui.AccountEmailChangeView{
				AccountFrame: v.frame(ui.SectionEmails), ID: text, Email: mailaddr.Display(e.Address), Remove: remove,
			}, false, nil
		}
	}
	return view, true, v.see(paths.AccountEmails, "")
}

func askEmailChange(remove bool) page {
	return func(ctx context.Context, v *visit) error {
		view, gone, err := v.email(ctx, v.r.URL.Query().Get("id"), remove)
		if gone || err != nil {
			return err
		}
		return v.render(http.StatusOK, ui.AccountEmailChange(view))
	}
}

// AskPrimary serves GET /account/emails/primary, and AskRemoveEmail GET /account/emails/remove.
var (
	AskPrimary     = askEmailChange(false)
	AskRemoveEmail = askEmailChange(true)
)

// MakePrimary serves POST /account/emails/primary.
func MakePrimary(ctx context.Context, v *visit) error {
	return v.changeEmail(ctx, false, ui.NoticePrimary, func(ctx context.Context, id uuid.UUID) error {
		return v.Addresses.MakePrimary(ctx, v.actor(), &v.user, id)
	})
}

// RemoveEmail serves POST /account/emails/remove.
func RemoveEmail(ctx context.Context, v *visit) error {
	return v.changeEmail(ctx, true, ui.NoticeEmailGone, func(ctx context.Context, id uuid.UUID) error {
		return v.Addresses.Remove(ctx, v.actor(), &v.user, id)
	})
}

func (v *visit) changeEmail(ctx context.Context, remove bool, notice ui.Notice, change func(context.Context, uuid.UUID) error) error {
	id, err := uuid.Parse(v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountEmails, "")
	}
	err = v.Account.While(ctx, v.session, func(ctx context.Context) error { return change(ctx, id) })
	switch {
	case err == nil:
		return v.see(paths.AccountEmails, notice)
	case errors.Is(err, addresses.ErrUnknown), errors.Is(err, addresses.ErrUnproved), errors.Is(err, addresses.ErrPrimary), over(err):
		return v.see(paths.AccountEmails, "")
	}
	problem := emailProblem(err)
	if problem == "" {
		return err
	}
	v.refuse(ctx, err)
	view, gone, lookup := v.email(ctx, id.String(), remove)
	if gone || lookup != nil {
		return lookup
	}
	view.Problem = problem
	return v.render(web.StatusOf(err), ui.AccountEmailChange(view))
}
