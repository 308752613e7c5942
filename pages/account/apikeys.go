package account

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/displayname"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/organization/apikey"
	"plinto/ui"
)

// maxKeyName bounds the name of an API key, in characters.
const maxKeyName = 50

// rightField is that of the boxes of a form, one for each right.
const rightField = "right"

// keyLives are the days that a key can stand; the third is the default of the service.
var keyLives = []int{7, 30, 90, 365}

// rights are those that the user could give to a key: theirs in the tenant.
func (v *visit) rights(ctx context.Context) ([]organization.Permission, error) {
	all, _, err := v.APIKeys.Roles.Rights(ctx, v.user.ID, uuid.Nil)
	return slices.DeleteFunc(all, func(p organization.Permission) bool { return !p.Manages() }), err
}

// offersAPIKeys reports whether the user may make a key, or has one left from when they could.
func (v *visit) offersAPIKeys(ctx context.Context) (bool, error) {
	rights, err := v.rights(ctx)
	if err != nil || len(rights) > 0 {
		return len(rights) > 0, err
	}
	held, err := v.APIKeys.List(ctx, v.user.ID, uuid.Nil, 1)
	return len(held) > 0, err
}

// APIKeys serves GET /account/api-keys.
func APIKeys(ctx context.Context, v *visit) error {
	rights, err := v.rights(ctx)
	if err != nil {
		return err
	}
	held, err := v.APIKeys.List(ctx, v.user.ID, uuid.Nil, apikey.MaxOfUser)
	if err != nil {
		return err
	}
	if len(rights) == 0 && len(held) == 0 {
		return v.see(paths.AccountSecurity, v.notice) // which says what was just revoked
	}
	view := ui.AccountAPIKeysView{AccountFrame: v.frame(ui.SectionSecurity), May: len(rights) > 0}
	for i := range held {
		k := &held[i]
		shown := ui.AccountAPIKey{ID: k.PublicID(), Name: k.Name, Hint: k.Hint, Expires: k.ExpiresAt, UsedAt: k.UsedAt}
		for _, p := range k.Permissions {
			shown.Rights = append(shown.Rights, string(p))
		}
		view.Keys = append(view.Keys, shown)
	}
	return v.render(http.StatusOK, ui.AccountAPIKeys(view))
}

// RevokeAPIKey serves POST /account/api-keys.
func RevokeAPIKey(ctx context.Context, v *visit) error {
	id, err := tid.Parse(apikey.Prefix, v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountAPIKeys, "")
	}
	err = v.APIKeys.RevokeOf(event.WithActor(ctx, v.actor()), v.user.ID, id)
	if errors.Is(err, apikey.ErrNotFound) {
		return v.see(paths.AccountAPIKeys, "")
	}
	if err != nil {
		return err
	}
	return v.see(paths.AccountAPIKeys, ui.NoticeKeyGone)
}

// AskAPIKey serves GET /account/api-keys/new.
func AskAPIKey(ctx context.Context, v *visit) error {
	return v.askAPIKey(ctx, http.StatusOK, ui.AccountAPIKeyNewView{Days: int(apikey.DefaultTTL / (24 * time.Hour))}, nil)
}

func (v *visit) askAPIKey(ctx context.Context, status int, view ui.AccountAPIKeyNewView, chosen []string) error {
	rights, err := v.rights(ctx)
	if err != nil {
		return err
	}
	if len(rights) == 0 {
		return v.see(paths.AccountAPIKeys, "")
	}
	view.AccountFrame, view.Lives, view.MaxName = v.frame(ui.SectionSecurity), keyLives, maxKeyName
	for _, p := range rights {
		view.Rights = append(view.Rights, ui.Choice{Value: string(p), Chosen: slices.Contains(chosen, string(p))})
	}
	return v.render(status, ui.AccountAPIKeyNew(view))
}

// MakeAPIKey serves POST /account/api-keys/new. The key has no right that the user has not: the
// service decides that.
func MakeAPIKey(ctx context.Context, v *visit) error {
	days, err := strconv.Atoi(v.form.Get("days"))
	if err != nil || !slices.Contains(keyLives, days) {
		return v.see(paths.AccountAPIKeyNew, "")
	}
	view := ui.AccountAPIKeyNewView{KeyName: displayname.Clean(v.form.Get("name")), Days: days}
	chosen := v.form.All(rightField)
	if view.KeyName == "" || displayname.Check(view.KeyName, maxKeyName) != nil {
		view.Problem = ui.APIKeyName
		return v.askAPIKey(ctx, http.StatusUnprocessableEntity, view, chosen)
	}
	if len(chosen) == 0 {
		view.Problem = ui.APIKeyRights
		return v.askAPIKey(ctx, http.StatusUnprocessableEntity, view, chosen)
	}
	made := apikey.New{Name: view.KeyName, UserID: v.user.ID, TTL: time.Duration(days) * 24 * time.Hour}
	for _, right := range chosen {
		made.Permissions = append(made.Permissions, organization.Permission(right))
	}
	plain, err := v.makeAPIKey(ctx, made)
	switch {
	case err == nil:
		return v.render(http.StatusOK, ui.AccountAPIKeyMade(ui.AccountAPIKeyMadeView{
			AccountFrame: v.frame(ui.SectionSecurity), KeyName: made.Name, Secret: plain,
		}))
	case over(err):
		return v.see(paths.AccountAPIKeyNew, "")
	case errors.Is(err, apikey.ErrTooMany):
		view.Problem = ui.APIKeyFull
	case errors.Is(err, organization.ErrCannotConfer), errors.Is(err, apikey.ErrOwner), errors.Is(err, apikey.ErrKey):
		view.Problem = ui.APIKeyLost
	default:
		return err
	}
	v.refuse(ctx, err)
	return v.askAPIKey(ctx, web.StatusOf(err), view, chosen)
}

// makeAPIKey makes a key as the user, while their session stands.
func (v *visit) makeAPIKey(ctx context.Context, n apikey.New) (plain string, err error) {
	authority, err := v.APIKeys.Roles.AuthorityOf(ctx, v.user.ID, uuid.Nil, organization.Permission.Manages)
	if err != nil {
		return "", err
	}
	ctx = organization.WithAuthority(event.WithActor(ctx, v.actor()), authority)
	err = v.Account.While(ctx, v.session, func(ctx context.Context) error {
		_, made, err := v.APIKeys.Create(ctx, n)
		plain = made.Reveal()
		return err
	})
	return plain, err
}
