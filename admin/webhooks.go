package admin

import (
	"context"
	"time"

	"github.com/google/uuid"

	"plinto/admin/api"
	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/secret"
	"plinto/internal/tid"
)

// ListWebhookEndpoints implements api.StrictServerInterface.
func (h *handlers) ListWebhookEndpoints(ctx context.Context, _ api.ListWebhookEndpointsRequestObject) (api.ListWebhookEndpointsResponseObject, error) {
	all, err := h.Services.Webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	return api.ListWebhookEndpoints200JSONResponse{Object: "list", Data: each(all, endpoint)}, nil
}

// CreateWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) CreateWebhookEndpoint(ctx context.Context, r api.CreateWebhookEndpointRequestObject) (api.CreateWebhookEndpointResponseObject, error) {
	var spec webhook.Spec
	editEndpoint(&spec, &api.WebhookEndpointPatch{
		URL: r.Body.URL, Description: r.Body.Description, Events: r.Body.Events, Payload: named[api.WebhookEndpointPatchPayload](r.Body.Payload),
	})
	made, secrets, err := h.Services.Webhooks.Create(ctx, spec, secret.String{})
	if err != nil {
		return nil, err
	}
	e := endpoint(&made)
	return api.CreateWebhookEndpoint201JSONResponse{
		Body: api.WebhookEndpointCreated{
			Object: "webhook_endpoint", ID: e.ID, URL: e.URL, Description: e.Description, Events: e.Events,
			Payload: api.WebhookEndpointCreatedPayload(e.Payload), CreatedAt: e.CreatedAt, Secret: secrets.Text().Reveal(),
		},
		Headers: api.CreateWebhookEndpoint201ResponseHeaders{ETag: etag(made.Version), Location: base(ctx) + "/webhook-endpoints/" + e.ID},
	}, nil
}

func (h *handlers) endpoint(ctx context.Context, public string) (webhook.Endpoint, error) {
	id, err := tid.Parse(webhook.EndpointPrefix, public)
	if err != nil {
		return webhook.Endpoint{}, webhook.ErrNotFound
	}
	return h.Services.Webhooks.ByID(ctx, id)
}

// GetWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) GetWebhookEndpoint(ctx context.Context, r api.GetWebhookEndpointRequestObject) (api.GetWebhookEndpointResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	return api.GetWebhookEndpoint200JSONResponse{Body: endpoint(&e), Headers: api.GetWebhookEndpoint200ResponseHeaders{ETag: etag(e.Version)}}, nil
}

// UpdateWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) UpdateWebhookEndpoint(ctx context.Context, r api.UpdateWebhookEndpointRequestObject) (api.UpdateWebhookEndpointResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "webhook_endpoint", e.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	if _, err := h.Services.Webhooks.Update(ctx, e.ID, func(s *webhook.Spec) { editEndpoint(s, r.Body) }); err != nil {
		return nil, err
	}
	if e, err = h.Services.Webhooks.ByID(ctx, e.ID); err != nil {
		return nil, err
	}
	return api.UpdateWebhookEndpoint200JSONResponse{Body: endpoint(&e), Headers: api.UpdateWebhookEndpoint200ResponseHeaders{ETag: etag(e.Version)}}, nil
}

// DeleteWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) DeleteWebhookEndpoint(ctx context.Context, r api.DeleteWebhookEndpointRequestObject) (api.DeleteWebhookEndpointResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	if err := h.unchanged(ctx, "webhook_endpoint", e.ID, r.Params.IfMatch); err != nil {
		return nil, err
	}
	return api.DeleteWebhookEndpoint204Response{}, h.Services.Webhooks.Delete(ctx, e.ID)
}

