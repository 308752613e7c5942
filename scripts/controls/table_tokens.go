package main

const (
	clientAuthFile = "provider/clientauth/clientauth.go"
	grantsFile     = "provider/grants/service.go"
	rotateFile     = "provider/grants/rotate.go"
	coreSQL        = "migrations/0001_create_core.sql"
)

// tokens are the controls of attacks that confuse tokens, and of those on their life.
var tokens = []control{
	{attacks: "TOK-08", pkg: "provider/inspection", test: "TestInspect_losesWhatItsClientLost", edits: []edit{
		{inspectFile, "if len(scopes) < len(had) {", "if len(scopes) > len(had) {"},
	}},
	{attacks: "MIX-04", pkg: serverTests, test: "TestTenants_shareNothing", edits: []edit{
		// Both walls of what is looked up by hash: the hash, and row-level security.
		{"internal/secret/token.go", "h.Write(tenant[:])", "_ = tenant"},
		{coreSQL, "CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant())", "CREATE POLICY tenant ON %I TO plinto_app USING (true)"},
	}},
	{attacks: "MIX-04 KEY-02", pkg: "provider/keys", test: "TestVerify_refusesAnotherTenantsToken", edits: []edit{
		{"provider/keys/service.go", "memory.Key[tenant.ID]{Scope: t.ID}", "memory.Key[tenant.ID]{Name: t.Slug[:0]}"},
	}},
	{attacks: "MIX-06", pkg: inspectionTests, test: "TestInspect_takesNothingElseForAnAccessToken", says: "ID token", edits: []edit{
		{"provider/inspection/verified.go", `payload, err := i.Verifier.Verify(ctx, token, "at+jwt")`, `payload, err := i.Verifier.Verify(ctx, token, "")`},
		{"provider/inspection/verified.go", "if v.grant, err = provider.GrantOfJTI(v.claims.JTI); err != nil {\n\t\treturn verifiedToken{}, err\n\t}", "v.grant, _ = provider.GrantOfJTI(v.claims.JTI)\n\tif v.claims.ClientID == \"\" {\n\t\tv.claims.ClientID = \"web\"\n\t}"},
		{inspectFile, " && (c.Marked(claims.JTI) || !olderThan(c, issued))", ""},
		{"provider/inspection/verified.go", "if err := json.Unmarshal(payload, &v.claims); err != nil || v.claims.Issuer != t.Issuer {", "if _ = json.Unmarshal(payload, &v.claims); v.claims.Issuer != t.Issuer {"},
	}},
	{attacks: "MIX-06", pkg: conformanceTests, test: "TestAssertion_refuses", says: "an access token's type", edits: []edit{
		{assertionFile, "case !assertionTyped(header.Type):", "case false:"},
	}},
	{attacks: "MIX-10", pkg: inspectionTests, test: "TestInspect_takesNothingElseForAnAccessToken", says: "longer is active", edits: []edit{
		{inspectFile, "if !secret.WellFormed(provider.AccessPrefix, token) {", "if len(token) < 20 {"},
		{"provider/tokens.go", "return secret.Hash(purpose, tenant.Must(ctx).ID, token)", "return secret.Hash(purpose, tenant.Must(ctx).ID, token[:20])"},
	}},
	{attacks: "MIX-10", pkg: "internal/jwt", test: "TestVerify_refusesOtherForms", edits: []edit{
		{"internal/jwt/verify.go", "var strictBase64 = base64.RawURLEncoding.Strict()", "var strictBase64 = base64.RawURLEncoding"},
	}},
	{attacks: "MIX-11", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", edits: []edit{
		{"provider/authorize/respond.go", `params.Set("iss", issuer(r))`, `_ = issuer`},
	}},
	{attacks: "MIX-11", pkg: serverTests, test: "TestLogin_aRelyingPartySignsAUserIn", edits: []edit{
		{"provider/authorize/respond.go", `params.Set("iss", issuer(r))`, `_ = issuer`},
	}},

	{attacks: "TOK-01", pkg: engineTests, test: "TestRefresh_reuseAfterGraceRevokesTheFamily", edits: []edit{
		{rotateFile, "case t.Used && (!t.Recent || !t.Followed):", "case false:"},
	}},
	{attacks: "TOK-01", pkg: "storage", test: "TestRefreshToken_usedAgainOutsideGraceRevokesForGood", edits: []edit{
		{rotateFile, "return s.revoke(ctx, found.Grant.ID, reused(&found, by))", "return nil"},
	}},
	{attacks: "TOK-03", pkg: engineTests, test: "TestRefresh_lostAnswerIsGivenAgainWithinGrace", says: "want the unused one", edits: []edit{
		{"provider/engine/refresh.go", "for _, sealed := range successors {", "for _, sealed := range successors[:1] {"},
	}},
	{attacks: "TOK-03", pkg: "storage", test: "TestRefreshToken_forkEndsAtTheNextDivergence", edits: []edit{
		{rotateFile, "case t.Used && (!t.Recent || !t.Followed):", "case t.Used && !t.Followed:"},
	}},
	{attacks: "TOK-03", pkg: "storage", test: "TestRefreshToken_rotatedFiftyTimesAtOnceHasOneSuccessor", edits: []edit{
		{refreshFile, "WHERE r.hash = @old AND r.used_at IS NULL AND (r.expires_at", "WHERE r.hash = @old AND (r.expires_at"},
	}},
	{attacks: "TOK-04", pkg: engineTests, test: "TestRefresh_byAnotherClientLeavesTheFamilyAlone_F7", edits: []edit{
		{refreshFile, "WHERE g.id = r.grant_id AND (g.client_id = @client) IS TRUE AND", "WHERE g.id = r.grant_id AND @client::uuid IS NOT NULL AND"},
	}},
	{attacks: "TOK-04", pkg: "storage", test: "TestRefreshToken_ofAnotherClientStaysUntouched", edits: []edit{
		{refreshFile, "WHERE r.hash = @old AND g.client_id = @client\n", "WHERE r.hash = @old AND @client::uuid IS NOT NULL\n"},
	}},
	{attacks: "TOK-06", pkg: engineTests, test: "TestRefresh_narrowsResourcesAndNeverWidens", edits: []edit{
		{targetFile, "if !slices.ContainsFunc(has, func(s ResourceServer) bool { return s.Identifier == r }) {", "if r == \"\" && len(has) == 0 {"},
	}},
	{attacks: "TOK-07", pkg: serverTests, test: "TestUser_disabledIsOutEverywhere", says: "invalid_grant", edits: []edit{
		{"storage/grants.go", "AND u.disabled_at IS NULL AND coalesce(g.user_mark = u.not_before, g.created_at >= u.not_before)\n", "AND u.not_before IS NOT NULL\n"},
	}},
	{attacks: "TOK-07 TOK-11", pkg: inspectionTests, test: "TestInspect_everyEndIsNoticedAtOnce/client's_mark", edits: []edit{
		{"storage/grants.go", "AND c.disabled_at IS NULL AND coalesce(g.client_mark = c.not_before, g.created_at >= c.not_before)\n", "AND c.disabled_at IS NULL AND c.not_before IS NOT NULL\n"},
	}},
	{attacks: "TOK-11", pkg: inspectionTests, test: "TestInspect_everyEndIsNoticedAtOnce/tenant's_mark", edits: []edit{
		{"storage/grants.go", " AND g.created_at >= @tenant_mark\n", " AND @tenant_mark::timestamptz IS NOT NULL\n"},
	}},
	{attacks: "TOK-11", pkg: inspectionTests, test: "TestInspect_everyEndIsNoticedAtOnce/tenant's_mark", says: "client's JWT", edits: []edit{
		{inspectFile, " && !issued.Before(tenant.Must(ctx).NotBefore)", ""},
	}},
	{attacks: "TOK-12", pkg: "storage", test: "TestConsent_growsAndIsForgottenWithItsGrants", edits: []edit{
		{"storage/consents.go", "UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL", "UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NOT NULL"},
	}},
	{attacks: "TOK-12", pkg: engineTests, test: "TestRefresh_losesWhatItsClientLost", edits: []edit{
		{"provider/engine/refresh.go", "if !slices.Contains(allowed, provider.ScopeOffline) {", "if slices.Contains(allowed, \"\") {"},
	}},
	{attacks: "TOK-08", pkg: engineTests, test: "TestRefresh_losesWhatItsClientLost", edits: []edit{
		{"provider/engine/refresh.go", "s.scopes = scope.Among(s.scopes, allowed)", "_ = allowed"},
	}},
	{attacks: "TOK-08", pkg: engineTests, test: "TestRefresh_losesWhatItsClientLost", says: "the new ID token still tells", edits: []edit{
		{"provider/engine/refresh.go", "	s.grant.Claims = provider.ClaimsWithin(s.grant.Claims, allowed)\n", ""},
	}},
	{attacks: "TOK-32", pkg: engineTests, test: "TestRefresh_leavesOutWhatTheAuthorizationRequestDid", edits: []edit{
		{"provider/engine/refresh.go", "if len(kept) < len(want) && (c.Strict() || len(kept) == 0 || openid) {", "if len(kept) < len(want) && (len(kept) == 0 || openid) {"},
	}},
	{attacks: "TOK-32", pkg: engineTests, test: "TestRefresh_narrowsScopesAndNeverWidens", edits: []edit{
		{"provider/engine/refresh.go", "PurposeRefresh, token), Want: want,", "PurposeRefresh, token), Want: nil,"},
	}},
	{attacks: "TOK-08", pkg: "provider/userinfo", test: "TestUserinfo_tellsNothingThatWasTakenFromTheClient", edits: []edit{
		{"provider/userinfo/handler.go", "return provider.ClaimsWithin(parameter, allowed), nil", "_ = allowed\n\treturn parameter, nil"},
	}},
	{attacks: "TOK-12 CON-10", pkg: serverTests, test: "TestConsent_takenBackEndsWhatItGave", says: "invalid_grant", edits: []edit{
		{"storage/consents.go", "UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL", "UPDATE grants SET revoked_at = now() WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NOT NULL"},
	}},
	{attacks: "TOK-15", pkg: inspectionTests, test: "TestRevoke_endsTheTokenOfItsClientOnly", edits: []edit{
		{inspectFile, "if found.Claims.ClientID != c.ClientID {\n\t\treturn provider.ErrClientMismatch", "if false {\n\t\treturn provider.ErrClientMismatch"},
	}},
	{attacks: "TOK-15", pkg: "provider/revoke", test: "TestRevoke_ofAnotherClientsTokenIsRefused", edits: []edit{
		{inspectFile, "case client != c.ID:", "case client != c.ID && ctx == nil:"},
	}},
	{attacks: "TOK-15", pkg: "provider/revoke", test: "TestRevoke_byATokenThatWasUsedEndsTheGrantToo", says: "invalid_grant", edits: []edit{
		{refreshFile, "WHERE r.hash = $1 AND g.client_id IS NOT NULL`", "WHERE r.hash = $1 AND g.client_id IS NOT NULL AND r.used_at IS NULL`"},
	}},
	{attacks: "TOK-15", pkg: "storage", test: "TestRefreshTokens_knowTheGrantOfOneThatWasUsed", says: "expired", edits: []edit{
		{refreshFile, "WHERE r.hash = $1 AND g.client_id IS NOT NULL`", "WHERE r.hash = $1 AND g.client_id IS NOT NULL AND r.expires_at > now()`"},
	}},
	{attacks: "TOK-15", pkg: "provider/revoke", test: "TestRevoke_withoutTheStoreIs503", edits: []edit{
		{"provider/revoke/handler.go", "if err != nil {\n\t\treturn err\n\t}\n\tw.Header().Set(\"Cache-Control\", \"no-store\")", "w.Header().Set(\"Cache-Control\", \"no-store\")"},
	}},
	{attacks: "TOK-17", pkg: "provider/introspect", test: "TestIntrospect_tellsTheClientAndTheAudienceAndNobodyElse_F3", edits: []edit{
		{"provider/introspect/handler.go", "if err != nil || !i.MayIntrospect(caller) {", "if err != nil || !i.MayIntrospect(caller) && r.Header.Get(\"Accept\") == \"\" {"},
	}},
	{attacks: "TOK-18", pkg: "storage", test: "TestRefreshToken_livesNoLongerThanItsGrant", edits: []edit{
		{refreshFile, "SELECT @next, granted.id, least(now() + @idle::interval, granted.expires_at), @address", "SELECT @next, granted.id, now() + @idle::interval, @address"},
	}},
	{attacks: "TOK-19", pkg: "provider", test: "TestUserinfoClaims_addWhatTheClaimsParameterAsks", edits: []edit{
		{"provider/claims.go", "for _, name := range RequestedClaims(requested, \"userinfo\") {\n\t\tif value, ok := all[name]; ok {", "claims[\"sub\"] = subject\n\tfor _, name := range RequestedClaims(requested, \"userinfo\") {\n\t\tif value, ok := all[name]; ok || true {"},
		{"provider/claims.go", "claims[\"sub\"] = subject\n\treturn claims", "return claims"},
	}},
	{attacks: "TOK-19", pkg: engineTests, test: "TestIDToken_addsTheClaimsAskedFor", edits: []edit{
		{"provider/engine/idtoken.go", "if value, known := all[name]; known {", "if value, known := all[name]; known || name == \"sub\" {"},
		{"provider/engine/idtoken.go", "if _, taken := claims[claim.name]; taken {", "if _, taken := claims[claim.name]; taken && false {"},
	}},
	{attacks: "TOK-21", pkg: engineTests, test: "TestClientCredentials_givesNoScopesOfUsersAndNoUnknownOnes_F16", edits: []edit{
		{"provider/engine/clientcredentials.go", "if len(asked) > 0 && (len(own) == 0 || c.Strict() && len(own) < len(chosen)) {", "if false {"},
	}},
	{attacks: "TOK-21", pkg: engineTests, test: "TestClientCredentials_givesNoScopesOfUsersAndNoUnknownOnes_F16", edits: []edit{
		{"provider/scopes.go", "chosen := narrow(servers, tenant.Must(ctx), c, asked)", "chosen := scope.Among(asked, asked)"},
	}},
	{attacks: "TOK-22", pkg: engineTests, test: "TestClientCredentials_givesAnAccessTokenAndNothingElse", edits: []edit{
		{"provider/metadata.go", "if _, err := tid.Parse(identityUser, id); err == nil {", "if _, err := tid.Parse(identityUser, id); err == nil && false {"},
	}},
	{attacks: "TOK-23", pkg: serverTests, test: "TestUserinfo_takesAccessTokensOnly", says: "in the query", edits: []edit{
		{"provider/access/guard.go", `return err == nil && !query.Has("access_token")`, `return err == nil && query != nil`},
	}},
	{attacks: "TOK-30", pkg: "storage", test: "TestRefreshToken_usedByTwoPartiesEndsTheFamily", says: "then its successor by", edits: []edit{
		{refreshFile, "IS TRUE AND `+holderFits+` AND EXISTS (", "IS TRUE AND EXISTS ("},
	}},
	{attacks: "TOK-30", pkg: "storage", test: "TestRefreshToken_usedByTwoPartiesEndsTheFamily", says: "then the same token by", edits: []edit{
		{rotateFile, "return by.Contradicts(t.Holder) || t.Used && by.Contradicts(t.First)", "return by.Contradicts(t.Holder)"},
	}},
	{attacks: "TOK-30", pkg: "storage", test: "TestRefreshToken_usedByTwoPartiesEndsTheFamily", says: "the one after that", edits: []edit{
		{refreshFile, "coalesce(@device, granted.holder_device), coalesce(@proof, granted.holder_proof)", "@device::bytea, @proof::bytea"},
	}},
	{attacks: "TOK-30", pkg: engineTests, test: "TestRefresh_fromAnotherBrowserEndsTheFamily", edits: []edit{
		{kernelFile, "s.device = e.Device(r)", "_ = e.Device(r)"},
	}},
	{attacks: "TOK-31", pkg: "storage", test: "TestRefreshToken_repeatsAreToldAndBounded", edits: []edit{
		{rotateFile, "return n <= 16 || n&(n-1) == 0", "return n > 0"},
	}},
	{attacks: "TOK-26", pkg: engineTests, test: "TestGrant_unknownTypesAreUnsupported_F11_F12_F16", edits: []edit{
		{kernelFile, "unsupported: fosite.TokenEndpointHandlers{unsupportedGrant{}},", "unsupported: fosite.TokenEndpointHandlers{&tokenHandler{e, (&clientCredentials{e}).exchange}},"},
	}},
}
