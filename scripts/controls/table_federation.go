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

	hostileAnswers = "TestProvider_hostileAnswersSignNobodyIn"
	linking        = "TestProvider_linksByAddressUnderAllConditionsOnly"
)

// federations are the controls of attacks on sign-in with identity providers.
var federations = []control{
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationClaims, `c.verified = string(value) == "true"`, `c.verified = string(value) != "false"`},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "failed != nil || !vouches || !a.EmailVerified", "failed != nil || !vouches"},
	}},
	{attacks: "FED-01", pkg: federationPages, test: linking, edits: []edit{
		{federationSignIn, "failed != nil || !vouches || !a.EmailVerified", "failed != nil || vouches && false || !a.EmailVerified"},
	}},
	{attacks: "FED-01", pkg: "federation", test: "TestVouches_forAddressesOfNamedDomains", edits: []edit{
		{federationSpec, " || canonical != strings.ToLower(email) {", " {"},
		{federationSpec, "identity.CheckEmail(email) != nil || !text(email)", "identity.CheckEmail(email) != nil"},
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
		{federationFinish, `iss != "" && iss != conn.Issuer`, `iss != "" && len(iss) > 2000`},
	}},
	{attacks: "FED-05", pkg: federationPages, test: hostileAnswers, edits: []edit{
		{federationFinish, `if m.AnswersName && answer.Get("iss") == "" {`, `if m.AnswersName && answer.Has("never") {`},
	}},
	{attacks: "FED-06", pkg: federationPages, test: "TestProvider_whatChangedMeanwhileHoldsAtTheCallback", edits: []edit{
		{federationSignIn, "	if !c.Enabled() {\n		return c, used, assertion, ErrDisabled", "	if c.Slug == \"\" {\n		return c, used, assertion, ErrDisabled"},
	}},
	{attacks: "FED-06", pkg: "storage", test: "TestIdentities_aRoundIsSpentOnceAndOnlyAsItWasRead", edits: []edit{
		{identitiesFile, "WHERE id = $3 AND version = $4 AND disabled_at IS NULL", "WHERE id = $3 AND version = $4"},
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
		{federationConnect, "err := c.breaker(ctx, conn).Do(ctx, talk)", "err := talk(ctx)"},
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
