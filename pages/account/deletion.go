package account

import (
	"context"
	"net/http"
	"time"

	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
	"plinto/ui"
)

func grace(ctx context.Context) time.Duration {
	return tenant.Must(ctx).Settings.Deletion.Grace.Or(tenant.DefaultDeletionGrace)
}

// AskDelete serves GET /account/delete.
func AskDelete(ctx context.Context, v *visit) error {
	if !tenant.Must(ctx).Settings.Deletion.On() {
		return v.see(paths.AccountProfile, "")
	}
	return v.render(http.StatusOK, ui.AccountDelete(ui.AccountDeleteView{
		AccountFrame: v.frame(ui.SectionProfile), Until: v.Now().Add(grace(ctx)),
	}))
}

// Delete serves POST /account/delete.
func Delete(ctx context.Context, v *visit) error {
	if !tenant.Must(ctx).Settings.Deletion.On() {
		return v.see(paths.AccountProfile, "")
	}
	at, err := v.Directory.ScheduleDeletion(ctx, v.actor(), v.user.ID, grace(ctx))
	if err != nil {
		return err
	}
	v.Browser.ForgetSession(v.w, v.r)
	return web.Render(v.w, v.r, http.StatusOK, ui.AccountDeleted(ui.AccountDeletedView{
		Page: v.Browser.Page(v.w, v.r, nil), User: v.frame(ui.SectionProfile).User, DeleteAt: at,
	}))
}
