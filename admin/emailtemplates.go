package admin

import (
	"context"

	"plinto/admin/api"
	"plinto/event/mail"
	"plinto/internal/fault"
	"plinto/tenant"
)

// ErrEmailTemplate reports texts that an email cannot have.
var ErrEmailTemplate = fault.New(fault.Unprocessable, "invalid_email_template", "The email cannot have these texts.")

// emailLanguage is the language that is asked for, or the tenant's first.
func emailLanguage(t *tenant.Tenant, asked string) string {
	switch {
	case asked != "":
		return asked
	case len(t.Settings.Languages) > 0:
		return t.Settings.Languages[0]
	}
	return mail.Languages()[0]
}

// ListEmailTemplates implements api.StrictServerInterface.
func (h *handlers) ListEmailTemplates(ctx context.Context, r api.ListEmailTemplatesRequestObject) (api.ListEmailTemplatesResponseObject, error) {
	t, err := h.Services.Registry.Tenants.Current(ctx, tenant.Must(ctx).Slug)
	if err != nil {
		return nil, err
	}
	out := api.ListEmailTemplates200JSONResponse{Object: "list", Data: []api.EmailTemplate{}}
	for _, kind := range append([]string{mail.Shared}, mail.Kinds()...) {
		shown, err := emailTemplate(t, kind, r.Params.Language)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, shown)
	}
	return out, nil
}

// emailTemplate is a template as the API shows it.
func emailTemplate(t *tenant.Tenant, kind, language string) (api.EmailTemplate, error) {
	language = emailLanguage(t, language)
	all, err := mail.Template(t.Settings.Mail, kind, language)
	if err != nil {
		return api.EmailTemplate{}, err
	}
	return api.EmailTemplate{Object: "email_template", Kind: kind, Language: language, Texts: each(all, func(text *mail.Text) api.EmailText {
		shown := api.EmailText{Part: text.Part, Text: text.Shipped, Default: text.Shipped, Source: "default", Placeholders: text.Placeholders}
		if text.Own != "" {
			shown.Text, shown.Source = text.Own, "tenant"
		}
		return shown
	})}, nil
}

// GetEmailTemplate implements api.StrictServerInterface.
func (h *handlers) GetEmailTemplate(ctx context.Context, r api.GetEmailTemplateRequestObject) (api.GetEmailTemplateResponseObject, error) {
	tag, shown, err := h.emailTemplate(ctx, r.Kind, r.Params.Language)
	if err != nil {
		return nil, err
	}
	return api.GetEmailTemplate200JSONResponse{Body: shown, Headers: api.GetEmailTemplate200ResponseHeaders{ETag: tag}}, nil
}

func (h *handlers) emailTemplate(ctx context.Context, kind, language string) (string, api.EmailTemplate, error) {
	t, err := h.Services.Registry.Tenants.Current(ctx, tenant.Must(ctx).Slug)
	if err != nil {
		return "", api.EmailTemplate{}, err
	}
	shown, err := emailTemplate(t, kind, language)
	return etag(t.Version), shown, err
}

// UpdateEmailTemplate implements api.StrictServerInterface.
func (h *handlers) UpdateEmailTemplate(ctx context.Context, r api.UpdateEmailTemplateRequestObject) (api.UpdateEmailTemplateResponseObject, error) {
	if _, _, err := h.emailTemplate(ctx, r.Kind, r.Params.Language); err != nil {
		return nil, err
	}
	err := h.changeTenant(ctx, tenant.Must(ctx).Slug, r.Params.IfMatch, func(t *tenant.Tenant) error {
		language := emailLanguage(t, r.Params.Language)
		unknown, err := mail.Edit(&t.Settings.Mail, r.Kind, language, r.Body.Texts)
		if err != nil {
			return err
		}
		var wrong []fault.Field
		for _, part := range unknown {
			wrong = append(wrong, fault.Field{Pointer: pointer([]string{"texts", part}), Message: "is no part of this email"})
		}
		wrong = append(wrong, wrongTexts(t.Settings.Mail, r.Kind, language)...)
		if len(wrong) > 0 {
			return ErrEmailTemplate.At(wrong...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	tag, shown, err := h.emailTemplate(ctx, r.Kind, r.Params.Language)
	if err != nil {
		return nil, err
	}
	return api.UpdateEmailTemplate200JSONResponse{Body: shown, Headers: api.UpdateEmailTemplate200ResponseHeaders{ETag: tag}}, nil
}

// wrongTexts says what is wrong with the texts of a template, by part, or with all texts together.
func wrongTexts(m tenant.Mail, kind, language string) (wrong []fault.Field) {
	all, err := mail.Template(m, kind, language)
	if err != nil {
		return []fault.Field{{Message: err.Error()}}
	}
	m.From, m.ReplyTo = "", "" // not changed here
	for _, p := range mail.Check(m) {
		if len(p.Path) < 3 {
			wrong = append(wrong, fault.Field{Pointer: "/texts", Message: p.Says})
			continue
		}
		for _, text := range all {
			if p.Path[1] == language && p.Path[2] == text.Key {
				wrong = append(wrong, fault.Field{Pointer: pointer([]string{"texts", text.Part}), Message: p.Says})
			}
		}
	}
	return wrong
}

// PreviewEmail implements api.StrictServerInterface.
func (h *handlers) PreviewEmail(ctx context.Context, r api.PreviewEmailRequestObject) (api.PreviewEmailResponseObject, error) {
	t, err := h.Services.Registry.Tenants.Current(ctx, tenant.Must(ctx).Slug)
	if err != nil {
		return nil, err
	}
	language := emailLanguage(t, r.Params.Language)
	if _, err := mail.Template(t.Settings.Mail, r.Kind, language); err != nil {
		return nil, err
	}
	if r.Kind == mail.Shared {
		return nil, mail.ErrNoKind
	}
	t.Settings.Languages = nil // also one that the tenant does not offer yet
	m, err := mail.Preview(ctx, t, r.Kind, language)
	if err != nil {
		return nil, err
	}
	return api.PreviewEmail200JSONResponse{
		Object: "email_preview", Kind: r.Kind, Language: language, From: t.Settings.Mail.From, ReplyTo: t.Settings.Mail.ReplyTo,
		Subject: m.Subject, Text: m.Text, HTML: m.HTML,
	}, nil
}
