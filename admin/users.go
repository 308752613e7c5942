package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/tenant"
)

// keepDeleted is how long a user who was deleted can be restored.
const keepDeleted = 7 * 24 * time.Hour

// userID reads a user's id. An id that cannot be read does not exist.
func userID(public string) (uuid.UUID, error) {
	id, err := tid.Parse(identity.UserPrefix, public)
	if err != nil {
		return uuid.Nil, identity.ErrUserNotFound
	}
	return id, nil
}

// ListUsers implements api.StrictServerInterface.
func (h *handlers) ListUsers(ctx context.Context, r api.ListUsersRequestObject) (api.ListUsersResponseObject, error) {
	p := r.Params
	filter, err := userFilter(&p)
	if err != nil {
		return nil, err
	}
	listing := Listing{
		Name: "listUsers", Filter: fmt.Sprintf("%q %q %q %q %t", p.Identifier, p.ExternalID, p.Status, filter.Search.Text, filter.Search.Start),
		Limit: p.Limit, After: p.After, Before: p.Before, Order: string(p.Order),
	}
	found, page, err := list(ctx, h.Cursors, listing, func(u *identity.User) uuid.UUID { return u.ID }, func(ctx context.Context, w window) ([]identity.User, error) {
		return h.Services.Users.Find(ctx, filter, w)
	})
	if err != nil {
		return nil, err
	}
	out := api.UserList{Object: "list", Data: each(found, user), HasMore: page.HasMore, NextCursor: page.Next, PreviousCursor: page.Previous}
	if p.Count {
		n, err := h.Services.Users.Count(ctx, filter)
		if err != nil {
			return nil, err
		}
		out.TotalCount = &n
	}
	return api.ListUsers200JSONResponse(out), nil
}

// userFilter reads what users are looked for by.
func userFilter(p *api.ListUsersParams) (identity.UserFilter, error) {
	filter := identity.UserFilter{Identifier: p.Identifier, ExternalID: p.ExternalID}
	if p.Status != "" {
		blocked := p.Status == "blocked"
		filter.Blocked = &blocked
	}
	switch {
	case p.Search == "" && p.Match != "":
		return filter, ErrParameters.At(fault.Field{Parameter: "match", Message: "needs search"})
	case p.Search == "":
		return filter, nil
	case p.Identifier != "" || p.ExternalID != "":
		return filter, ErrParameters.At(fault.Field{Parameter: "search", Message: "cannot be used with identifier or external_id"})
	}
	var err error
	if filter.Search, err = identity.NewSearch(p.Search, p.Match == "prefix"); err != nil {
		return filter, ErrParameters.At(fault.Field{Parameter: "search", Message: "needs a letter or a digit"})
	}
	return filter, nil
}

// CreateUser implements api.StrictServerInterface.
func (h *handlers) CreateUser(ctx context.Context, r api.CreateUserRequestObject) (api.CreateUserResponseObject, error) {
	u, err := h.createUser(ctx, api.UserPatch(*r.Body))
	if err != nil {
		return nil, err
	}
	return api.CreateUser201JSONResponse{Body: user(&u), Headers: api.CreateUser201ResponseHeaders{ETag: etag(u.Version), Location: userAddress(ctx, &u)}}, nil
}

func (h *handlers) createUser(ctx context.Context, body api.UserPatch) (identity.User, error) {
	u := identity.User{Kept: new(identity.Kept)}
	if err := editUser(&u, &body); err != nil {
		return identity.User{}, err
	}
	return h.Services.Directory.Create(ctx, actor(ctx), u, "")
}

func userAddress(ctx context.Context, u *identity.User) string {
	return base(ctx) + "/users/" + u.PublicID()
}

