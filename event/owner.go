package event

var ownerKinds = []kind{kindOf[OwnerChanged]()}

// OwnerChanged records that a manifest declares a resource, or does so no more.
type OwnerChanged struct {
	Resource string `json:"resource"`       // kind: tenant, client, resource_server, role, organization or webhook_endpoint
	From     string `json:"from,omitempty"` // name of the manifest that did before; "": none
	To       string `json:"to,omitempty"`   // that does now; "": none
}

// Type implements Fact.
func (OwnerChanged) Type() Type { return "resource.owner_changed" }

// EndsNothing implements Harmless.
func (OwnerChanged) EndsNothing() {}
