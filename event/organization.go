package event

var organizationKinds = []kind{
	kindOf[OrganizationCreated](), kindOf[OrganizationUpdated](), kindOf[OrganizationDeleted](),
	kindOf[OrganizationMemberSet](), kindOf[OrganizationMemberRemoved](),
}

// OrganizationCreated records a new organization.
type OrganizationCreated struct{}

// Type implements Fact.
func (OrganizationCreated) Type() Type { return "organization.created" }

// OrganizationUpdated records which members of an organization changed.
type OrganizationUpdated struct {
	Fields []string `json:"fields"`
}

// Type implements Fact.
func (OrganizationUpdated) Type() Type { return "organization.updated" }

// OrganizationDeleted records that an organization is gone, with its memberships.
type OrganizationDeleted struct{}

// Type implements Fact.
func (OrganizationDeleted) Type() Type { return "organization.deleted" }

// OrganizationMemberSet records a new member, or other roles of one.
type OrganizationMemberSet struct {
	User string `json:"user"` // public id
}

// Type implements Fact.
func (OrganizationMemberSet) Type() Type { return "organization.member_set" }

// OrganizationMemberRemoved records that a user is no member any more.
type OrganizationMemberRemoved struct {
	User string `json:"user"` // public id
}

// Type implements Fact.
func (OrganizationMemberRemoved) Type() Type { return "organization.member_removed" }