// UpsertUser implements api.StrictServerInterface.
func (h *handlers) UpsertUser(ctx context.Context, r api.UpsertUserRequestObject) (api.UpsertUserResponseObject, error) {
	if id, err := r.Body.ExternalID.Get(); r.Body.ExternalID.IsSpecified() && (err != nil || id != r.Params.ExternalID) {
		return nil, ErrBody.At(fault.Field{Pointer: "/external_id", Message: "is not that of the address"})
	}
	found, err := h.Services.Users.Find(ctx, identity.UserFilter{ExternalID: r.Params.ExternalID}, window{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 1 {
		if err := h.Services.Roles.ActOnUser(ctx, found[0].ID); err != nil {
			return nil, err
		}
		u, err := h.Services.Directory.Manage(ctx, actor(ctx), found[0].ID, func(u *identity.User) error { return editUser(u, r.Body) })
		if err != nil {
			return nil, err
		}
		if u, err = h.Services.Users.Managed(ctx, u.ID); err != nil {
			return nil, err
		}
		return api.UpsertUser200JSONResponse{Body: user(&u), Headers: api.UpsertUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
	}
	r.Body.ExternalID.Set(r.Params.ExternalID)
	u, err := h.createUser(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.UpsertUser201JSONResponse{Body: user(&u), Headers: api.UpsertUser201ResponseHeaders{ETag: etag(u.Version), Location: userAddress(ctx, &u)}}, nil
}

// GetUser implements api.StrictServerInterface.
func (h *handlers) GetUser(ctx context.Context, r api.GetUserRequestObject) (api.GetUserResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if err != nil {
		return nil, err
	}
	return api.GetUser200JSONResponse{Body: user(&u), Headers: api.GetUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
}

func (h *handlers) user(ctx context.Context, public string) (identity.User, error) {
	id, err := userID(public)
	if err != nil {
		return identity.User{}, err
	}
	return h.Services.Users.Managed(ctx, id)
}

// UpdateUser implements api.StrictServerInterface.
func (h *handlers) UpdateUser(ctx context.Context, r api.UpdateUserRequestObject) (api.UpdateUserResponseObject, error) {
	id, err := userID(r.UserID)
	if err != nil {
		return nil, err
	}
	_, err = h.Services.Directory.Manage(ctx, actor(ctx), id, func(u *identity.User) error {
		if !matches(r.Params.IfMatch, u.Version) {
			return ErrPrecondition
		}
		return editUser(u, r.Body)
	})
	if err != nil {
		return nil, err
	}
	u, err := h.Services.Users.Managed(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.UpdateUser200JSONResponse{Body: user(&u), Headers: api.UpdateUser200ResponseHeaders{ETag: etag(u.Version)}}, nil
}

// DeleteUser implements api.StrictServerInterface.
func (h *handlers) DeleteUser(ctx context.Context, r api.DeleteUserRequestObject) (api.DeleteUserResponseObject, error) {
	u, err := h.user(ctx, r.UserID)
	if isNot(err, identity.ErrUserUnreadable) { // that is no reason to keep them
		return nil, err
	}
	if err := h.unchanged(ctx, "user", u.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if r.Params.Permanent {
		err = h.Services.Directory.Delete(ctx, actor(ctx), u.ID)
	} else {
		_, err = h.Services.Directory.ScheduleDeletion(ctx, actor(ctx), u.ID, keepDeleted)
	}
	if err != nil {
		return nil, err
	}
	return api.DeleteUser204Response{}, nil
}

// editUser applies a merge patch.
func editUser(u *identity.User, p *api.UserPatch) error {
	email, phone := u.Email, u.Phone
	set(&email, p.Email)
	set(&phone, p.PhoneNumber)
	u.SetEmail(email)
	u.SetPhone(phone)
	set(&u.EmailVerified, p.EmailVerified)
	set(&u.Username, p.Username)
	set(&u.PhoneVerified, p.PhoneNumberVerified)
	set(&u.Kept.ExternalID, p.ExternalID)
	editProfile(&u.Profile, &p.Profile)
	var err error
	if u.Kept.Public, err = mergeMetadata("/public_metadata", u.Kept.Public, p.PublicMetadata); err != nil {
		return err
	}
	u.Kept.Private, err = mergeMetadata("/private_metadata", u.Kept.Private, p.PrivateMetadata)
	return err
}

func editProfile(f *identity.Profile, q *api.Profile) {
	set(&f.Name, q.Name)
	set(&f.GivenName, q.GivenName)
	set(&f.FamilyName, q.FamilyName)
	set(&f.MiddleName, q.MiddleName)
	set(&f.Nickname, q.Nickname)
	set(&f.PreferredUsername, q.PreferredUsername)
	set(&f.Profile, q.Profile)
	set(&f.Picture, q.Picture)
	set(&f.Website, q.Website)
	set(&f.Gender, q.Gender)
	set(&f.Birthdate, q.Birthdate)
	set(&f.Zoneinfo, q.Zoneinfo)
	set(&f.Locale, q.Locale)
}

// user is a user as the API shows it.
func user(u *identity.User) api.User {
	out := api.User{
		Object: "user", ID: u.PublicID(), Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username,
		PhoneNumber: u.Phone, PhoneNumberVerified: u.PhoneVerified, Profile: profile(&u.Profile),
		Blocked: !u.Active(), CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(), Unreadable: u.Unreadable,
	}
	if !u.DeleteAt.IsZero() {
		out.DeleteAt = u.DeleteAt.UTC()
	}
	if u.Kept != nil {
		out.ExternalID, out.PublicMetadata, out.PrivateMetadata = u.Kept.ExternalID, metadata(u.Kept.Public), metadata(u.Kept.Private)
	}
	return out
}

func profile(p *identity.Profile) api.ProfileShown {
	return api.ProfileShown{
		Name: p.Name, GivenName: p.GivenName, FamilyName: p.FamilyName, MiddleName: p.MiddleName, Nickname: p.Nickname,
		PreferredUsername: p.PreferredUsername, Profile: p.Profile, Picture: p.Picture, Website: p.Website, Gender: p.Gender,
		Birthdate: p.Birthdate, Zoneinfo: p.Zoneinfo, Locale: p.Locale,
	}
}

// base is the address of the API.
func base(ctx context.Context) string {
	at := tenant.Must(ctx)
	if c := callerOf(ctx); c.Home != nil {
		at = c.Home // the token is good there
	}
	return at.Issuer + paths.Management
}

func metadata(stored json.RawMessage) api.Metadata {
	if stored == nil {
		return nil
	}
	var m api.Metadata
	if json.Unmarshal(stored, &m) != nil {
		return nil // it was an object when it was stored
	}
	return m
}
