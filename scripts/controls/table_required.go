package main

const (
	noGate        = "	if gate == nil {"
	whoDeclines   = "TestRealm_whoDeclinesToConnectIsNotSignedIn"
	unlinkedTest  = "TestUnlink_ofVeryManySessionsEndsInSteps"
	endsWithAnIdP = "federation/logout.go"
)

// providersRequired are the controls of attacks on who has to sign in with a provider, and on the ends of very many sessions.
var providersRequired = []control{
	{attacks: "FED-24", pkg: "storage", test: "TestRealms_areOfTheirTenantAsItIs", says: "another tenant: {", edits: []edit{
		{coreSQL, "CREATE UNIQUE INDEX user_identifiers_one_per_kind ON user_identifiers (tenant_id, user_id, kind);", "CREATE UNIQUE INDEX user_identifiers_one_per_kind ON user_identifiers (tenant_id, user_id, kind);\nCREATE POLICY everybody ON user_identifiers TO plinto_app USING (true);"},
	}},
	{attacks: "FED-41", pkg: federationPages, test: whoDeclines, says: "before she says", edits: []edit{
		{"pages/browser/startsession.go", "if v.shows(starter.Admit(ctx, &proof), start.Now) {", "if start.Now.IsZero() {"},
		{starterFile, "	if err := s.Admit(ctx, &proof); err != nil {\n		return SignedIn{}, err\n	}\n", ""},
	}},
	{attacks: "FED-41", pkg: federationPages, test: "TestRealm_whatIsHeldUntilItIsConnectedEnds", says: "signed out everywhere", edits: []edit{
		{"pages/provider/connect.go", "case gone, !p.Stands(tenant.Must(ctx), &user), v.Flow.Connecting == nil:", "case gone, tenant.Must(ctx) == nil, v.Flow.Connecting == nil:"},
	}},
	{attacks: "FED-42", pkg: federationPages, test: "TestRealm_requiredTakesNoPasskey", says: "nothing typed", edits: []edit{
		{starterFile, noGate, `	if gate == nil || slices.Contains(p.AMR, "user") {`},
	}},
	{attacks: "FED-43", pkg: federationPages, test: "TestRealm_requiredIsAskedOfRememberedBrowsers", says: "remembered:", edits: []edit{
		{"identity/password.go", "if errors.As(err, &required) {", "if errors.As(err, &required) && !g.device.Remembered {"},
		{starterFile, noGate, "	if gate == nil || p.Device.Remembered {"},
	}},
	{attacks: "FED-44", pkg: "storage", test: unlinkedTest, says: "tasks go on", edits: []edit{
		{"federation/unlink.go", "if err == nil && ended == identity.MaxEnded {", "if err == nil && ended > identity.MaxEnded {"},
	}},
	{attacks: "FED-44", pkg: "storage", test: unlinkedTest, says: "begun with it serves", edits: []edit{
		{"storage/unlinked.go", "	if err := s.hot.endOf(ctx, s.DB, userID); err != nil {", "	if err := ctx.Err(); err != nil {"},
	}},
	{attacks: "FED-44", pkg: "storage", test: unlinkedTest, says: "that is somebody's", edits: []edit{
		{"storage/unlinked.go", "WHERE NOT EXISTS (SELECT FROM user_identities WHERE id = $1)", "WHERE $1::uuid IS NOT NULL"},
	}},
	{attacks: "FED-45", pkg: federationPages, test: "TestProvider_aLogoutTokenEndsVeryManySessions", edits: []edit{
		{endsWithAnIdP, "n == identity.MaxEnded && ended < maxLogout", "n > identity.MaxEnded && ended < maxLogout"},
	}},
	{attacks: "FED-47", pkg: federationPages, test: "TestGroups_tellWhatGoesWithAnIdentity", edits: []edit{
		{"federation/taken.go", "	return g.Roles.Outbox.Append(ctx, all...)", "	return g.Roles.Outbox.Append(ctx, all[:0]...)"},
	}},
	{attacks: "FED-47", pkg: "storage", test: "TestConnections_areDeletedStepByStep", says: "user.role_removed", edits: []edit{
		{"storage/connectionends.go", "if !i.Gave {", "if true {"},
	}},
	{attacks: "FED-48", pkg: "organization/domain", test: "TestDomain_lapsesSlowly", says: "told of", edits: []edit{
		{"organization/domain/domain.go", "var warnedAt = []int{1, MaxFailures - 3}", "var warnedAt = []int{1}"},
	}},
	{attacks: "FED-48", pkg: serverTests, test: "TestDomain_thatLapsesIsToldToWhoManagesIt", says: "a member 3 to tell", edits: []edit{
		{"storage/orgdomains.go", "m.roles && $2 ORDER BY", "($2::text[] IS NOT NULL OR m.roles && $2) ORDER BY"},
	}},
	{attacks: "FED-49", pkg: "admin", test: "TestConnections_sendNoSecretElsewhere", says: "issuer", edits: []edit{
		{"federation/service.go", "if given.Empty() && c.SendsSecretElsewhere(&before) {", "if given.Empty() && c.SendsSecretElsewhere(&c.Spec) {"},
	}},
	{attacks: "FED-49", pkg: "admin", test: "TestConnections_sendNoSecretElsewhere", says: "endpoint", edits: []edit{
		{"federation/credentials.go", "e := s.Endpoints; e != nil && e.Token != \"\"", "e := s.Endpoints; e != nil && e.Token == \"\""},
	}},
}
