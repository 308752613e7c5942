package main

const (
	joinFile     = "federation/join.go"
	notFirst     = "	if !first {"
	realmFile    = "federation/realm.go"
	realmPages   = "pages/provider/realm.go"
	realmRows    = "storage/realms.go"
	realmDecides = "TestRealms_decideByWhoseDomainItIs"
	realmTakes   = "TestClient_takesTheConnectionsThatItNames"
	realmNothing = "TestRealm_requiredTakesNothingElse"
)

// realms are the controls of attacks on sign-in by the domain of an address.
var realms = []control{
	{attacks: "FED-19", pkg: federationPages, test: "TestRealm_asksForTheAddressFirst", edits: []edit{
		{"pages/signin/handler.go", "	return h.ask(ctx, v, first)\n", "	return h.ask(ctx, v, first && false)\n"},
	}},
	{attacks: "FED-19", pkg: federationPages, test: realmNothing, says: "a wrong password", edits: []edit{
		{"pages/signin/handler.go", "v.Demands(ctx, view.Username); led || err != nil {", "v.Demands(ctx, \"\"); led || err != nil {"},
	}},
	{attacks: "FED-20", pkg: "federation", test: realmDecides, says: "verified by another one", edits: []edit{
		{realmFile, "c.Organization == organization && c.leads(domain)", "(c.Organization == organization || c.Organization != uuid.Nil) && c.leads(domain)"},
	}},
	{attacks: "FED-20", pkg: federationPages, test: "TestRealm_isOfWhoHasVerifiedTheDomain", edits: []edit{
		{realmRows, "		WHERE d.verified = $1`, domain)", "		WHERE d.domain = $1`, domain)"},
	}},
	{attacks: "FED-20", pkg: "storage", test: "TestRealms_areOfTheirTenantAsItIs", says: "suspended", edits: []edit{
		{realmRows, "		SELECT d.organization_id FROM organization_domains d JOIN organizations o ON o.id = d.organization_id AND o.suspended_at IS NULL\n", "		SELECT d.organization_id FROM organization_domains d\n"},
	}},
	{attacks: "FED-21", pkg: federationPages, test: realmNothing, says: "the right password", edits: []edit{
		{starterFile, noGate, "	if gate == nil || true {"},
	}},
	{attacks: "FED-21", pkg: federationPages, test: realmNothing, says: "a code by mail", edits: []edit{
		{"pages/mailsignin/handler.go", "led, err := v.Demands(ctx, view.Username)", "led, err := v.Demands(ctx, \"\")"},
	}},
	{attacks: "FED-21", pkg: federationPages, test: realmNothing, says: "a forgotten password", edits: []edit{
		{"pages/recovery/handler.go", "led, err := v.Demands(ctx, name)", "led, err := v.Demands(ctx, \"\")"},
	}},
	{attacks: "FED-21", pkg: federationPages, test: realmNothing, says: "another account", edits: []edit{
		{"pages/signup/handler.go", "led, err := v.Demands(ctx, email)", "led, err := v.Demands(ctx, \"\")"},
	}},
	{attacks: "FED-21", pkg: federationPages, test: "TestRealm_requiredOfMembers", says: "a member:", edits: []edit{
		{realmRows, "m.user_id = $1\n				AND EXISTS (SELECT FROM connections c", "m.user_id = $1 AND false\n				AND EXISTS (SELECT FROM connections c"},
	}},
	{attacks: "FED-21", pkg: "federation", test: realmDecides, says: "who manages the tenant", edits: []edit{
		{realmFile, "	if m.Manages {\n		return nil", "	if m.Manages && false {\n		return nil"},
	}},
	{attacks: "FED-21", pkg: "provider/challenge", test: "TestChallenge_leadsToTheProviderThatIsRequired", edits: []edit{
		{starterFile, noGate, "	if gate == nil || true {"},
	}},
	{attacks: "FED-52", pkg: federationPages, test: "TestRealm_tellsNoRightPassword", says: "left to", edits: []edit{
		{"cmd/plinto/app/parts.go", "Later: p.later.Do, Gate: p.realms,", "Later: p.later.Do,"},
	}},
	{attacks: "FED-52", pkg: federationPages, test: "TestRealm_tellsNoRightPassword", says: "counted for nothing", edits: []edit{
		{"identity/guess.go", "p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, good && wait == 0)", "p.Attempts.Verdict(ctx, g.account.Limit, g.account.Key, (good || ok) && wait == 0)"},
	}},
	{attacks: "FED-52", pkg: federationPages, test: "TestRealm_everyRefusalCostsTheSame", edits: []edit{
		{passwordProofFile, "	err := proof.pass(ctx, p.Gate)\n", "	var err error\n	if g.user != nil {\n		err = proof.pass(ctx, p.Gate)\n	}\n"},
	}},
	{attacks: "FED-53", pkg: "provider/challenge", test: "TestChallenge_tellsNoRightPassword", says: "incorrect_credentials", edits: []edit{
		{"provider/challenge/realm.go", "if name != \"\" && errors.Is(err, identity.ErrRefused) {", "if name == \"\" && errors.Is(err, identity.ErrRefused) {"},
	}},
	{attacks: "FED-53", pkg: "provider/challenge", test: "TestChallenge_tellsNoRightPassword", says: "insufficient_authorization", edits: []edit{
		{"provider/challenge/mail.go", "	if a, err := t.demanded(ctx, name); a != nil || err != nil {\n		return a, err\n	}\n", ""},
	}},
	{attacks: "FED-22", pkg: "federation", test: "TestSpec_ssoTakesDomainsThatAreSomebodysOwn", edits: []edit{
		{realmFile, "slices.ContainsFunc(s.EmailDomains, PublicMail)", "slices.Contains(s.EmailDomains, \"gmail\")"},
	}},
	{attacks: "FED-22", pkg: "federation", test: realmDecides, says: "a public domain", edits: []edit{
		{realmFile, "slices.Contains(s.EmailDomains, domain) && !PublicMail(domain)", "slices.Contains(s.EmailDomains, domain)"},
	}},
	{attacks: "FED-23", pkg: federationPages, test: realmTakes, says: "a session of another provider", edits: []edit{
		{"provider/flow.go", "	if facts.OtherProvider {\n", "	if facts.OtherProvider && false {\n"},
	}},
	{attacks: "FED-23", pkg: federationPages, test: realmTakes, says: "posted", edits: []edit{
		{"pages/provider/handler.go", "if err == nil && !takes(slug) {", "if err == nil && !takes(slug) && false {"},
	}},
	{attacks: "FED-23", pkg: federationPages, test: realmTakes, says: "domain_hint", edits: []edit{
		{realmFile, "	return realm.only(takes), nil", "	return realm, nil"},
		{"pages/provider/handler.go", "if err == nil && !takes(slug) {", "if err == nil && !takes(slug) && false {"},
	}},
	{attacks: "FED-25", pkg: federationPages, test: "TestProvider_takesNoInvitationThatIsOver", says: "of an inviter who lost them", edits: []edit{
		{invitationAnswers, "	if _, err := s.still(ctx, &i); err != nil {\n		if errors.Is(err, errLost) {\n			err = nil\n		}\n		return false, err\n	}\n	return true, s.accept(", "	s.Confers = nil\n	return true, s.accept("},
	}},
	{attacks: "FED-25", pkg: federationPages, test: "TestProvider_makesMembersOfItsOrganization", says: "again", edits: []edit{
		{federationSignIn, "			return s.takeOver(ctx, &c, &assertion, &holder.User, holder.Identity, holder.Given)\n", "			if err := s.join(ctx, &c, assertion.Email, &holder.User); err != nil {\n				return err\n			}\n			return s.takeOver(ctx, &c, &assertion, &holder.User, holder.Identity, holder.Given)\n"},
		{joinFile, notFirst, "	if !first && c == nil {"},
	}},
	{attacks: "FED-25", pkg: federationPages, test: "TestProvider_makesNobodyAMemberTwice", says: "who came by it, again", edits: []edit{
		{joinFile, notFirst, "	if !first && c == nil {"},
	}},
	{attacks: "FED-25", pkg: federationPages, test: "TestProvider_makesNobodyAMemberTwice", says: "connected it, again", edits: []edit{
		{"federation/unlink.go", "if _, err = s.came(ctx, gone.Connection, user); err != nil {", "if err = ctx.Err(); err != nil {"},
	}},
	{attacks: "FED-23", pkg: federationPages, test: "TestClient_takesNoAnswerOfAConnectionThatItGaveUp", edits: []edit{
		{"pages/provider/callback.go", "	if !takes(answer.Slug) {", "	if !takes(answer.Slug) && false {"},
	}},
}
