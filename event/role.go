package event

var roleKinds = []kind{kindOf[RoleCreated](), kindOf[RoleUpdated](), kindOf[RoleDeleted](), kindOf[UserRoleAssigned](), kindOf[UserRoleRemoved]()}

// RoleCreated records a new role.
type RoleCreated struct {
	Scope string `json:"scope"` // "tenant" or "organization"
	Key   string `json:"key"`
}

// Type implements Fact.
func (RoleCreated) Type() Type { return "role.created" }

// RoleUpdated records which members of a role changed.
type RoleUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (RoleUpdated) Type() Type { return "role.updated" }

// RoleDeleted records that a role is gone, also from whoever had it.
type RoleDeleted struct {
	Scope string `json:"scope"`
	Key   string `json:"key"`
}

// Type implements Fact.
func (RoleDeleted) Type() Type { return "role.deleted" }

// UserRoleAssigned records that a user got a role of the tenant.
type UserRoleAssigned struct {
	Role string `json:"role"` // its key
}

// Type implements Fact.
func (UserRoleAssigned) Type() Type { return "user.role_assigned" }

// UserRoleRemoved records that a user has a role of the tenant no more.
type UserRoleRemoved struct {
	Role string `json:"role"` // its key
}

// Type implements Fact.
func (UserRoleRemoved) Type() Type { return "user.role_removed" }