// switchEndpoint does something to an endpoint and returns it as it is then.
func (h *handlers) switchEndpoint(ctx context.Context, public string, do func(context.Context, uuid.UUID) error) (webhook.Endpoint, error) {
	e, err := h.endpoint(ctx, public)
	if err != nil {
		return e, err
	}
	if err := do(ctx, e.ID); err != nil {
		return e, err
	}
	return h.Services.Webhooks.ByID(ctx, e.ID)
}

// DisableWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) DisableWebhookEndpoint(ctx context.Context, r api.DisableWebhookEndpointRequestObject) (api.DisableWebhookEndpointResponseObject, error) {
	e, err := h.switchEndpoint(ctx, r.EndpointID, func(ctx context.Context, id uuid.UUID) error {
		return h.Services.Webhooks.Disable(ctx, id, webhook.ByOperator)
	})
	if err != nil {
		return nil, err
	}
	return api.DisableWebhookEndpoint200JSONResponse{Body: endpoint(&e), Headers: api.DisableWebhookEndpoint200ResponseHeaders{ETag: etag(e.Version)}}, nil
}

// EnableWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) EnableWebhookEndpoint(ctx context.Context, r api.EnableWebhookEndpointRequestObject) (api.EnableWebhookEndpointResponseObject, error) {
	e, err := h.switchEndpoint(ctx, r.EndpointID, h.Services.Webhooks.Enable)
	if err != nil {
		return nil, err
	}
	return api.EnableWebhookEndpoint200JSONResponse{Body: endpoint(&e), Headers: api.EnableWebhookEndpoint200ResponseHeaders{ETag: etag(e.Version)}}, nil
}

// defaultOverlap is how long two secrets sign after a rotation that says nothing else.
const defaultOverlap = 24 * time.Hour

// RotateWebhookSecret implements api.StrictServerInterface.
func (h *handlers) RotateWebhookSecret(ctx context.Context, r api.RotateWebhookSecretRequestObject) (api.RotateWebhookSecretResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	overlap := defaultOverlap
	if r.Body != nil && r.Body.Overlap != nil {
		overlap = time.Duration(*r.Body.Overlap) * time.Second
	}
	secrets, err := h.Services.Webhooks.Rotate(ctx, e.ID, overlap, secret.String{})
	if err != nil {
		return nil, err
	}
	return api.RotateWebhookSecret200JSONResponse{Object: "webhook_secret", Secret: secrets.Text().Reveal()}, nil
}

