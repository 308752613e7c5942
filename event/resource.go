package event

var resourceKinds = []kind{kindOf[ResourceServerUpdated](), kindOf[ResourceServerDeleted]()}

// ResourceServerUpdated tells of a new resource server, or of other scopes of one.
type ResourceServerUpdated struct{}

// Type implements Fact.
func (ResourceServerUpdated) Type() Type { return "resource_server.updated" }

// ResourceServerDeleted tells that a resource server is gone.
type ResourceServerDeleted struct{}

// Type implements Fact.
func (ResourceServerDeleted) Type() Type { return "resource_server.deleted" }
