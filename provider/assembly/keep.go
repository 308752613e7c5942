package assembly

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Keep keeps a checked request for provider.PushedTTL, and returns the request_uri that stands for it
// (RFC 9126 §2.2). *web.OAuthError for one that is too large.
func (a *Assembler) Keep(ctx context.Context, c *provider.Client, request *provider.Request) (uri string, err error) {
	if err := fits(request); err != nil {
		return "", err
	}
	uri = PushedPrefix + secret.Token(PushedTokenPrefix)
	kept := provider.PushedRequest{ClientID: c.ID, Request: *request}
	if err := a.Pushed.Push(ctx, PushedHash(tenant.Must(ctx).ID, uri), kept, provider.PushedTTL); err != nil {
		return "", err
	}
	return uri, nil
}

// maxKept bounds what is kept of one request, in bytes of its JSON. A state of the largest
// size fits in, whatever is in it (JSON writes two bytes for a quotation mark), with all
// that is usual besides.
const maxKept = 12 << 10

// fits refuses a request that is too large to be kept. It measures what the column
// holds: jsonb has no escapes for '<', '>' and '&', where json.Marshal writes six bytes.
func fits(request *provider.Request) error {
	var kept bytes.Buffer
	encoder := json.NewEncoder(&kept)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(request); err != nil {
		return fmt.Errorf("measure request: %w", err)
	}
	if kept.Len() > maxKept {
		return &web.OAuthError{Code: "invalid_request", Description: "the request is too large", Status: http.StatusBadRequest}
	}
	return nil
}
