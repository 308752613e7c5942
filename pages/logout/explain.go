package logout

import (
	"context"
	"errors"
	"fmt"

	"plinto/internal/fault"
	"plinto/pages/browser"
	"plinto/ui"
)

// explain tells a developer why the user is not led back to where the client wanted: to the application it looks as if
// signing out did not work, and the page itself does not say. nil where nothing is to be told, and but on a development
// server: requests keep what they are not let only there.
func (h *Handler) explain(ctx context.Context, clientID, unfollowed string) (*ui.Explanation, error) {
	if !h.Browser.Development || unfollowed == "" {
		return nil, nil
	}
	client, err := h.Clients.ByClientID(ctx, clientID)
	if clientID == "" || errors.Is(err, fault.NotFound) {
		return &ui.Explanation{
			Problem: "The post_logout_redirect_uri is not followed, because the request does not show which client it is of.",
			Steps:   []string{"Send the id_token_hint, which is an ID token of this issuer, or the client_id. With both they have to be of one client."},
		}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find client: %w", err)
	}
	e := &ui.Explanation{
		Problem: fmt.Sprintf("The post_logout_redirect_uri is not one that the client %s has registered, so the user stays here. Every byte counts.", client.ClientID),
	}
	h.Browser.Unregistered(ctx, e, client, browser.Address{
		Sent: unfollowed, Registered: client.PostLogoutRedirectURIs, Flag: "--post-logout-redirect-uri",
	})
	return e, nil
}
