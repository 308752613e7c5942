package admin

import (
	"context"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/identity/addresses"
	"plinto/identity/mfa"
	"plinto/identity/passkey"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/provider"
)

func (h *handlers) emails(ctx context.Context, user *identity.User) (api.EmailList, error) {
	all, err := h.Services.Addresses.List(ctx, user)
	if err != nil {
		return api.EmailList{}, err
	}
	return api.EmailList{Object: "list", Data: each(all, email)}, nil
}

func email(e *addresses.Email) api.Email {
	return api.Email{Object: "email", ID: e.PublicID(), Email: e.Address, Primary: e.Primary, Verified: e.Verified, VerifiedAt: utc(e.VerifiedAt)}
}

// emailOf finds a user and the id of one of the addresses.
func (h *handlers) emailOf(ctx context.Context, user, public string) (identity.User, uuid.UUID, error) {
	u, err := h.user(ctx, user)
	if err != nil {
		return u, uuid.Nil, err
	}
	id, err := tid.Parse(addresses.Prefix, public)
	if err != nil {
		return u, uuid.Nil, addresses.ErrUnknown
	}
	return u, id, nil
}

// ListUserEmails implements api.StrictServerInterface.
func (h *handlers) ListUserEmails(ctx context.Context, r api.ListUserEmailsRequestObject) (api.ListUserEmailsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	all, err := h.emails(ctx, &u)
	return api.ListUserEmails200JSONResponse(all), err
}

// AddUserEmail implements api.StrictServerInterface.
func (h *handlers) AddUserEmail(ctx context.Context, r api.AddUserEmailRequestObject) (api.AddUserEmailResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	kept, err := h.Services.Addresses.Provide(ctx, actor(ctx), &u, r.Body.Email)
	if err != nil {
		return nil, err
	}
	return api.AddUserEmail201JSONResponse(email(&kept)), nil
}

// MakeUserEmailPrimary implements api.StrictServerInterface.
func (h *handlers) MakeUserEmailPrimary(ctx context.Context, r api.MakeUserEmailPrimaryRequestObject) (api.MakeUserEmailPrimaryResponseObject, error) {
	u, id, err := h.emailOf(ctx, r.UserID, r.EmailID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Addresses.MakePrimary(ctx, actor(ctx), &u, id); err != nil {
		return nil, err
	}
	if u, err = h.Services.Users.Managed(ctx, u.ID); err != nil {
		return nil, err
	}
	all, err := h.emails(ctx, &u)
	return api.MakeUserEmailPrimary200JSONResponse(all), err
}

// RemoveUserEmail implements api.StrictServerInterface.
func (h *handlers) RemoveUserEmail(ctx context.Context, r api.RemoveUserEmailRequestObject) (api.RemoveUserEmailResponseObject, error) {
	u, id, err := h.emailOf(ctx, r.UserID, r.EmailID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Addresses.Remove(ctx, actor(ctx), &u, id); err != nil {
		return nil, err
	}
	return api.RemoveUserEmail204Response{}, nil
}

// ListUserFactors implements api.StrictServerInterface.
func (h *handlers) ListUserFactors(ctx context.Context, r api.ListUserFactorsRequestObject) (api.ListUserFactorsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	held, err := h.Services.Account.FactorsOf(ctx, &u)
	if err != nil {
		return nil, err
	}
	all := each(held.Passkeys, func(k *passkey.Passkey) api.Factor {
		return api.Factor{Object: "factor", ID: k.PublicID(), Kind: "passkey", Name: k.Name, Model: k.Model, Synced: k.BackedUp, CreatedAt: k.CreatedAt.UTC(), LastUsedAt: utc(k.UsedAt)}
	})
	all = append(all, each(held.TOTP, func(f *mfa.TOTP) api.Factor {
		return api.Factor{Object: "factor", ID: f.PublicID(), Kind: "totp", Name: f.Name, CreatedAt: f.CreatedAt.UTC(), LastUsedAt: utc(f.UsedAt)}
	})...)
	if held.Codes > 0 {
		all = append(all, api.Factor{Object: "factor", Kind: "recovery_codes", Left: int64(held.Codes)})
	}
	return api.ListUserFactors200JSONResponse{Object: "list", Data: all}, nil
}

// RemoveUserFactors implements api.StrictServerInterface.
func (h *handlers) RemoveUserFactors(ctx context.Context, r api.RemoveUserFactorsRequestObject) (api.RemoveUserFactorsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Account.Passkeys.RemoveAll(ctx, actor(ctx), &u); err != nil {
		return nil, err
	}
	return api.RemoveUserFactors204Response{}, nil
}

// RemoveUserFactor implements api.StrictServerInterface. What users may not remove themselves, such as
// their only way in, an administrator may.
func (h *handlers) RemoveUserFactor(ctx context.Context, r api.RemoveUserFactorRequestObject) (api.RemoveUserFactorResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if id, err := tid.Parse(passkey.Prefix, r.FactorID); err == nil {
		err = h.Services.Account.Passkeys.Remove(ctx, actor(ctx), &u, id)
		return api.RemoveUserFactor204Response{}, err
	}
	id, err := tid.Parse(mfa.FactorPrefix, r.FactorID)
	if err != nil {
		return nil, mfa.ErrFactorUnknown
	}
	return api.RemoveUserFactor204Response{}, h.Services.Account.Factors.Remove(ctx, actor(ctx), &u, id)
}

// ListUserConsents implements api.StrictServerInterface.
func (h *handlers) ListUserConsents(ctx context.Context, r api.ListUserConsentsRequestObject) (api.ListUserConsentsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	clients, err := mayExpand(ctx, string(r.Params.Expand), "client", organization.ClientsRead)
	if err != nil {
		return nil, err
	}
	all, err := h.Services.Consents.Consents.List(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	var apps map[uuid.UUID]api.OAuthClient
	if clients {
		if apps, err = h.clientsOf(ctx, distinct(all, func(c *provider.Consent) uuid.UUID { return c.ClientID })); err != nil {
			return nil, err
		}
	}
	return api.ListUserConsents200JSONResponse{Object: "list", Data: each(all, func(c *provider.Consent) api.Consent {
		return api.Consent{
			Object: "consent", Client: tid.Format(provider.ClientPrefix, c.ClientID), ClientName: c.Name, RedirectHost: c.RedirectHost, OAuthClient: apps[c.ClientID],
			GrantedAt:   c.GrantedAt.UTC(),
			Permissions: each(c.Permissions, func(p *provider.Permission) api.Permission { return api.Permission(*p) }),
		}
	})}, nil
}

// RevokeUserConsents implements api.StrictServerInterface.
func (h *handlers) RevokeUserConsents(ctx context.Context, r api.RevokeUserConsentsRequestObject) (api.RevokeUserConsentsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Consents.RevokeAll(ctx, u.ID); err != nil {
		return nil, err
	}
	return api.RevokeUserConsents204Response{}, nil
}

// RevokeUserConsent implements api.StrictServerInterface. What is not allowed is no error: what is
// asked for is so already.
func (h *handlers) RevokeUserConsent(ctx context.Context, r api.RevokeUserConsentRequestObject) (api.RevokeUserConsentResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	c, err := h.storedClient(ctx, r.Client)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Consents.Revoke(ctx, u.ID, c.ID); err != nil {
		return nil, err
	}
	return api.RevokeUserConsent204Response{}, nil
}
