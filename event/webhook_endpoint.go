package event

var webhookKinds = []kind{
	kindOf[WebhookEndpointCreated](), kindOf[WebhookEndpointUpdated](), kindOf[WebhookEndpointEnabled](), kindOf[WebhookEndpointDisabled](),
	kindOf[WebhookEndpointRotated](), kindOf[WebhookEndpointDeleted](), kindOf[WebhookEndpointTested](), kindOf[WebhookEndpointReplayed](),
}

// WebhookEndpointCreated records that events are sent to a new address.
type WebhookEndpointCreated struct {
	Events []string `json:"events"`
}

// Type implements Fact.
func (WebhookEndpointCreated) Type() Type { return "webhook_endpoint.created" }

// EndsNothing implements Harmless.
func (WebhookEndpointCreated) EndsNothing() {}

// WebhookEndpointUpdated records which members of an endpoint changed.
type WebhookEndpointUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (WebhookEndpointUpdated) Type() Type { return "webhook_endpoint.updated" }

// EndsNothing implements Harmless.
func (WebhookEndpointUpdated) EndsNothing() {}

// WebhookEndpointEnabled records that an endpoint is sent events again.
type WebhookEndpointEnabled struct{}

// Type implements Fact.
func (WebhookEndpointEnabled) Type() Type { return "webhook_endpoint.enabled" }

// EndsNothing implements Harmless.
func (WebhookEndpointEnabled) EndsNothing() {}

// WebhookEndpointDisabled records that an endpoint is sent no events: by an operator, or
// because it failed for days ("failing") or answered 410 ("gone").
type WebhookEndpointDisabled struct {
	Reason string `json:"reason"` // stable code
}

// Type implements Fact.
func (WebhookEndpointDisabled) Type() Type { return "webhook_endpoint.disabled" }

// EndsNothing implements Harmless.
func (WebhookEndpointDisabled) EndsNothing() {}

// WebhookEndpointRotated records that an endpoint has a new secret and key.
type WebhookEndpointRotated struct {
	Overlap int `json:"overlap"` // seconds that the previous ones sign beside them
}

// Type implements Fact.
func (WebhookEndpointRotated) Type() Type { return "webhook_endpoint.secret_rotated" }

// EndsNothing implements Harmless.
func (WebhookEndpointRotated) EndsNothing() {}

// WebhookEndpointDeleted records that an endpoint is gone, with its deliveries.
type WebhookEndpointDeleted struct{}

// Type implements Fact.
func (WebhookEndpointDeleted) Type() Type { return "webhook_endpoint.deleted" }

// EndsNothing implements Harmless.
func (WebhookEndpointDeleted) EndsNothing() {}

// WebhookEndpointTested is sent to the endpoint that it is about and to no other, when
// somebody wants to see whether it works.
type WebhookEndpointTested struct{}

// Type implements Fact.
func (WebhookEndpointTested) Type() Type { return "webhook_endpoint.tested" }

// EndsNothing implements Harmless.
func (WebhookEndpointTested) EndsNothing() {}

// WebhookEndpointReplayed records that events are sent to an endpoint again.
type WebhookEndpointReplayed struct {
	Deliveries int `json:"deliveries"` // how many were queued
}

// Type implements Fact.
func (WebhookEndpointReplayed) Type() Type { return "webhook_endpoint.replayed" }

// EndsNothing implements Harmless.
func (WebhookEndpointReplayed) EndsNothing() {}
