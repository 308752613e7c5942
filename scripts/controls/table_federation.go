package main

const (
	federationPages   = "pages/provider"
	federationSignIn  = "federation/signin.go"
	federationState   = "federation/state.go"
	federationDecide  = "federation/decide.go"
	federationClaims  = "federation/oidc/claims.go"
	federationFinish  = "federation/oidc/finish.go"
	federationMeta    = "federation/oidc/metadata.go"
	federationConnect = "federation/oidc/connector.go"
	federationSpec    = "federation/connection.go"
	federationService = "federation/service.go"
	identitiesFile    = "storage/identities.go"
	federationPreset  = "federation/preset/preset.go"
	federationMapping = "federation/mapping.go"
	federationRoles   = "federation/roles.go"
	federationForm    = "federation/formpost.go"

	hostileAnswers = "TestProvider_hostileAnswersSignNobodyIn"
	linking        = "TestProvider_linksByAddressUnderAllConditionsOnly"
	countsAsSaid   = "TestPreset_addressesCountAsTheProviderSays"
)

// federations are the controls of attacks on sign-in with identity providers.
var federations = []control{
	{attacks: "FED-60", pkg: federationPages, test: "TestProvider_aNetworkKeepsNobodyOutWhoSignedInBefore_FED_60", edits: []edit{
		{"pages/provider/limit.go", "if d.KnowsAnybody() {", "if d.KnowsAnybody() && false {"},
	}},
	{attacks: "FED-60", pkg: federationPages, test: "TestProvider_aNetworkKeepsNobodyOutWhoSignedInBefore_FED_60", edits: []edit{
		{"pages/provider/limit.go", "return errThrottled.After(wait)", "return errThrottled"},
	}},
	{attacks: "FED-61", pkg: federationPages, test: "TestProvider_onlyBadAnswersCount_FED_61", edits: []edit{
		{"pages/provider/limit.go", "case errors.Is(why, federation.ErrAnswer):", "case errors.Is(why, federation.ErrAnswer), true:"},
	}},
	{attacks: "FED-61", pkg: federationPages, test: "TestProvider_onlyBadAnswersCount_FED_61", edits: []edit{
		{"pages/provider/limit.go", "return h.Limiter.Verdict(ctx, false, limitTold.Networks(address, \"\")...) == 0", "return true"},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationPreset, `return string(c[name]) == "true"`, `return c[name] != nil && string(c[name]) != "false"`},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "failed != nil || !vouches || !a.EmailVerified", "failed != nil || !vouches"},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "failed != nil || !vouches || !a.EmailVerified", "failed != nil || vouches && false || !a.EmailVerified"},
	}},
	{attacks: "FED-01", pkg: "federation", test: "TestVouches_forAddressesOfNamedDomains", edits: []edit{
		{federationSpec, "err != nil || identity.CheckEmail(email) != nil || !text(email) || canonical != strings.ToLower(email)", "err != nil || strings.Count(email, \"@\") != 1"},
	}},
	{attacks: "FED-01", pkg: "federation", test: "TestVouches_forAddressesOfNamedDomains", edits: []edit{
		{federationSpec, "named = named && verified(domain)", "named = named || verified(domain)"},
	}},
	{attacks: "FED-02", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "f.Address = Unverified", "f.Address = Held"},
	}},
	{attacks: "FED-03", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "case holder.SecondFactor || holder.Guarded:", "case holder.SecondFactor:"},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "case holder.SecondFactor || holder.Guarded:", "case holder.Guarded:"},
	}},
	{attacks: "FED-01", pkg: "federation", test: "TestDecide_opensNoAccountOfSomebodyElse", edits: []edit{
		{federationDecide, "	case Held:\n		if f.Active {", "	case Held, Guarded:\n		if f.Active {"},
		{federationDecide, "case Unvouched, Unverified, Guarded:", "case Unvouched, Unverified:"},
	}},
	{attacks: "FED-04", pkg: federationPages, test: "TestProvider_connectsWhatWasShown", edits: []edit{
		{"pages/provider/callback.go", "v.Flow.Connecting, v.Flow.ByMail, v.Flow.Recovering, v.Flow.Proved, v.Flow.SigningUp = r.Pending, nil, nil, nil, nil", "if v.Flow.Connecting == nil {\n			v.Flow.Connecting = r.Pending\n		}"},
	}},
	{attacks: "FED-05", pkg: federationPages, test: "TestProvider_eachConnectionHasItsOwnCallback", edits: []edit{
		{federationState, "c.ID.String(), c.Issuer, c.ClientID, e.Authorization, e.Token, string(head))", "e.Authorization[:0], string(head))"},
	}},
	{attacks: "FED-05", pkg: federationPages, test: "TestProvider_hostileAnswersSignNobodyIn", edits: []edit{
		{federationFinish, `iss != "" && !conn.AnswersAs(iss)`, `iss != "" && len(iss) > 2000`},
	}},
	{attacks: "FED-05", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationFinish, `if m.AnswersName && answer.Get("iss") == "" {`, `if m.AnswersName && answer.Has("never") {`},
	}},
	{attacks: "FED-06", pkg: federationPages, test: "TestProvider_whatChangedMeanwhileHoldsAtTheCallback", edits: []edit{
		{federationSpec, "	case !c.Enabled():\n		return ErrDisabled\n", ""},
	}},
	{attacks: "FED-06", pkg: "storage", test: "TestIdentities_aRoundIsSpentOnceAndOnlyAsItWasRead", edits: []edit{
		{identitiesFile, "WHERE id = $3 AND version = $4 AND disabled_at IS NULL", "WHERE id = $3 AND version = $4"},
	}},
	{attacks: "FED-50", pkg: federationPages, test: "TestProvider_ofASuspendedOrganizationSignsNobodyIn", says: "on the way", edits: []edit{
		{federationSpec, "	case c.Suspended:\n		return ErrSuspended\n", ""},
	}},
	{attacks: "FED-50", pkg: federationPages, test: "TestProvider_ofASuspendedOrganizationSignsNobodyIn", says: "the button", edits: []edit{
		{"storage/connections.go", "WHERE disabled_at IS NULL AND (`+organizationTakes+`)`", "WHERE disabled_at IS NULL`"},
	}},
	{attacks: "FED-50", pkg: "storage", test: "TestIdentities_aRoundOfASuspendedOrganizationIsNotSpent", edits: []edit{
		{identitiesFile, "AND disabled_at IS NULL AND (`+organizationTakes+`)", "AND disabled_at IS NULL"},
	}},
	{attacks: "FED-51", pkg: federationPages, test: "TestProvider_promptLoginTakesNoSignInOfBefore", says: "no-sign-in-time", edits: []edit{
		{federationFinish, "	r.AuthTime = r.AuthTime || m.TellsWhen\n", ""},
	}},
	{attacks: "FED-51", pkg: federationPages, test: "TestProvider_promptLoginTakesNoSignInOfBefore", says: "asked with max_age", edits: []edit{
		{federationConnect, "if ask.Prompt == \"login\" && m.TellsWhen {", "if ask.Prompt == \"login\" && m == nil {"},
	}},
	{attacks: "FED-15", pkg: federationPages, test: "TestProvider_whatChangedMeanwhileHoldsAtTheCallback", edits: []edit{
		{federationDecide, "case f.Known && f.Active:", "case f.Known && (f.Active || !f.Active):"},
		{federationDecide, "	case f.Known:\n		return Refuse\n", "	case f.Named && f.Active && f.Known:\n		return Refuse\n"},
	}},
	{attacks: "FED-08", pkg: federationPages, test: "TestProvider_aStateCountsOnce", edits: []edit{
		{identitiesFile, "SELECT $1, $2 FROM connections", "SELECT $1::bytea || uuid_send(gen_random_uuid()), $2 FROM connections"},
	}},
	{attacks: "FED-09", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationClaims, `if c.subject == "" || len(c.subject) > 255 ||`, `if c.subject == "" ||`},
	}},
	{attacks: "FED-10", pkg: federationPages, test: "TestProvider_aDeadOneCostsItsOwnUsersOnly", edits: []edit{
		{federationConnect, "err := b.Do(ctx, talk)", "err := talk(ctx)"},
	}},
	{attacks: "FED-12", pkg: federationPages, test: "TestProvider_anotherAddressThereChangesNothingHere", edits: []edit{
		{federationSignIn, "	case err == nil:\n		f.Known, f.Active = true, holder.User.Active()\n		return holder, f, nil\n", "	case err == nil && a.Email == \"\":\n		f.Known, f.Active = true, holder.User.Active()\n		return holder, f, nil\n	case err == nil:\n"},
	}},
	{attacks: "FED-16", pkg: "admin", test: "TestConnections_areMadeWithEveryRightOnly", edits: []edit{
		{federationService, "slices.DeleteFunc(slices.Clone(organization.Permissions), organization.Permission.OfSystem)", "slices.Clone(organization.Permissions[:0])"},
	}},
	{attacks: "FED-17", pkg: federationPages, test: "TestAccountIdentities_areConnectedByTheSessionThatBegan", edits: []edit{
		{"pages/provider/callback.go", "if session == nil || session.ID != answer.Holder.ID {", "if session == nil {"},
	}},
	{attacks: "FED-18", pkg: federationPages, test: "TestProvider_tellsTheUserOfALinkedIdentity_FED_18", says: "identities are left", edits: []edit{
		{"identity/recovery/notme.go", `if about.Identity != "" {`, `if false {`},
	}},
	{attacks: "FED-18", pkg: federationPages, test: "TestProvider_tellsTheUserOfALinkedIdentity_FED_18", edits: []edit{
		{"event/mail/notifier.go", "\t\t\tevent.IdentityLinked{},\n", ""},
	}},
	{attacks: "FED-27", pkg: federationPages, test: countsAsSaid, says: "Workspace", edits: []edit{
		{"federation/preset/google.go", ` || c.Text("hd") != "")`, ` || c.Text("hd") == "" || true)`},
	}},
	{attacks: "FED-27", pkg: federationPages, test: countsAsSaid, says: "nOAuth", edits: []edit{
		{"federation/preset/microsoft.go", `c.True("xms_edov")`, `true`},
	}},
	{attacks: "FED-27", pkg: federationPages, test: countsAsSaid, says: "GitHub shows", edits: []edit{
		{"federation/oidc/oauth2.go", "claims.email, claims.verified = c.primaryEmail(ctx, conn, m, t)", "claims.verified = true"},
	}},
	{attacks: "FED-27", pkg: federationPages, test: countsAsSaid, says: "not verified at GitHub", edits: []edit{
		{"federation/oidc/oauth2.go", "one.Primary && one.Verified &&", "one.Primary &&"},
	}},
	{attacks: "FED-28", pkg: federationPages, test: "TestPreset_namesTheTenantsOfMicrosoft", edits: []edit{
		{federationClaims, "case !slices.Contains(conn.Tenants, customer):", `case customer == "":`},
	}},
	{attacks: "FED-28", pkg: federationPages, test: "TestPreset_namesTheTenantsOfMicrosoft", says: "in the claim", edits: []edit{
		{federationClaims, "	issuer, err := issuerOf(conn, t.id)\n	if err != nil {\n		return nil, federation.ErrAnswer.With(err)\n	}\n	verifier", "	issuer, err := issuerOf(conn, t.id)\n	if err != nil {\n		return nil, federation.ErrAnswer.With(err)\n	}\n	if payload, _, err := jwt.Peek(t.id); err == nil {\n		if s, err := jwt.ParseStandard(payload); err == nil {\n			issuer = s.Issuer\n		}\n	}\n	verifier"},
	}},
	{attacks: "FED-28", pkg: "federation", test: "TestPreset_fillsInDefaults", says: "any tenant", edits: []edit{
		{"federation/provider.go", `case p.Tenants && len(s.Tenants) == 0 && (s.Issuer == ""`, `case p.Tenants && len(s.Tenants) > 99 && (s.Issuer == ""`},
	}},
	{attacks: "FED-29", pkg: federationPages, test: "TestPreset_aPostedAnswerOnlyLeadsOn", says: "led to", edits: []edit{
		{federationForm, "out.Set(formKept, base64", "out.Set(formUser, user)\n		out.Set(formKept, base64"},
	}},
	{attacks: "FED-29", pkg: federationPages, test: "TestPreset_aPostedAnswerOnlyLeadsOn", says: "Mallory", edits: []edit{
		{federationForm, "	all.Del(formUser)\n", ""},
	}},
	{attacks: "FED-29", pkg: federationPages, test: "TestPreset_aPostedAnswerOnlyLeadsOn", says: "by queries", edits: []edit{
		{federationForm, "err != nil || !c.known().FormPost", "err != nil"},
	}},
	{attacks: "FED-30", pkg: "federation", test: "TestMapping_takesWhatIsOnTheListOnly", edits: []edit{
		{federationMapping, "case targets[to] == nil && to != Username:", `case to == "":`},
	}},
	{attacks: "FED-30", pkg: "federation", test: "TestMapping_takesWhatIsOnTheListOnly", edits: []edit{
		{federationMapping, " && !slices.Contains(reserved, preset.Outermost(s))", " && len(reserved) > 0"},
	}},
	{attacks: "FED-30", pkg: "federation", test: "TestMapping_leavesOutWhatIsNoText", edits: []edit{
		{federationMapping, "!utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })", "!utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cs, r) })"},
	}},
	{attacks: "FED-31", pkg: "federation", test: "TestMapping_readsGroupsThatAreAList", edits: []edit{
		{federationMapping, "|| len(all) > MaxGroups {", "{"},
	}},
	{attacks: "FED-31", pkg: "federation", test: "TestMapping_readsGroupsThatAreAList", edits: []edit{
		{federationMapping, "return nil, m.overflows(c)", "return nil, nil"},
	}},
	{attacks: "FED-31", pkg: federationPages, test: "TestGroups_thatCannotBeReadSignNobodyIn", edits: []edit{
		{federationMapping, "	if json.Unmarshal(raw, &all) != nil || len(all)", "	if json.Unmarshal(raw, &all) != nil {\n		all = []string{c.Text(m.GroupsClaim)}\n	}\n	if len(all)"},
	}},
	{attacks: "FED-32", pkg: federationPages, test: "TestGroups_giveRolesWhileTheyLast", edits: []edit{
		{federationRoles, "			r.gone = append(r.gone, b)\n", "			r.kept = append(r.kept, b)\n"},
	}},
	{attacks: "FED-32", pkg: federationPages, test: "TestGroups_giveRolesWhileTheyLast", says: "step 3", edits: []edit{
		{federationRoles, "		if r.held.lacks(w) {\n", "		if _, there := r.held[w.Organization]; there {\n"},
	}},
	{attacks: "FED-32", pkg: federationPages, test: "TestGroups_takeTheirRolesAlong", edits: []edit{
		{"migrations/0050_give_roles_of_groups.sql", "FOR EACH ROW WHEN (OLD.given <> '[]')", "FOR EACH ROW WHEN (OLD.given = '{}')"},
	}},
	{attacks: "FED-33", pkg: federationPages, test: "TestGroups_giveNoMoreThanTheirMakerMay", edits: []edit{
		{federationRoles, "	if ctx, err = g.asDecided(ctx, c); err != nil {", "	if _, err = g.asDecided(ctx, c); err != nil {"},
	}},
	{attacks: "FED-33", pkg: federationPages, test: "TestGroups_giveNoMoreThanTheirMakerMay", edits: []edit{
		{federationService, "		c.RolesBy = decider(ctx)\n	}\n", "		c.RolesBy = before.RolesBy\n	}\n"},
	}},
	{attacks: "FED-34", pkg: "federation", test: "TestMapping_ofAnOrganizationGivesItsRoles", edits: []edit{
		{federationMapping, "	if of != uuid.Nil {\n		return of\n	}\n	return r.Organization", "	return r.Organization"},
	}},
	{attacks: "FED-34", pkg: "federation", test: "TestMapping_ofAnOrganizationGivesItsRoles", edits: []edit{
		{federationMapping, "case of != uuid.Nil && r.Organization != uuid.Nil && r.Organization != of:", "case of != uuid.Nil && r.Role == \"\":"},
	}},
	{attacks: "MIX-03", pkg: federationPages, test: "TestProvider_hostileProvidersAreNotUsed", edits: []edit{
		{federationMeta, "case named != issuer:", `case named == "":`},
	}},
	{attacks: "MIX-08", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationClaims, `azp == "" && len(standard.Audience) > 1`, `azp == "" && len(standard.Audience) > 2`},
	}},
	{attacks: "MIX-08", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationClaims, "case nonce != r.Nonce:", `case nonce == "":`},
	}},
	{attacks: "MIX-09", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationClaims, "if standard.IssuedAt == nil {", "if standard.IssuedAt == nil && standard.ID != \"\" {"},
	}},
	{attacks: "MIX-09", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationClaims, "Audience: []string{conn.ClientID}, Leeway: leeway}", "Audience: []string{conn.ClientID}, Leeway: 100 * leeway}"},
	}},
}
