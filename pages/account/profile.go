package account

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/displayname"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/tenant"
	"plinto/ui"
)

// maxName bounds a name, in characters.
const maxName = 200

// Overview serves GET /account.
func Overview(ctx context.Context, v *visit) error {
	rights, err := v.rights(ctx)
	if err != nil {
		return err
	}
	mfa := tenant.Must(ctx).Settings.MFA
	return v.render(http.StatusOK, ui.AccountOverview(ui.AccountOverviewView{
		AccountFrame: v.frame(ui.SectionOverview), Bare: !v.session.SecondFactor && !mfa.Off(), Manages: len(rights) > 0,
	}))
}

// Profile serves GET /account/profile.
func Profile(_ context.Context, v *visit) error {
	p := &v.user.Profile
	return v.profile(http.StatusOK, ui.AccountProfileView{
		FullName: p.Name, GivenName: p.GivenName, FamilyName: p.FamilyName, Nickname: p.Nickname, Language: p.Locale,
	})
}

func (v *visit) profile(status int, view ui.AccountProfileView) error {
	view.AccountFrame, view.MaxName, view.Languages = v.frame(ui.SectionProfile), maxName, v.languages(view.Language)
	view.Deletes = v.tenant.Settings.Deletion.On()
	return v.render(status, ui.AccountProfile(view))
}

// languages are those of the tenant, by their own names, and the present one.
func (v *visit) languages(present string) []ui.Language {
	all := slices.DeleteFunc(ui.Languages(), func(l ui.Language) bool {
		offered := v.tenant.Settings.Languages
		return len(offered) > 0 && !slices.Contains(offered, l.Tag)
	})
	known := slices.ContainsFunc(all, func(l ui.Language) bool { return l.Tag == present })
	if present != "" && !known {
		all = append(all, ui.Language{Tag: present, Name: present})
	}
	return all
}

// SaveProfile serves POST /account/profile. What the form does not hold stays.
func SaveProfile(ctx context.Context, v *visit) error {
	view := ui.AccountProfileView{
		FullName: displayname.Clean(v.form.Get("name")), GivenName: displayname.Clean(v.form.Get("given_name")),
		FamilyName: displayname.Clean(v.form.Get("family_name")), Nickname: displayname.Clean(v.form.Get("nickname")),
		Language: v.form.Get("locale"),
	}
	if view.Language != v.user.Profile.Locale && !slices.Contains(ui.Locales(), view.Language) {
		view.Language = ""
	}
	for _, name := range []string{view.FullName, view.GivenName, view.FamilyName, view.Nickname} {
		switch err := displayname.Check(name, maxName); {
		case errors.Is(err, displayname.ErrTooLong):
			view.Problem = ui.ProfileLong
		case err != nil:
			view.Problem = ui.ProfileUnusable
		}
	}
	if view.Problem != "" {
		return v.profile(http.StatusUnprocessableEntity, view)
	}
	_, err := v.Directory.Update(ctx, v.actor(), v.user.ID, func(u *identity.User) {
		p := &u.Profile
		p.Name, p.GivenName, p.FamilyName, p.Nickname, p.Locale = view.FullName, view.GivenName, view.FamilyName, view.Nickname, view.Language
	})
	if errors.Is(err, fault.ErrChanged) {
		view.Problem = ui.ProfileBusy
		return v.profile(http.StatusConflict, view)
	}
	if err != nil {
		return err
	}
	return v.see(paths.AccountProfile, ui.NoticeSaved)
}

// actor is the user as who does something.
func (v *visit) actor() event.Actor { return event.Actor{Type: "user", ID: v.user.PublicID()} }
