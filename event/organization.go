package event

var organizationKinds = []kind{
	kindOf[OrganizationCreated](), kindOf[OrganizationUpdated](), kindOf[OrganizationDeleted](),
	kindOf[OrganizationMemberSet](), kindOf[OrganizationMemberRemoved](),
	kindOf[OrganizationSuspended](), kindOf[OrganizationUnsuspended](),
	kindOf[InvitationCreated](), kindOf[InvitationRequested](), kindOf[InvitationRevoked](), kindOf[InvitationAccepted](),
	kindOf[DomainAdded](), kindOf[DomainVerified](), kindOf[DomainFailed](), kindOf[DomainLapsing](), kindOf[DomainLapsed](), kindOf[DomainRemoved](),
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

// OrganizationSuspended records that nobody signs in to an organization any more.
type OrganizationSuspended struct{}

// Type implements Fact.
func (OrganizationSuspended) Type() Type { return "organization.suspended" }

// OrganizationUnsuspended records that members can sign in to an organization again.
type OrganizationUnsuspended struct{}

// Type implements Fact.
func (OrganizationUnsuspended) Type() Type { return "organization.unsuspended" }

// EndsNothing implements Harmless.
func (OrganizationUnsuspended) EndsNothing() {}

// InvitationCreated records that somebody was invited to an organization.
type InvitationCreated struct {
	Invitation string   `json:"invitation"` // public id
	Roles      []string `json:"roles,omitempty"`
}

// Type implements Fact.
func (InvitationCreated) Type() Type { return "organization.invitation_created" }

// EndsNothing implements Harmless.
func (InvitationCreated) EndsNothing() {}

// InvitationRequested records that the mail of an invitation is to be sent, the first or another.
type InvitationRequested struct {
	Invitation string `json:"invitation"` // public id
	Hash       string `json:"hash"`       // base64url, of the token of the mail
}

// Type implements Fact.
func (InvitationRequested) Type() Type { return "organization.invitation_requested" }

// EndsNothing implements Harmless.
func (InvitationRequested) EndsNothing() {}

// InvitationRevoked records that an invitation cannot be accepted any more.
type InvitationRevoked struct {
	Invitation string `json:"invitation"` // public id
}

// Type implements Fact.
func (InvitationRevoked) Type() Type { return "organization.invitation_revoked" }

// EndsNothing implements Harmless.
func (InvitationRevoked) EndsNothing() {}

// InvitationAccepted records that a user became a member by an invitation.
type InvitationAccepted struct {
	Invitation string   `json:"invitation"` // public id
	User       string   `json:"user"`       // public id
	Roles      []string `json:"roles,omitempty"`
}

// Type implements Fact.
func (InvitationAccepted) Type() Type { return "organization.invitation_accepted" }

// EndsNothing implements Harmless.
func (InvitationAccepted) EndsNothing() {}
