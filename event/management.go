package event

var managementKinds = []kind{kindOf[ManagementActed]()}

// ManagementActed records that a caller of the system tenant does something in another tenant by the
// management API: in the logs of both, and before it is done. Of what is only read it is recorded once
// an hour for each caller and operation.
type ManagementActed struct {
	Tenant    string `json:"tenant"`    // slug of the other tenant
	Operation string `json:"operation"` // operationId of the contract
}

// Type implements Fact.
func (ManagementActed) Type() Type { return "management.acted" }

// EndsNothing implements Harmless.
func (ManagementActed) EndsNothing() {}
