package main

const (
	organizationPages = "pages/organization"
	organizationFlow  = "provider/flow_organization.go"
)

// orgTokens are the controls of attacks on organizations at sign-in and in tokens.
var orgTokens = []control{
	{attacks: "TEN-16", pkg: organizationPages, test: "TestOrganization_ofOthersIsUnknown_TEN16", edits: []edit{
		{"storage/memberships.go", "SELECT roles FROM memberships WHERE organization_id = o.id AND user_id = $2 OFFSET 0) m\n\t\t\tWHERE o.slug = $1", "SELECT '{}'::text[] AS roles WHERE $2::uuid IS NOT NULL) m\n\t\t\tWHERE o.slug = $1"},
	}},
	{attacks: "TEN-16", pkg: organizationPages, test: "TestOrganization_ofOthersIsUnknown_TEN16", says: "a stranger is told", edits: []edit{
		{"provider/flow.go", "var requirements = []requirement{\n", "var requirements = []requirement{\n\t{step: StepRefuse, needed: (*Flow).isNoMember, errorWhenSilent: \"access_denied\", why: because(WhyNoMember)},\n"},
	}},
	{attacks: "ORT-01", pkg: "provider", test: "TestSettle_takesNothingThatIsNotTheUsersOwn", edits: []edit{
		{organizationFlow, "return m.ID == f.Picked }); at >= 0 {", "return m.ID != uuid.Nil }); at >= 0 {"},
	}},
	{attacks: "ORT-02", pkg: organizationPages, test: "TestOrganization_endsGrantsOfWhoLeftAndWhileSuspended", says: "removed", edits: []edit{
		{"storage/grants.go", "\tAND ` + organizationStands + ` AND ` + upstreamStands", "\tAND ` + upstreamStands"},
	}},
	{attacks: "ORT-03", pkg: organizationPages, test: "TestOrganization_endsGrantsOfWhoLeftAndWhileSuspended", says: "removed and added", edits: []edit{
		{"storage/grants.go", " AND (m.created_at <= g.created_at) IS TRUE", ""},
	}},
	{attacks: "ORT-04", pkg: organizationPages, test: "TestOrganization_endsGrantsOfWhoLeftAndWhileSuspended", edits: []edit{
		{"storage/grants.go", " AND o.suspended_at IS NULL\n\tOFFSET 0))`", "\n\tOFFSET 0))`"},
	}},
	{attacks: "ORT-04", pkg: organizationPages, test: "TestOrganization_endsGrantsOfWhoLeftAndWhileSuspended", says: "suspended organization", edits: []edit{
		{organizationFlow, "func(m Membership) bool { return m.Suspended })\n\tswitch {", "func(m Membership) bool { return false })\n\tswitch {"},
	}},
	{attacks: "ORT-05", pkg: organizationPages, test: "TestConsent_isForTheOrganizationThatWasShown", says: "globex", edits: []edit{
		{consentRules, "parts = append(parts, q.Organization)", "parts = append(parts, \"\")"},
	}},
}
