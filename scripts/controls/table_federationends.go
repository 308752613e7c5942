package main

const (
	grantRows       = "storage/grants.go"
	logoutTokenFile = "federation/oidc/logout.go"
	hangs           = "TestFederatedSession_hangsOnIdentityAndConnection"
	hostileLogouts  = "TestProvider_hostileLogoutTokensEndNothing"
)

// federationEnds are the controls of attacks on the end of what was begun with identity providers.
var federationEnds = []control{
	{attacks: "FED-36", pkg: "storage", test: "TestFederatedSession_endsTokensThatOthersHold", says: "identity taken", edits: []edit{
		{"storage/open.go", `"connections", "user_identities"}`, `"connections"}`},
	}},
	{attacks: "FED-35", pkg: "storage", test: "TestFederatedSession_isNotReadFromACopyWhenItsConnectionIsOver", edits: []edit{
		{"storage/sessions.go", "ok && (s.stands == nil || s.stands(ctx, found.Upstream))", "ok && (s.stands == nil || true)"},
	}},
	{attacks: "FED-35", pkg: "storage", test: hangs, says: "the session", edits: []edit{
		{sessionsFile, "n.epoch = s.connection_epoch AND n.disabled_at IS NULL", "n.epoch = s.connection_epoch"},
	}},
	{attacks: "FED-35", pkg: "storage", test: hangs, says: "its sessions ended", edits: []edit{
		{sessionsFile, "n.epoch = s.connection_epoch AND n.disabled_at IS NULL", "n.disabled_at IS NULL"},
	}},
	{attacks: "FED-35", pkg: "storage", test: hangs, says: "the refresh token", edits: []edit{
		{grantRows, "` + organizationStands + ` AND ` + upstreamStands + `)`", "` + organizationStands + `)`"},
	}},
	{attacks: "FED-35", pkg: "storage", test: "TestConnections_endManySessionsByAJob", edits: []edit{
		{"storage/connectionends.go", "UPDATE connections SET epoch = epoch + 1, updated_at = now() WHERE id = $1", "UPDATE connections SET updated_at = now() WHERE id = $1"},
	}},
	{attacks: "FED-36", pkg: "storage", test: hangs, says: "unlinked", edits: []edit{
		{sessionsFile, "AND (s.identity_id IS NULL OR EXISTS (", "AND (s.identity_id IS NULL OR s.ended_at IS NULL OR EXISTS ("},
		{"federation/signin.go", "ended, err := s.Endings.end(ctx, identity.Begun{Connection: gone.Connection, Identity: id}, event.SessionIdentityUnlinked)", "ended := 0"},
	}},
	{attacks: "FED-36", pkg: federationPages, test: "TestProvider_aSessionWithASecondFactorHangsOnItToo", edits: []edit{
		{"provider/flow_factor.go", "		Upstream: p.Upstream,\n", ""},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "want 400 invalid_request", edits: []edit{
		{logoutTokenFile, "if !conn.AnswersAs(standard.Issuer) {", "if standard.Issuer == \"\" {"},
	}},
	{attacks: "FED-37", pkg: federationPages, test: "TestPreset_logoutTokensAreOfTheTenantsOfMicrosoft", says: "another customer", edits: []edit{
		{logoutTokenFile, "if !conn.AnswersAs(standard.Issuer) {", "if !conn.ManyIssuers() && standard.Issuer != conn.Issuer {"},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "for another client", edits: []edit{
		{logoutTokenFile, "Audience: []string{conn.ClientID}, ", ""},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "with a nonce", edits: []edit{
		{logoutTokenFile, "		case \"nonce\":\n			return errors.New(\"nonce is there: it is no logout token\")\n", ""},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "events", edits: []edit{
		{logoutTokenFile, "	case !logout:\n", "	case !logout && told.ID == \"\":\n"},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "an access token", edits: []edit{
		{logoutTokenFile, "err != nil || !logoutTyped(header.Type)", "err != nil || !logoutTyped(\"\") && header.Type != \"\""},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "by another", edits: []edit{
		{logoutTokenFile, "		return told, federation.ErrLogoutToken.With(err)\n	}\n	if err != nil {", "		payload, _, err = jwt.Peek(token)\n	}\n	if err != nil {"},
	}},
	{attacks: "FED-37", pkg: federationPages, test: hostileLogouts, says: "good for a day", edits: []edit{
		{logoutTokenFile, "maxLogoutLife = time.Hour", "maxLogoutLife = 100 * time.Hour"},
	}},
	{attacks: "FED-38", pkg: "storage", test: "TestUseLogout_takesATokenOnce", edits: []edit{
		{identitiesFile, "err == nil && !found.Fresh", "err == nil && !found.Fresh && len(hash) == 0"},
	}},
	{attacks: "FED-39", pkg: federationPages, test: "TestProvider_slowsDownWhoSendsBadLogoutTokens", edits: []edit{
		{"pages/provider/backchannel.go", "if wait := b.Limiter.Wait(ctx, buckets...); wait > 0 {", "if wait := b.Limiter.Wait(ctx, buckets...); wait > 1000*time.Hour {"},
	}},
	{attacks: "FED-40", pkg: federationPages, test: "TestProvider_passesLogoutOn", says: "too late", edits: []edit{
		{"pages/logout/handler.go", "r.URL.Query().Get(\"state\"), &q) || h.Now().Sub(q.At) > requestTTL {", "r.URL.Query().Get(\"state\"), &q) {"},
	}},
	{attacks: "FED-40", pkg: federationPages, test: "TestProvider_logoutLeadsNowhereForUnvouchedClients", says: "somebody else", edits: []edit{
		{"pages/logout/handler.go", "return h.finish(w, r, q, !q.Unvouched)", "return h.finish(w, r, q, true)"},
	}},
}