// TestWebhookEndpoint implements api.StrictServerInterface.
func (h *handlers) TestWebhookEndpoint(ctx context.Context, r api.TestWebhookEndpointRequestObject) (api.TestWebhookEndpointResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	told, err := h.Services.Webhooks.Test(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	return api.TestWebhookEndpoint200JSONResponse{Object: "webhook_test", EventID: tid.Format(webhook.EventPrefix, told)}, nil
}

// ListWebhookDeliveries implements api.StrictServerInterface.
func (h *handlers) ListWebhookDeliveries(ctx context.Context, r api.ListWebhookDeliveriesRequestObject) (api.ListWebhookDeliveriesResponseObject, error) {
	e, err := h.endpoint(ctx, r.EndpointID)
	if err != nil {
		return nil, err
	}
	listing := Listing{Name: "listWebhookDeliveries " + r.EndpointID, Filter: string(r.Params.State), Limit: r.Params.Limit, After: r.Params.After}
	found, page, err := list(ctx, h.Cursors, listing, func(d *webhook.Delivery) uuid.UUID { return d.ID }, func(ctx context.Context, w window) ([]webhook.Delivery, error) {
		return h.Services.Webhooks.Deliveries.List(ctx, e.ID, w.After, webhook.State(r.Params.State), w.Limit+1)
	})
	if err != nil {
		return nil, err
	}
	n, err := h.counted(ctx, r.Params.Count, "webhook_deliveries", e.ID, string(r.Params.State))
	if err != nil {
		return nil, err
	}
	return api.ListWebhookDeliveries200JSONResponse{Object: "list", Data: each(found, delivery), HasMore: page.HasMore, NextCursor: page.Next, TotalCount: n}, nil
}

// ReplayWebhookDelivery implements api.StrictServerInterface.
func (h *handlers) ReplayWebhookDelivery(ctx context.Context, r api.ReplayWebhookDeliveryRequestObject) (api.ReplayWebhookDeliveryResponseObject, error) {
	d, _, err := h.delivery(ctx, r.EndpointID, r.DeliveryID)
	if err != nil {
		return nil, err
	}
	_, err = h.Services.Webhooks.Replay(ctx, d.EndpointID, webhook.Selection{Delivery: d.ID})
	return api.ReplayWebhookDelivery204Response{}, err
}

// delivery returns a delivery of an endpoint with its attempts.
func (h *handlers) delivery(ctx context.Context, endpoint, public string) (webhook.Delivery, []webhook.Attempt, error) {
	e, err := h.endpoint(ctx, endpoint)
	if err != nil {
		return webhook.Delivery{}, nil, err
	}
	id, err := tid.Parse(webhook.DeliveryPrefix, public)
	if err != nil {
		return webhook.Delivery{}, nil, webhook.ErrNoDelivery
	}
	d, attempts, err := h.Services.Webhooks.Deliveries.ByID(ctx, id)
	if err == nil && d.EndpointID != e.ID {
		err = webhook.ErrNoDelivery
	}
	return d, attempts, err
}

// ListWebhookAttempts implements api.StrictServerInterface.
func (h *handlers) ListWebhookAttempts(ctx context.Context, r api.ListWebhookAttemptsRequestObject) (api.ListWebhookAttemptsResponseObject, error) {
	_, attempts, err := h.delivery(ctx, r.EndpointID, r.DeliveryID)
	if err != nil {
		return nil, err
	}
	return api.ListWebhookAttempts200JSONResponse{Object: "list", Data: each(attempts, func(a *webhook.Attempt) api.WebhookAttempt {
		return api.WebhookAttempt{
			Object: "webhook_attempt", ID: tid.Format("attempt", a.ID), At: a.At.UTC(), LatencyMs: a.Latency.Milliseconds(),
			Status: int32(a.Status), Error: a.Error, Answer: a.Answer, AnswerCut: a.Cut,
		}
	})}, nil
}

// editEndpoint applies a merge patch.
func editEndpoint(s *webhook.Spec, p *api.WebhookEndpointPatch) {
	if p.URL != "" {
		s.URL = p.URL
	}
	if p.Events != nil {
		s.Events = append([]event.Filter{}, p.Events...)
	}
	set(&s.Description, p.Description)
	payload := api.WebhookEndpointPatchPayload(s.Payload)
	set(&payload, p.Payload)
	s.Payload = string(payload)
}

// endpoint is a webhook endpoint as the API shows it.
func endpoint(e *webhook.Endpoint) api.WebhookEndpoint {
	return api.WebhookEndpoint{
		Object: "webhook_endpoint", ID: e.PublicID(), URL: e.URL, Description: e.Description, Payload: api.WebhookEndpointPayload(e.Payload),
		Events:   append([]string{}, e.Events...),
		Disabled: !e.DisabledAt.IsZero(), DisabledReason: e.DisabledReason, FailingSince: utc(e.Health.FailingSince), ManagedBy: e.ManagedBy, CreatedAt: e.CreatedAt.UTC(),
	}
}

func delivery(d *webhook.Delivery) api.WebhookDelivery {
	return api.WebhookDelivery{
		Object: "webhook_delivery", ID: d.PublicID(), EventID: tid.Format(webhook.EventPrefix, d.EventID), Type: string(d.Type),
		State: api.WebhookDeliveryState(d.State), Reason: d.Reason, Attempts: int64(d.Attempts),
		DueAt: utc(d.DueAt), CreatedAt: d.CreatedAt.UTC(), FinishedAt: utc(d.FinishedAt),
	}
}
