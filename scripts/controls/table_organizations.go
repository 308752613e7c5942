package main

const (
	invitationPages   = "pages/invitation"
	invitationAnswers = "organization/invitation/answer.go"
	orgDomainTests    = "organization/domain"
	orgDomainRows     = "storage/orgdomains.go"
)

// organizations are the controls of attacks on organizations.
var organizations = []control{
	{attacks: "PAG-08", pkg: "admin", test: "TestOrganizations_theirAdministratorsGiveNoMisleadingNames", edits: []edit{
		{"organization/service.go", "displayname.PassesFor(name[1], taken...) != \"\"", "displayname.PassesFor(name[1], taken...) == \"-\""},
	}},
	{attacks: "ORG-01", pkg: invitationPages, test: "TestInvitation_isAcceptedOnce", edits: []edit{
		{"storage/invitations.go", "AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()\n\t\t\tAND EXISTS", "AND EXISTS"},
	}},
	{attacks: "ORG-02", pkg: invitationPages, test: "TestInvitation_isAcceptedWithOnePress", edits: []edit{
		{"pages/invitation/handler.go", "return v.show(r.Context(), http.StatusOK, ui.SignUpAccountView{})", "return v.accept(r.Context())"},
	}},
	{attacks: "ORG-03", pkg: invitationPages, test: "TestInvitation_isForItsAddress", says: "with another address", edits: []edit{
		{invitationAnswers, "case !holds:", "case !holds && false:"},
	}},
	{attacks: "ORG-03", pkg: invitationPages, test: "TestInvitation_isForItsAddress", says: "not proved", edits: []edit{
		{invitationAnswers, "held.EmailVerified, nil", "held.EmailVerified || true, nil"},
	}},
	{attacks: "ORG-04", pkg: invitationPages, test: "TestInvitation_thatIsOverSaysSo", says: "the mail before", edits: []edit{
		{invitationAnswers, "if !secret.Equal(o.hash, m.Hash) {", "if false && !secret.Equal(o.hash, m.Hash) {"},
	}},
	{attacks: "ORG-05", pkg: orgDomainTests, test: "TestDomain_isOneOrganizations", says: "a domain that is another's", edits: []edit{
		{orgDomainRows, "if err == nil && held {", "if err == nil && held && false {"},
		{"migrations/0031_manage_organizations.sql", "    CONSTRAINT organization_domains_verified_key UNIQUE (tenant_id, verified),\n", ""},
	}},
	{attacks: "ORG-05", pkg: orgDomainTests, test: "TestDomain_isOneOrganizations", says: "by the record of another organization", edits: []edit{
		{"organization/domain/service.go", "strings.TrimSpace(text) == d.Token", "strings.HasPrefix(strings.TrimSpace(text), tokenPrefix)"},
	}},
	{attacks: "ORG-06", pkg: "organization", test: "TestEffective_loosensNothing", edits: []edit{
		{"organization/policy.go", "d > 0 && d < of", "d > 0"},
	}},
	{attacks: "ORG-07", pkg: invitationPages, test: "TestInvitation_givesNoRolesThatTheInviterCannot", edits: []edit{
		{"organization/invitation/service.go", "if s.Confers != nil {", "if s.Confers != nil && false {"},
	}},
	{attacks: "ORG-08", pkg: orgDomainTests, test: "TestDomain_lapsesSlowly", says: "many looks at once", edits: []edit{
		{orgDomainRows, "verified IS NULL OR failures = 0 OR checked_at", "verified IS NULL OR true OR checked_at"},
	}},
	{attacks: "ORG-10", pkg: organizationPages, test: "TestPolicy_requiresASecondFactor", says: "chose the strict one", edits: []edit{
		{"dispatch/organization.go", "found[i].Demands = provider.DemandsOf(settings, &found[i].Policy)", "_, _ = i, settings"},
	}},
	{attacks: "ORG-10", pkg: "provider", test: "TestFlowNext_holdsWhatTheOrganizationAsksFor", says: "a factor, a remembered browser", edits: []edit{
		{"provider/flow.go", "\tfacts.MFA = f.Tightened(facts.MFA)\n\tsilent", "\tsilent"},
	}},
	{attacks: "ORG-11", pkg: "provider", test: "TestFlowNext_holdsWhatTheOrganizationAsksFor", says: "idle in between", edits: []edit{
		{"identity/session.go", "return max(s.Gap, now.Sub(s.SeenAt))", "return now.Sub(s.SeenAt)"},
	}},
	{attacks: "ORG-11", pkg: "storage", test: "TestSession_remembersHowLongItWasNotUsed", edits: []edit{
		{"storage/sessions.go", "seen_at = now(), gap = greatest(s.gap, now() - s.seen_at)", "seen_at = now()"},
	}},
	{attacks: "ORG-11", pkg: organizationPages, test: "TestPolicy_wantsNewerSessions", edits: []edit{
		{"provider/flow.go", "if f.Organization.Demands.stale(s, facts.Now) {", "if false {"},
	}},
	{attacks: "ORG-12", pkg: organizationPages, test: "TestPolicy_takesOneWayToSignIn", edits: []edit{
		{"provider/flow.go", "if !f.Organization.Demands.takesMethod(s.AMR) && !makes {", "if false && !f.Organization.Demands.takesMethod(s.AMR) && !makes {"},
		{"provider/flow_passkey.go", "return f.Key.Lacks &&", "return false && f.Key.Lacks &&"},
	}},
	{attacks: "ORG-18", pkg: organizationPages, test: "TestDemandedPasskey_isMadeAndThenAskedFor", edits: []edit{
		{"pages/factor/demanded.go", "case err == nil:\n\t\treturn v.Return()", "case err == nil:\n\t\treturn h.enter(ctx, v, f, made.AMR(), nil)"},
	}},
	{attacks: "ORG-18", pkg: organizationPages, test: "TestDemandedPasskey_hasNoDeadEnd", edits: []edit{
		{"provider/flow.go", "return f.makesKey(facts) || f.needsFactor(facts)", "return f.needsFactor(facts)"},
	}},
	{attacks: "ORG-19", pkg: organizationPages, test: "TestDemandedPasskey_isNotMadeByAMailedReset", edits: []edit{
		{"pages/factor/demanded.go", "if !v.Flow.KeyFrom(f.amr, h.Now()).IsZero() {", "if false {"},
		{"pages/factor/demanded.go", "From: v.Flow.KeyFrom(f.amr, h.Now()), ", ""},
	}},
	{attacks: "ORG-19", pkg: organizationPages, test: "TestDemandedPasskey_isDecidedByWhoIsSignedIn", edits: []edit{
		{"pages/factor/demanded.go", "v.Flow.Key, err = h.Passkeys.Holding(ctx, session.UserID)", "_, err = h.Passkeys.Holding(ctx, session.UserID)"},
	}},
	{attacks: "ORG-19", pkg: organizationPages, test: "TestDemandedPasskey_takesTheSecondFactorFirst", edits: []edit{
		{"provider/flow_factor.go", "return s.SecondFactor && !slices.Contains(s.AMR, mfa.AMRMulti)", "return false"},
	}},
	{attacks: "ORG-19", pkg: organizationPages, test: "TestDemandedPasskey_takesThePasswordBesideAMail", edits: []edit{
		{"provider/flow_passkey.go", "(!f.Key.Password ||", "(true ||"},
	}},
	{attacks: "ORG-19", pkg: organizationPages, test: "TestDemandedPasskey_isForTheMarkOfTheSession", edits: []edit{
		{"identity/passkey/enrol.go", "if !e.Apart {", "if true {"},
	}},
	{attacks: "ORG-13", pkg: organizationPages, test: "TestPolicy_holdsAtRefresh", edits: []edit{
		{"provider/grants/rotate.go", "use.Meets != nil && !use.Meets", "use.Meets != nil && false && !use.Meets"},
	}},
	{attacks: "ORG-17", pkg: organizationPages, test: "TestPolicy_endsWhatIsOlderThanItsSessions", edits: []edit{
		{"provider/demands.go", "(d.Age == 0 || now.Sub(g.AuthTime) <= d.Age)", "(d.Age == 0 || now.Sub(g.AuthTime) <= 1000*d.Age)"},
	}},
	{attacks: "ORG-17", pkg: organizationPages, test: "TestPolicy_endsWhatIsOlderThanItsSessions", edits: []edit{
		{"provider/inspection/inspect.go", "if !demands.Allow(&found.Grant, i.Now()) {", "if false && !demands.Allow(&found.Grant, i.Now()) {"},
	}},
	{attacks: "ORG-14", pkg: invitationPages, test: "TestInvitation_givesNothingOnceItsInviterHasLostTheRight", edits: []edit{
		{"organization/invitation/rights.go", "if i.By != (event.Actor{}) {", "if i.By != (event.Actor{}) && ctx.Err() != nil {"},
	}},
	{attacks: "ORG-14", pkg: invitationPages, test: "TestInvitation_givesNothingOnceItsInviterHasLostTheRight", edits: []edit{
		{"cmd/plinto/app/authorities.go", "!slices.Contains(has.Rights, organization.TenantsRead)", "has.Rights == nil"},
	}},
	{attacks: "ORG-15", pkg: managementAPI, test: "TestOrganizations_theirAdministratorsManageThemAlone", edits: []edit{
		{"organization/service.go", "if err != nil || !limited || a.has(UsersRead, uuid.Nil) {", "if err != nil || !limited || a.has(MembersWrite, id) {"},
	}},
	{attacks: "ORG-16", pkg: managementAPI, test: "TestInvitations_ofAdministratorsOfOneOrganization", edits: []edit{
		{"organization/invitation/service.go", "return s.Confers.ActOnRoles(ctx, i.Organization, i.Roles)", "return s.Confers.ActOnRoles(ctx, i.Organization, nil)"},
	}},
	{attacks: "TEN-17", pkg: "storage", test: "TestConfined_seesNoRowOfAnotherOrganization", edits: []edit{
		{"migrations/0032_hold_organizations.sql", "USING (current_organization() IS NULL OR organization_id = current_organization())", "USING (true)"},
	}},
	{attacks: "TEN-17", pkg: "storage", test: "TestConfined_changesNothingOfAnotherOrganization", says: "none", edits: []edit{
		{"storage/internal/pg/db.go", "if w.naming.organization != tenant.Confined(ctx) {", "if w.naming.organization != tenant.Confined(ctx) && ctx.Err() != nil {"},
	}},
	{attacks: "TEN-17", pkg: managementAPI, test: "TestOrganizations_ofOthersAreNeitherShownNorChanged", edits: []edit{
		{"admin/caller.go", "in != uuid.Nil && in == c.Organization && slices", "in != uuid.Nil && slices"},
		{"admin/server.go", "if in := c.Confined(op); in != uuid.Nil {", "if in := c.Confined(op); in != uuid.Nil && ctx.Err() != nil {"},
	}},
}
