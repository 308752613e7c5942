package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"plinto/admin/api"
	"plinto/internal/fault"
	"plinto/organization"
	"plinto/provider/settings"
	"plinto/tenant"
)

// Errors of settings.
var (
	ErrSettings         = fault.New(fault.Invalid, "invalid_settings", "A setting is not valid.")
	ErrOperatorsSetting = fault.New(fault.Forbidden, "setting_of_operators", "Only operators can change this setting.")
)

// reserved are the settings that settings:write alone does not change. Those without a right are for
// operators: they bound what a tenant costs the installation, in whose name its mails go out of the mail
// server that all tenants share, and whether strangers may send users on to anywhere.
var reserved = []struct {
	pointer string
	needs   organization.Permission
	of      func(*tenant.Settings) any
}{
	{"/registration/max_clients", "", func(s *tenant.Settings) any { return s.Registration.MaxClients }},
	{"/registration/per_hour", "", func(s *tenant.Settings) any { return s.Registration.PerHour }},
	{"/registration/trust_redirects", "", func(s *tenant.Settings) any { return s.Registration.TrustRedirects }},
	{"/mail/from", "", func(s *tenant.Settings) any { return s.Mail.From }},
	{"/mail/texts", organization.EmailTemplatesWrite, func(s *tenant.Settings) any { return s.Mail.Texts }},
	{"/branding", organization.BrandingWrite, func(s *tenant.Settings) any { return s.Branding }},
}

// GetSettings implements api.StrictServerInterface.
func (h *handlers) GetSettings(ctx context.Context, _ api.GetSettingsRequestObject) (api.GetSettingsResponseObject, error) {
	t, shown, err := h.settings(ctx)
	if err != nil {
		return nil, err
	}
	return api.GetSettings200JSONResponse{Body: shown, Headers: api.GetSettings200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// settings returns the tenant of ctx as it is stored, and its settings as the API shows them.
func (h *handlers) settings(ctx context.Context) (*tenant.Tenant, api.Settings, error) {
	t, err := h.Services.Registry.Tenants.Current(ctx, tenant.Must(ctx).Slug)
	if err != nil {
		return nil, nil, err
	}
	shown, err := members(t.Settings)
	return t, shown, err
}

// UpdateSettings implements api.StrictServerInterface.
func (h *handlers) UpdateSettings(ctx context.Context, r api.UpdateSettingsRequestObject) (api.UpdateSettingsResponseObject, error) {
	err := h.changeTenant(ctx, tenant.Must(ctx).Slug, r.Params.IfMatch, func(t *tenant.Tenant) error {
		before := t.Settings
		if err := patchSettings(&t.Settings, *r.Body, ""); err != nil {
			return err
		}
		return mayChange(callerOf(ctx), &before, &t.Settings)
	})
	if err != nil {
		return nil, err
	}
	t, shown, err := h.settings(ctx)
	if err != nil {
		return nil, err
	}
	return api.UpdateSettings200JSONResponse{Body: shown, Headers: api.UpdateSettings200ResponseHeaders{ETag: etag(t.Version)}}, nil
}

// mayChange refuses a change of a setting that the caller has no right to.
func mayChange(c *Caller, before, after *tenant.Settings) error {
	for _, r := range reserved {
		switch {
		case reflect.DeepEqual(r.of(before), r.of(after)):
		case r.needs == "":
			return ErrOperatorsSetting.At(fault.Field{Pointer: r.pointer, Message: "is for operators"})
		case !slices.Contains(c.Rights, r.needs):
			return errNoRight.At(fault.Field{Pointer: r.pointer, Message: "needs " + string(r.needs)})
		}
	}
	return nil
}

// changeTenant changes a tenant while it has a version.
func (h *handlers) changeTenant(ctx context.Context, slug, ifMatch string, edit func(*tenant.Tenant) error) error {
	_, err := h.Services.Registry.Update(ctx, slug, func(t *tenant.Tenant) error {
		if !matches(ifMatch, t.Version) {
			return ErrPrecondition
		}
		return edit(t)
	})
	return err
}

// members is a value as the members of its JSON.
func members(v any) (map[string]any, error) {
	out := map[string]any{}
	return out, recode(v, &out)
}

// patchSettings merges a patch into settings (RFC 7396), which are at a pointer of the body, and checks
// the result. ErrSettings.
func patchSettings(s *tenant.Settings, patch map[string]any, at string) error {
	now, err := members(s)
	if err != nil {
		return err
	}
	merge(now, patch)
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	var after tenant.Settings
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&after); err != nil {
		return ErrSettings.With(err).At(fault.Field{Pointer: at, Message: "has a length of time or a number that is too large"})
	}
	for name, logo := range map[string][2]string{"logo": {s.Branding.Logo, after.Branding.Logo}, "logo_dark": {s.Branding.LogoDark, after.Branding.LogoDark}} {
		if logo[1] != "" && logo[0] != logo[1] {
			return ErrSettings.At(fault.Field{Pointer: at + "/branding/" + name, Message: "is changed by PUT /branding/logo"})
		}
	}
	if err := checkSettings(&after, at); err != nil {
		return err
	}
	*s = after
	return nil
}

// checkSettings says what is wrong with settings. ErrSettings.
func checkSettings(s *tenant.Settings, at string) error {
	var wrong []fault.Field
	for _, p := range settings.Check(s) {
		wrong = append(wrong, fault.Field{Pointer: at + pointer(p.Path), Message: p.Says})
	}
	return invalidSettings(wrong)
}

// invalidSettings refuses settings that are wrong, if any is.
func invalidSettings(wrong []fault.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.SortStableFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return ErrSettings.At(wrong[:min(len(wrong), maxWrong)]...)
}
