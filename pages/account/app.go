package account

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/identity/mfa"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

// appLife is how long the page for an authenticator app can be used.
const appLife = 30 * time.Minute

// An enrolling is an authenticator app that the user is adding. The form holds it, sealed.
type enrolling struct {
	ID      uuid.UUID `json:"i"` // of the factor: a form that is sent twice adds one
	Session uuid.UUID `json:"s"`
	Secret  []byte    `json:"k"`
	At      time.Time `json:"t"`
}

const enrollingUse = "account-app"

// AskApp serves GET /account/security/app.
func AskApp(ctx context.Context, v *visit) error {
	if tenant.Must(ctx).Settings.MFA.Off() {
		return v.see(paths.AccountSecurity, "")
	}
	return v.askApp(ctx, http.StatusOK, v.newApp(), ui.AccountAppView{})
}

func (v *visit) newApp() enrolling {
	return enrolling{ID: uuid.Must(uuid.NewV7()), Session: v.session.ID, Secret: mfa.NewSecret(), At: v.Now()}
}

func (v *visit) askApp(ctx context.Context, status int, e enrolling, view ui.AccountAppView) error {
	t := tenant.Must(ctx)
	view.AccountFrame = v.frame(ui.SectionSecurity)
	view.URI, view.Secret = mfa.URI(e.Secret, cmp.Or(t.Name, t.Host), view.User), mfa.SecretText(e.Secret)
	view.Sealed = v.Browser.Seal(v.r, enrollingUse, e)
	return v.render(status, ui.AccountApp(view))
}

// AddApp serves POST /account/security/app.
func AddApp(ctx context.Context, v *visit) error {
	var e enrolling
	if !v.Browser.Unseal(v.r, enrollingUse, v.form.Get("sealed"), &e) || e.Session != v.session.ID || v.Now().Sub(e.At) > appLife {
		return v.see(paths.AccountApp, "")
	}
	app, err := v.Factors.Confirm(&v.user, e.Secret, v.form.Get("code"), "")
	var codes []string
	if err == nil {
		app.ID, app.First = e.ID, !v.session.SecondFactor
		err = v.enrol(ctx, []string{mfa.AMROTP, mfa.AMRMulti}, func(ctx context.Context) (err error) {
			codes, err = v.Factors.Enrol(ctx, app)
			return err
		})
	}
	view := ui.AccountAppView{Full: errors.Is(err, mfa.ErrTooManyHeld)}
	if errors.Is(err, mfa.ErrUnconfirmed) {
		view.Problem = ui.EnrolWrong
	}
	switch {
	case err == nil:
		return v.codes(codes)
	case over(err):
		return v.see(paths.AccountApp, "")
	case errors.Is(err, mfa.ErrHeld): // it is there already, or another tab added one
		return v.see(paths.AccountSecurity, "")
	case view.Full, view.Problem != "":
		v.refuse(ctx, err)
		return v.askApp(ctx, web.StatusOf(err), e, view)
	}
	return err
}
