package main

// redirects are the controls of attacks on redirect URIs and on the authorization
// endpoint.
var redirects = []control{
	{attacks: "RED-01", pkg: "internal/redirecturi", test: "TestMatch_isExact", edits: []edit{
		{matchFile, "if slices.Contains(registered, requested) {", "if slices.ContainsFunc(registered, func(r string) bool { return strings.HasPrefix(requested, r) }) {"},
	}},
	{attacks: "RED-02", pkg: "internal/redirecturi", test: "TestMatch_isExact", says: "https://rp.test@evil.test/cb", edits: []edit{
		{matchFile, "if slices.Contains(registered, requested) {", `if slices.ContainsFunc(registered, func(r string) bool { return strings.HasPrefix(requested, strings.TrimSuffix(r, "/cb")) }) {`},
	}},
	{attacks: "RED-03", pkg: "provider/authorize", test: "TestRedirect_onlyToWhatIsRegisteredByteForByte", says: "https://rp-test/cb", edits: []edit{
		{matchFile, "import (\n", "import (\n\t\"regexp\"\n"},
		{matchFile, "if slices.Contains(registered, requested) {", "if slices.ContainsFunc(registered, func(r string) bool { return regexp.MustCompile(r).MatchString(requested) }) {"},
	}},
	{attacks: "RED-06", pkg: "internal/redirecturi", test: "TestValidate_refusesWhatAttackersNeed", says: "javascript", edits: []edit{
		{"internal/redirecturi/validate.go", "case p.ApplicationType != Native:\n\t\treturn errors.New(\"a web client's must start with https:// in lower case; other schemes are for application_type native\")", "case true:\n\t\treturn nil"},
	}},
	{attacks: "RED-06", pkg: "provider/register", test: "TestRegister_refusesMetadataThatContradictItself", says: "javascript", edits: []edit{
		{"internal/redirecturi/validate.go", "case p.ApplicationType != Native:\n\t\treturn errors.New(\"a web client's must start with https:// in lower case; other schemes are for application_type native\")", "case true:\n\t\treturn nil"},
	}},
	{attacks: "RED-07", pkg: "provider/register", test: "TestRegister_refusesMetadataThatContradictItself", says: "cb#frag", edits: []edit{
		{"internal/redirecturi/syntax.go", "case c == '#':\n\t\t\treturn errors.New(\"must not have a fragment\")", "case c == '#':"},
	}},
	{attacks: "RED-06", pkg: "internal/redirecturi", test: "TestValidate_noPolicyAllowsSchemesOfBrowsersAndSystems", edits: []edit{
		{"internal/weburl/scheme.go", "func AppScheme(scheme string) bool {\n\tlower := strings.ToLower(scheme)\n", "func AppScheme(scheme string) bool {\n\tlower := strings.ToLower(scheme)\n\ttaken := taken[:0]\n"},
	}},
	{attacks: "RED-05", pkg: "internal/redirecturi", test: "TestMatch_letsThePortsOfLocalhostVaryForNativeClients", says: "for a web client", edits: []edit{
		{matchFile, "if !ok || host == localhost && !native {", "if !ok {"},
	}},
	{attacks: "RED-05", pkg: "internal/redirecturi", test: "TestMatch_givesNothingElseToLoopback", says: "matched \"http://127.0.0.1/cb\"", edits: []edit{
		{matchFile, "ok && h == host && t == tail {", "ok && h != \"\" && t == tail {"},
	}},
	{attacks: "RED-07", pkg: "internal/redirecturi", test: "TestMatch_isExact", says: "https://rp.test/cb#", edits: []edit{
		{matchFile, "if slices.Contains(registered, requested) {", `if without, _, _ := strings.Cut(requested, "#"); slices.Contains(registered, without) {`},
	}},
	{attacks: "RED-10", pkg: "provider/authorize", test: "TestRedirect_neverForAnUnknownOrDisabledClient", edits: []edit{
		{checksFile, `return refuseSent("invalid_redirect_uri", "redirect_uri is not registered for the client", sent)`, `d.Request.RedirectURI, d.Answerable = sent[0], true
			return refuse("invalid_redirect_uri", "redirect_uri is not registered for the client")`},
	}},
	{attacks: "RED-12", pkg: serverTests, test: "TestPages_leadNowhereThatAParameterNames", edits: []edit{
		{"pages/browser/browser.go", `h.Set("Location", tenant.Must(r.Context()).Path+page+"?flow="+flow.Handle())`, `h.Set("Location", tenant.Must(r.Context()).Path+page+"?flow="+flow.Handle())
	if to := r.URL.Query().Get("return_to"); to != "" {
		h.Set("Location", to)
	}`},
	}},
	{attacks: "RED-14", pkg: "pages/logout", test: "TestLogout_unregisteredURIIsNeverFollowed", says: "unregistered", edits: []edit{
		{logoutFile, `if slices.Contains(client.PostLogoutRedirectURIs, redirect) {`, `if true || slices.Contains(client.PostLogoutRedirectURIs, redirect) {`},
	}},
	{attacks: "RED-14", pkg: "pages/logout", test: "TestLogout_unregisteredURIIsNeverFollowed", says: "only a client_id", edits: []edit{
		{"pages/logout/handler.go", "return h.finish(w, r, q, q.Hinted)", "return h.finish(w, r, q, true)"},
	}},
	{attacks: "RED-14", pkg: "pages/logout", test: "TestRPInitiatedLogout_modulesOfTheSuite", says: "bad-id-token-hint", edits: []edit{
		{logoutFile, "payload, err := hints.OwnToken(ctx, client, token)", "payload, _, err := jwt.Peek(token)"},
	}},
	{attacks: "RED-16", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "hybrid (RED-16)", edits: []edit{
		{checksFile, `if direct(responseType) && (d.Client.Profile != provider.ProfileLegacy || !d.tenant.Settings.AllowImplicit) {`, `if false {`},
		{checksFile, `if !slices.Contains(d.Client.ResponseTypes, responseType) ||`, `if false ||`},
	}},
	{attacks: "RED-17", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "fragment (RED-17)", edits: []edit{
		{checksFile, "case carrier == modeFragment && fallback == modeQuery && !d.mayHaveFragment():", "case false:"},
	}},
	{attacks: "RED-17", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "web_message (RED-17)", edits: []edit{
		{checksFile, "case !slices.Contains(provider.ResponseModes, mode):", "case false:"},
	}},
	{attacks: "RED-19", pkg: "internal/redirecturi", test: "TestMatch_isExact", says: "https://RP.test/cb", edits: []edit{
		{matchFile, "if slices.Contains(registered, requested) {", "if slices.ContainsFunc(registered, func(r string) bool { return strings.EqualFold(requested, r) }) {"},
	}},
	{attacks: "RED-19", pkg: "internal/redirecturi", test: "TestMatch_isExact", says: "https://rp.test./cb", edits: []edit{
		{matchFile, "if slices.Contains(registered, requested) {", `if slices.Contains(registered, strings.Replace(requested, "./", "/", 1)) {`},
	}},
	{attacks: "RED-20", pkg: serverTests, test: "TestErrors_ofClientsThatAnybodyRegisteredLeadNowhereByThemselves", edits: []edit{
		{"provider/authorize/respond.go", `if client.Leads(tenant.Must(r.Context())) || req.Prompts(provider.PromptNone) ||`, `if client.Leads(tenant.Must(r.Context())) || true ||`},
	}},
}
