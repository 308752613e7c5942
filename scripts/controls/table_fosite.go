package main

// fosite is the table of faults measured in fosite: what replaces them here is taken
// out, in the way fosite has it where that can be told.
var fosite = []control{
	{attacks: "F1", pkg: engineTests, test: "TestPKCE_aWrongVerifierBurnsTheCode_F1", edits: []edit{
		{codeFile, "return g.forget(ctx, first, renews)", "return refused"},
	}},
	{attacks: "F1", pkg: engineTests, test: "TestPKCE_aRefusedCodeLeavesNoRefreshToken", edits: []edit{
		{codeFile, "return g.RefreshTokens.Forget(ctx, first.Hash)", "return nil"},
	}},
	{attacks: "F2", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "alg none", edits: []edit{
		{sourceFile, "payload, header, err := a.Keys.Verify(ctx, d.Client, object, jwt.Options{Algorithms: algs, KeyIDOptional: true})", "payload, header, err := jwt.Peek(object)\n\t_ = algs"},
		{"internal/jwt/verify.go", `if s == "" || strings.ContainsAny(s, "\r\n") {`, `if strings.ContainsAny(s, "\r\n") {`},
	}},
	{attacks: "F3 TOK-16", pkg: "provider/inspection", test: "TestMayIntrospect_theClientAndTheAudienceOnly_F3", edits: []edit{
		{inspectFile, "return slices.ContainsFunc(c.Resources, func(r string) bool { return provider.HasResource(i.Claims.Audience, r) })", "return true"},
	}},
	{attacks: "F3 TOK-16", pkg: "provider/introspect", test: "TestIntrospect_tellsTheClientAndTheAudienceAndNobodyElse_F3", edits: []edit{
		{"provider/introspect/handler.go", "if err != nil || !i.MayIntrospect(caller) {", "if err != nil {"},
	}},
	{attacks: "F3 TOK-16", pkg: "provider/introspect", test: "TestIntrospect_isForClientsThatProveThemselves", edits: []edit{
		{"provider/clientauth/clientauth.go", "if err == nil && c.Public() {", "if false {"},
	}},
	{attacks: "F4 CLI-03", pkg: conformanceTests, test: "TestAssertion_refuses", says: "the good one after all", edits: []edit{
		{assertionFile, `	if cause := a.refuseAssertion(ctx, r, c, token, header, claims); cause != "" {
		return c, a.failed(ctx, c.ClientID, a.assertionError(ctx, c, cause, token, header.Algorithm))
	}
	// Last, so that an invalid assertion does not use up a jti.
	err = a.Assertions.Spend(ctx, c.ID, jtiHash(ctx, claims.ID), time.Unix(*claims.Expiry, 0).Add(assertionLeeway))
	if fault.KindOf(err) == fault.Unauthenticated {
		return c, errInvalidClient(ctx, "assertion_spent")
	}
`, `	if c.ID != [16]byte{} && claims.ID != "" {
		err = a.Assertions.Spend(ctx, c.ID, jtiHash(ctx, claims.ID), a.Now().Add(time.Minute))
		if fault.KindOf(err) == fault.Unauthenticated {
			return c, errInvalidClient(ctx, "assertion_spent")
		}
	}
	if cause := a.refuseAssertion(ctx, r, c, token, header, claims); cause != "" {
		return c, a.failed(ctx, c.ClientID, a.assertionError(ctx, c, cause, token, header.Algorithm))
	}
`},
	}},
	{attacks: "F5 CLI-03", pkg: conformanceTests, test: "TestAssertion_refuses", says: "a jti that another client used", edits: []edit{
		{"storage/assertions.go", "SELECT $1, $2, $3 WHERE NOT EXISTS (\n", "SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM spent_assertions WHERE jti_hash = $2) AND NOT EXISTS (\n"},
	}},
	{attacks: "F6", pkg: conformanceTests, test: "TestAssertion_refuses", says: "two audiences (F6)", edits: []edit{
		{assertionFile, "return len(audience) > 0 && !slices.ContainsFunc(audience, foreign)", "return slices.ContainsFunc(audience, func(aud string) bool { return !foreign(aud) })"},
	}},
	{attacks: "F6 CLI-04", pkg: conformanceTests, test: "TestAssertion_refuses", says: "ten years", edits: []edit{
		{assertionFile, "jwt.Expected{Leeway: assertionLeeway, MaxLifetime: lifetime}", "jwt.Expected{Leeway: assertionLeeway, MaxLifetime: 0 * lifetime}"},
	}},
	{attacks: "F7", pkg: engineTests, test: "TestCode_ofAnotherClientOrForgedRevokesNothing_F7", edits: []edit{
		{codesFile, "WHERE codes.hash = $1 AND g.client_id = $2`, hash, clientID)", "WHERE codes.hash = $1 AND $2::uuid IS NOT NULL`, hash, clientID)"},
	}},
	{attacks: "F7 COD-12", pkg: engineTests, test: "TestCode_forgedByItsOwnClientRevokesNothing_F7", edits: []edit{
		{codeFile, "if !secret.WellFormed(provider.CodePrefix, code) {", "if len(code) < 30 {"},
		{"provider/tokens.go", "return secret.Hash(purpose, tenant.Must(ctx).ID, token)", "return secret.Hash(purpose, tenant.Must(ctx).ID, token[len(token)/2:])"},
	}},
	{attacks: "F8 RED-05", pkg: engineTests, test: "TestAuthorize_loopbackMeansAnotherPortAndNothingElse_F8", says: "evil.com@127.0.0.1", edits: []edit{
		{matchFile, "import (\n", "import (\n\t\"net\"\n\t\"net/url\"\n"},
		{matchFile, `	for _, host = range []string{"http://127.0.0.1", "http://[::1]", localhost} {`, `	if u, err := url.Parse(uri); err == nil && net.ParseIP(u.Hostname()).IsLoopback() {
		return u.Hostname(), u.RequestURI(), true
	}
	for _, host = range []string{"http://127.0.0.1", "http://[::1]", localhost} {`},
	}},
	{attacks: "F9", pkg: engineTests, test: "TestClientCredentials_resourcesAreComparedAfterNormalization_F9", edits: []edit{
		{"provider/resource.go", "at = slices.IndexFunc(servers, func(s ResourceServer) bool { return resourceuri.Same(s.Identifier, r) })", "at = slices.IndexFunc(servers, func(s ResourceServer) bool { return len(r) > len(s.Identifier) && r[:len(s.Identifier)] == s.Identifier })"},
	}},
	{attacks: "F9", pkg: "internal/resourceuri", test: "TestSame_isNoPrefixAndNoPathTrick_F9", says: "u@api", edits: []edit{
		{"internal/resourceuri/resourceuri.go", "if strings.Contains(authority, \"@\") {\n\t\treturn \"\", ErrUser\n\t}", "authority = authority[strings.LastIndex(authority, \"@\")+1:]"},
	}},
	{attacks: "F9", pkg: "internal/resourceuri", test: "TestSame_isNoPrefixAndNoPathTrick_F9", says: "..", edits: []edit{
		{"internal/resourceuri/resourceuri.go", "if segment == \".\" || segment == \"..\" {\n\t\t\treturn \"\", ErrDots\n\t\t}\n\t}", "_ = segment\n\t}\n\tif i := strings.LastIndex(path, \"../\"); i >= 0 {\n\t\tpath = path[i+2:]\n\t}"},
	}},
	{attacks: "F10", pkg: "provider/token", test: "TestToken_refusesRepeatedParameters_F10", edits: []edit{
		{formFile, "if len(values) > 1 && !slices.Contains(except, name) {", "if len(values) > 100 && !slices.Contains(except, name) {"},
	}},
	{attacks: "F10", pkg: serverTests, test: "TestInput_aParameterGivenTwiceIsRefused", says: "in query and body", edits: []edit{
		{formFile, "if inBody(name) {", "if inBody(name) && name == \"\" {"},
	}},
	{attacks: "F10", pkg: serverTests, test: "TestInput_aParameterGivenTwiceIsRefused", says: "register?redirect_uris", edits: []edit{
		{"internal/web/json_body.go", "_, ok := object[name]; return ok })", "_, ok := object[name]; return ok && false })"},
	}},
	{attacks: "F10", pkg: engineTests, test: "TestAuthorize_refusesRepetitions_F10", says: "scope", edits: []edit{
		{checksFile, `if name, ok := d.params.Repeated("resource"); ok {`, `if name, ok := d.params.Repeated("resource"); ok && false {`},
	}},
	{attacks: "F10", pkg: engineTests, test: "TestAuthorize_refusesRepetitions_F10", says: "redirect_uri", edits: []edit{
		{checksFile, "case len(sent) != 1:", "case len(sent) == 0:"},
	}},
	{attacks: "F13 COD-02", pkg: engineTests, test: "TestCode_raceHasOneWinnerAndTheOthersAreRefused_F13", edits: []edit{
		{"provider/engine/errors.go", "provider.ErrCodeUnknown, provider.ErrCodeSpent, provider.ErrRefreshUnknown", "provider.ErrCodeUnknown, provider.ErrRefreshUnknown"},
	}},
	{attacks: "F14 CLI-19", pkg: "internal/egress", test: "TestDo_boundsAnswers", edits: []edit{
		{"internal/egress/client.go", "res.Body = &body{from: res.Body, left: opts.MaxBody, done: done}", "res.Body = &body{from: res.Body, left: 1 << 40, done: done}"},
		{"internal/egress/client.go", "if res.ContentLength > opts.MaxBody {", "if res.ContentLength > 1<<40 {"},
	}},
	{attacks: "F14 PAR-03", pkg: conformanceTests, test: "TestRequestURI_isFetchedOnlyWhenRegistered", edits: []edit{
		{sourceFile, "if !slices.Contains(c.RequestURIs, uri) {", "if !slices.ContainsFunc(c.RequestURIs, func(string) bool { return true }) {"},
	}},
	{attacks: "F14 PAR-03", pkg: engineTests, test: "TestAuthorize_foreignRequestObjectsAreNotRead_F2_F14", says: "fetched", edits: []edit{
		{sourceFile, "if !slices.Contains(c.RequestURIs, uri) {", "if slices.Contains(c.RequestURIs, uri) {"},
	}},
	{attacks: "F16 RED-16", pkg: engineTests, test: "TestAuthorize_hasNoImplicitFlowNoWildcardsAndNoPlainPKCE_F16", says: "response_type:[token]", edits: []edit{
		{checksFile, `if !slices.Contains(provider.ResponseTypes, responseType) {`, `if false {`},
		{checksFile, `if direct(responseType) && (d.Client.Profile != provider.ProfileLegacy || !d.tenant.Settings.AllowImplicit) {`, `if false {`},
		{checksFile, `if !slices.Contains(d.Client.ResponseTypes, responseType) ||`, `if false ||`},
	}},
	{attacks: "F16 TOK-21", pkg: engineTests, test: "TestClientCredentials_givesNoScopesOfUsersAndNoUnknownOnes_F16", edits: []edit{
		{"provider/engine/clientcredentials.go", "own := scope.Without(chosen, provider.StandardScopes)", "own := scope.Without(chosen, nil)"},
	}},
	{attacks: "F16", pkg: engineTests, test: "TestClientCredentials_givesNoScopesOfUsersAndNoUnknownOnes_F16", edits: []edit{
		{"provider/scopes.go", "at := slices.IndexFunc(servers[i].Scopes, func(s Scope) bool { return s.Name == name })", `at := slices.IndexFunc(servers[i].Scopes, func(s Scope) bool { return s.Name == name || strings.HasPrefix(s.Name, strings.TrimSuffix(name, "*")) })`},
	}},
	{attacks: "F16 CLI-09", pkg: clientAuthTests, test: "TestClientAuth_aWrongSecretCostsNoSlowHash_F16", edits: []edit{
		{"provider/clientsecret.go", `	"github.com/google/uuid"
`, `	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"
`},
		{"provider/clientsecret.go", "hash := h.Hash(t, c.ClientID, plain)\n\tmatch := false", "hash := h.Hash(t, c.ClientID, plain)\n\t_, _ = bcrypt.GenerateFromPassword(hash, bcrypt.MinCost)\n\tmatch := false"},
	}},
	{attacks: "F16 TOK-26", pkg: engineTests, test: "TestGrant_unknownTypesAreUnsupported_F11_F12_F16", edits: []edit{
		{kernelFile, "provider.GrantClientCredentials: {&tokenHandler{e, (&clientCredentials{e}).exchange}},", "provider.GrantClientCredentials: {&tokenHandler{e, (&clientCredentials{e}).exchange}},\n\t\t\t\"password\": {&tokenHandler{e, (&clientCredentials{e}).exchange}},"},
	}},
}
