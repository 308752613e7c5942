package event

var resourceKinds = []kind{kindOf[ResourceServerUpdated](), kindOf[ResourceServerDeleted]()}

// ResourceServerUpdated records a new resource server, or other scopes of one.
type ResourceServerUpdated struct{}

// Type implements Fact.
func (ResourceServerUpdated) Type() Type { return "resource_server.updated" }

// ResourceServerDeleted records that a resource server is gone.
type ResourceServerDeleted struct{}

// Type implements Fact.
func (ResourceServerDeleted) Type() Type { return "resource_server.deleted" }
