package admin

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/event"
	"plinto/identity"
	"plinto/identity/recovery"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/tenant"
)

// act does something to a user and returns the user as it is then.
func (h *handlers) act(ctx context.Context, public string, do func(context.Context, event.Actor, uuid.UUID) error) (identity.User, error) {
	id, err := userID(public)
	if err != nil {
		return identity.User{}, err
	}
	if err := do(ctx, actor(ctx), id); err != nil {
		return identity.User{}, err
	}
	return h.Services.Users.Managed(ctx, id)
}

// RestoreUser implements api.StrictServerInterface.
func (h *handlers) RestoreUser(ctx context.Context, r api.RestoreUserRequestObject) (api.RestoreUserResponseObject, error) {
	u, err := h.act(ctx, r.UserID, h.Services.Directory.Keep)
	if err != nil {
		return nil, err
	}
	return api.RestoreUser200JSONResponse{Body: user(&u), Headers: api.RestoreUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
}

// BlockUser implements api.StrictServerInterface.
func (h *handlers) BlockUser(ctx context.Context, r api.BlockUserRequestObject) (api.BlockUserResponseObject, error) {
	u, err := h.act(ctx, r.UserID, h.Services.Directory.Disable)
	if err != nil {
		return nil, err
	}
	return api.BlockUser200JSONResponse{Body: user(&u), Headers: api.BlockUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
}

// UnblockUser implements api.StrictServerInterface.
func (h *handlers) UnblockUser(ctx context.Context, r api.UnblockUserRequestObject) (api.UnblockUserResponseObject, error) {
	u, err := h.act(ctx, r.UserID, h.Services.Directory.Enable)
	if err != nil {
		return nil, err
	}
	return api.UnblockUser200JSONResponse{Body: user(&u), Headers: api.UnblockUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
}

// RequirePasswordChange implements api.StrictServerInterface.
func (h *handlers) RequirePasswordChange(ctx context.Context, r api.RequirePasswordChangeRequestObject) (api.RequirePasswordChangeResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Directory.RequirePassword(ctx, actor(ctx), u.ID); err != nil {
		return nil, err
	}
	return api.RequirePasswordChange204Response{}, nil
}

// RemoveUserPassword implements api.StrictServerInterface.
func (h *handlers) RemoveUserPassword(ctx context.Context, r api.RemoveUserPasswordRequestObject) (api.RemoveUserPasswordResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Passwords.RemoveFor(ctx, actor(ctx), &u); err != nil {
		return nil, err
	}
	return api.RemoveUserPassword204Response{}, nil
}

// CreateRecoveryLink implements api.StrictServerInterface.
func (h *handlers) CreateRecoveryLink(ctx context.Context, r api.CreateRecoveryLinkRequestObject) (api.CreateRecoveryLinkResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	life := recovery.DefaultLinkLife
	if r.Body != nil && r.Body.ExpiresIn != 0 {
		life = time.Duration(r.Body.ExpiresIn) * time.Second
	}
	token, err := h.Services.Links.Issue(ctx, actor(ctx), &u, life, false)
	if err != nil {
		return nil, err
	}
	return api.CreateRecoveryLink201JSONResponse{
		Object: "recovery_link", URL: tenant.Must(ctx).URL(paths.RecoverLink + "?token=" + token), ExpiresAt: h.Now().Add(life).UTC().Truncate(time.Second),
	}, nil
}

// sessionPrefix starts the public id of a session.
const sessionPrefix = "session"

var errSession = fault.New(fault.NotFound, "session_not_found", "The user has no such session.")

// ListUserSessions implements api.StrictServerInterface.
func (h *handlers) ListUserSessions(ctx context.Context, r api.ListUserSessionsRequestObject) (api.ListUserSessionsResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	limit := r.Params.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	all, err := h.Services.Account.Sessions.Of(ctx, u.ID, limit+1)
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, r.Params.Count, "sessions", u.ID, "")
	if err != nil {
		return nil, err
	}
	more := len(all) > limit
	return api.ListUserSessions200JSONResponse{Object: "list", Data: each(all[:min(limit, len(all))], session), HasMore: more, TotalCount: n}, nil
}

func session(s *identity.Session) api.Session {
	return api.Session{
		Object: "session", ID: tid.Format(sessionPrefix, s.ID), UserID: tid.Format(identity.UserPrefix, s.UserID), Amr: s.AMR, Acr: s.ACR,
		IP: s.IP, UserAgent: s.Agent, CreatedAt: s.CreatedAt.UTC(), LastUsedAt: s.SeenAt.UTC(), ExpiresAt: s.ExpiresAt.UTC(),
	}
}

// SignOutUser implements api.StrictServerInterface.
func (h *handlers) SignOutUser(ctx context.Context, r api.SignOutUserRequestObject) (api.SignOutUserResponseObject, error) {
	id, err := userID(r.UserID)
	if err != nil {
		return nil, err
	}
	if err := h.Services.Directory.SignOut(ctx, actor(ctx), id, uuid.Nil); err != nil {
		return nil, err
	}
	return api.SignOutUser204Response{}, nil
}

// EndSession implements api.StrictServerInterface.
func (h *handlers) EndSession(ctx context.Context, r api.EndSessionRequestObject) (api.EndSessionResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	id, err := tid.Parse(sessionPrefix, r.SessionID)
	if err != nil {
		return nil, errSession
	}
	ended, err := h.Services.Account.Ender.EndOf(ctx, h.Services.Account.Sessions, u.ID, id, event.SessionEndedByOperator)
	if err != nil {
		return nil, err
	}
	if !ended {
		return nil, errSession
	}
	return api.EndSession204Response{}, nil
}
