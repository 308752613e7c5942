package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/agent"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/provider"
	"plinto/ui"
)

// Devices serves GET /account/devices.
func Devices(ctx context.Context, v *visit) error {
	ctx = v.display(ctx)
	sessions, err := v.Account.SessionsOf(ctx, &v.user)
	if err != nil {
		return err
	}
	view := ui.AccountDevicesView{AccountFrame: v.frame(ui.SectionDevices)}
	for i := range sessions {
		s := &sessions[i]
		shown := ui.AccountSession{
			ID: s.ID.String(), Address: s.IP, Place: v.place(s.IP), Current: s.ID == v.session.ID, SignedIn: s.CreatedAt, LastUse: s.SeenAt,
		}
		shown.Browser, shown.System = agent.Names(s.Agent)
		view.Sessions = append(view.Sessions, shown)
	}
	known, err := v.Devices.List(ctx, v.user.ID)
	if err != nil {
		return err
	}
	for i := range known {
		view.Known = append(view.Known, v.knownView(&known[i]))
	}
	return v.render(http.StatusOK, ui.AccountDevices(view))
}

// EndSessions serves POST /account/devices.
func EndSessions(ctx context.Context, v *visit) error {
	if v.form.Get("action") == "others" {
		if err := v.Account.EndOthers(ctx, &v.user, v.session, v.device()); err != nil {
			return err
		}
		return v.see(paths.AccountDevices, ui.NoticeOthers)
	}
	if v.form.Get("action") == "forget" {
		return v.forget(ctx)
	}
	id, err := uuid.Parse(v.form.Get("id"))
	if err != nil || id == v.session.ID {
		return v.see(paths.AccountDevices, "")
	}
	if err := v.Account.EndSession(ctx, &v.user, id); err != nil {
		return err
	}
	return v.see(paths.AccountDevices, ui.NoticeEnded)
}

func (v *visit) knownView(d *identity.Device) ui.AccountBrowser {
	b := ui.AccountBrowser{AccountSession: ui.AccountSession{ID: d.PublicID(), Address: d.IP, Place: v.place(d.IP), LastUse: d.UsedAt}, RememberedUntil: d.RememberedUntil}
	b.Browser, b.System = agent.Names(d.Agent)
	return b
}

// forget makes a browser an unknown one.
func (v *visit) forget(ctx context.Context) error {
	id, err := tid.Parse(identity.DevicePrefix, v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountDevices, "")
	}
	err = v.Devices.Revoke(ctx, v.actor(), &v.user, id)
	if errors.Is(err, identity.ErrDeviceUnknown) {
		return v.see(paths.AccountDevices, "")
	}
	if err != nil {
		return err
	}
	return v.see(paths.AccountDevices, ui.NoticeForgotten)
}

// Apps serves GET /account/apps.
func Apps(ctx context.Context, v *visit) error {
	ctx = v.display(ctx)
	connected, err := v.Connections.Of(ctx, v.user.ID)
	if err != nil {
		return err
	}
	view := ui.AccountAppsView{AccountFrame: v.frame(ui.SectionApps)}
	for i := range connected {
		view.Apps = append(view.Apps, appView(&connected[i]))
	}
	return v.render(http.StatusOK, ui.AccountApps(view))
}

func appView(c *provider.Connection) ui.AccountClient {
	app := ui.AccountClient{ID: tid.Format(provider.ClientPrefix, c.Client.ID), Name: c.Client.DisplayName(), Offline: c.Offline, LastUse: c.Last}
	seen := map[provider.Permission]bool{}
	for i := range c.Consents {
		if app.Host == "" {
			app.Host = c.Consents[i].RedirectHost
		}
		for _, p := range c.Consents[i].Permissions {
			if !seen[p] && p.Scope != "" {
				app.Scopes = append(app.Scopes, ui.Scope{Name: p.Scope, Description: c.Described[p]})
			}
			seen[p] = true
		}
	}
	return app
}

// Revoke serves POST /account/apps.
func Revoke(ctx context.Context, v *visit) error {
	client, err := tid.Parse(provider.ClientPrefix, v.form.Get("id"))
	if err != nil {
		return v.see(paths.AccountApps, "")
	}
	if err := v.Consents.Revoke(ctx, v.user.ID, client); err != nil {
		return fmt.Errorf("remove access: %w", err)
	}
	return v.see(paths.AccountApps, ui.NoticeRevoked)
}
