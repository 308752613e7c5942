package account

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/internal/web"
	"plinto/ui"
)

// Identities serves GET /account/identities.
func Identities(ctx context.Context, v *visit) error {
	view, err := v.identities(ctx)
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.AccountIdentities(view))
}

func (v *visit) identities(ctx context.Context) (view ui.AccountIdentitiesView, err error) {
	view.AccountFrame = v.frame(ui.SectionSecurity)
	held, err := v.SignIns.Of(ctx, v.user.ID)
	if err != nil {
		return view, err
	}
	for i := range held {
		view.Identities = append(view.Identities, ui.AccountIdentity{
			ID: held[i].PublicID(), Provider: held[i].Name, Label: held[i].Label, Added: held[i].CreatedAt, UsedAt: held[i].UsedAt,
		})
	}
	offered, err := v.SignIns.Offered(ctx)
	for i := range offered {
		if c := &offered[i]; !c.Hidden && c.Organization == uuid.Nil {
			view.Providers = append(view.Providers, ui.ProviderButton{Slug: c.Slug, Name: c.Name, Down: !v.SignIns.Available(ctx, c)})
		}
	}
	return view, err
}

// offersIdentities reports whether the user has accounts at identity providers, or can connect one.
func (v *visit) offersIdentities(ctx context.Context) (bool, error) {
	offered, err := v.SignIns.Offered(ctx) // from memory: nobody has an identity where there are no connections
	return len(offered) > 0, err
}

// ChangeIdentities serves POST /account/identities.
func ChangeIdentities(ctx context.Context, v *visit) error {
	if v.form.Get("action") == "connect" {
		return v.connect(ctx, v.form.Get("connection"))
	}
	id, err := tid.Parse(federation.IdentityPrefix, v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountIdentities, "")
	}
	err = v.Account.Ending(ctx, v.session, func(ctx context.Context) error {
		if err := v.SignIns.Unlink(ctx, v.actor(), &v.user, id); err != nil {
			return err
		}
		return v.Account.KeepsWay(ctx, &v.user)
	})
	switch {
	case err == nil:
		return v.see(paths.AccountIdentities, ui.NoticeRemoved)
	case errors.Is(err, federation.ErrIdentityNotFound), over(err):
		return v.see(paths.AccountIdentities, "")
	case errors.Is(err, identity.ErrLastWay):
		v.refuse(ctx, err)
		view, lookup := v.identities(ctx)
		view.LastWay = true
		return errors.Join(lookup, v.render(web.StatusOf(err), ui.AccountIdentities(view)))
	}
	return err
}

// connect leads to a provider. What comes back is the identity of who has this session.
func (v *visit) connect(ctx context.Context, slug string) error {
	c, err := v.SignIns.Enabled(ctx, slug)
	var to federation.Departure
	if err == nil {
		ask := federation.Ask{Prompt: "select_account", UILocales: v.Browser.Page(v.w, v.r, nil).Locale.Lang()}
		to, err = v.SignIns.Begin(ctx, &c, federation.RoundHolder{Purpose: federation.ToConnect, ID: v.session.ID}, ask)
	}
	if errors.Is(err, federation.ErrNotFound) || errors.Is(err, federation.ErrDisabled) || errors.Is(err, federation.ErrSuspended) || errors.Is(err, federation.ErrUnavailable) || errors.Is(err, federation.ErrMisconfigured) {
		return v.Browser.IdentityProblem(v.w, v.r, err, c.Name)
	}
	if err != nil {
		return err
	}
	return v.Browser.Leave(v.w, v.r, to.URL, to.Form)
}
