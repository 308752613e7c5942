package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plinto/admin/api"
	"plinto/internal/fault"
	"plinto/internal/tid"
	"plinto/provider"
)

// ListKeys implements api.StrictServerInterface.
func (h *handlers) ListKeys(ctx context.Context, _ api.ListKeysRequestObject) (api.ListKeysResponseObject, error) {
	all, err := h.signingKeys(ctx)
	return api.ListKeys200JSONResponse(all), err
}

func (h *handlers) signingKeys(ctx context.Context) (api.KeyList, error) {
	all, err := h.Services.Keys.Keys.All(ctx)
	if err != nil {
		return api.KeyList{}, err
	}
	return api.KeyList{Object: "list", Data: each(all, func(k *provider.SigningKey) api.Key {
		state := api.KeyState(k.State)
		if k.Gone(h.Now()) {
			state = api.KeyStateGone
		}
		return api.Key{
			Object: "key", Kid: k.KID, Alg: k.Alg, State: state, CreatedAt: k.CreatedAt.UTC(),
			ActivatesAt: utc(k.ActivatesAt), RetiresAt: utc(k.RetiresAt), GoneAt: utc(k.GoneAt),
		}
	})}, nil
}

// utc leaves the zero time what it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// RotateKeys implements api.StrictServerInterface.
func (h *handlers) RotateKeys(ctx context.Context, r api.RotateKeysRequestObject) (api.RotateKeysResponseObject, error) {
	algs := provider.DefaultAlgs
	if r.Body != nil && r.Body.Algs != nil {
		algs = r.Body.Algs
	}
	for i, alg := range algs {
		if !slices.Contains(provider.SigningAlgs, alg) {
			return nil, ErrBody.At(fault.Field{Pointer: fmt.Sprintf("/algs/%d", i), Message: "must be one of " + strings.Join(provider.SigningAlgs, ", ")})
		}
	}
	for _, alg := range algs {
		if err := h.Services.Keys.Rotate(ctx, alg); err != nil {
			return nil, err
		}
	}
	all, err := h.signingKeys(ctx)
	return api.RotateKeys200JSONResponse(all), err
}

// errRegistrationToken reports an id of no initial access token.
var errRegistrationToken = fault.New(fault.NotFound, "registration_token_not_found", "There is no such initial access token.")

// ListRegistrationTokens implements api.StrictServerInterface.
func (h *handlers) ListRegistrationTokens(ctx context.Context, _ api.ListRegistrationTokensRequestObject) (api.ListRegistrationTokensResponseObject, error) {
	all, err := h.Services.Clients.Registrar.InitialTokens.List(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListRegistrationTokens200JSONResponse{Object: "list", Data: each(all, func(t *provider.InitialToken) api.RegistrationToken {
		return api.RegistrationToken{
			Object: "registration_token", ID: tid.Format(provider.InitialTokenIDPrefix, t.ID), Name: t.Name, UsesLeft: int64(t.UsesLeft),
			CreatedAt: t.CreatedAt.UTC(), ExpiresAt: t.ExpiresAt.UTC(),
		}
	})}, nil
}

// CreateRegistrationToken implements api.StrictServerInterface.
func (h *handlers) CreateRegistrationToken(ctx context.Context, r api.CreateRegistrationTokenRequestObject) (api.CreateRegistrationTokenResponseObject, error) {
	uses, life := 1, 24*time.Hour
	if r.Body.Uses > 0 {
		uses = int(r.Body.Uses)
	}
	if r.Body.ExpiresIn > 0 {
		life = time.Duration(r.Body.ExpiresIn) * time.Second
	}
	plain, made, err := h.Services.Clients.Registrar.MakeInitialToken(ctx, r.Body.Name, uses, h.Now().Add(life))
	if err != nil {
		return nil, err
	}
	return api.CreateRegistrationToken201JSONResponse{
		Object: "registration_token", ID: tid.Format(provider.InitialTokenIDPrefix, made.ID), Name: made.Name, Token: plain,
		UsesLeft: int64(made.UsesLeft), ExpiresAt: made.ExpiresAt.UTC(),
	}, nil
}

// DeleteRegistrationToken implements api.StrictServerInterface.
func (h *handlers) DeleteRegistrationToken(ctx context.Context, r api.DeleteRegistrationTokenRequestObject) (api.DeleteRegistrationTokenResponseObject, error) {
	id, err := tid.Parse(provider.InitialTokenIDPrefix, r.TokenID)
	if err != nil {
		return nil, errRegistrationToken
	}
	err = h.Services.Clients.Registrar.RevokeInitialToken(ctx, id)
	if fault.KindOf(err) == fault.Unauthenticated {
		return nil, errRegistrationToken // it is not the caller who presented it
	}
	if err != nil {
		return nil, err
	}
	return api.DeleteRegistrationToken204Response{}, nil
}
