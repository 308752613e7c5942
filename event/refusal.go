package event

var refusalKinds = []kind{kindOf[ClientAuthenticationFailed](), kindOf[RequestRefused](), kindOf[CommandRefused](), kindOf[ManagementRefused]()}

// ClientAuthenticationFailed records that a client could not prove itself; the reason is the
// event's. The first of a client, a network and a reason is told at once, the others of five
// minutes together.
type ClientAuthenticationFailed struct {
	ClientID string `json:"client_id,omitempty"` // as it knows itself; none when there is no such client
	Method   string `json:"method,omitempty"`    // that was used, such as "client_secret_basic"
	Endpoint string `json:"endpoint,omitempty"`  // such as "token" or "introspection"
	Count    int    `json:"count"`               // how many attempts this stands for
}

// Type implements Fact.
func (ClientAuthenticationFailed) Type() Type { return "client_authentication.failed" }

// EndsNothing implements Harmless.
func (ClientAuthenticationFailed) EndsNothing() {}

// RequestRefused records that a client, or somebody in its name, was refused what it asked
// for; the reason is the event's. They are told as failed authentications are.
type RequestRefused struct {
	ClientID string `json:"client_id,omitempty"` // none when there is no such client
	Endpoint string `json:"endpoint,omitempty"`  // "authorization", "pushed_authorization", "token", "revocation" or "registration"
	Error    string `json:"error,omitempty"`     // that was answered, such as "invalid_grant"
	Count    int    `json:"count"`               // how many requests this stands for
}

// Type implements Fact.
func (RequestRefused) Type() Type { return "request.refused" }

// EndsNothing implements Harmless.
func (RequestRefused) EndsNothing() {}

// CommandRefused records that an operator's command was refused, and changed nothing more;
// the reason is the event's.
type CommandRefused struct {
	Command string `json:"command"` // without its arguments, such as "webhook create"
}

// Type implements Fact.
func (CommandRefused) Type() Type { return "command.refused" }

// EndsNothing implements Harmless.
func (CommandRefused) EndsNothing() {}

// ManagementRefused records that the management API refused a caller what it has no right to; the
// reason is the event's.
type ManagementRefused struct {
	Operation  string `json:"operation"`  // operationId of the contract
	Permission string `json:"permission"` // that was missing
}

// Type implements Fact.
func (ManagementRefused) Type() Type { return "management.refused" }

// EndsNothing implements Harmless.
func (ManagementRefused) EndsNothing() {}
