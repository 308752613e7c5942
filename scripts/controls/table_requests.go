package main

const parFile = "provider/par/handler.go"

// requests are the controls of attacks on request objects, pushed requests and
// registration.
var requests = []control{
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "bad signature", edits: []edit{
		{sourceFile, "payload, header, err := a.Keys.Verify(ctx, d.Client, object, jwt.Options{Algorithms: algs, KeyIDOptional: true})", "payload, header, err := jwt.Peek(object)\n\t_ = algs"},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "another issuer", edits: []edit{
		{sourceFile, "if s.Issuer != d.Client.ClientID || s.Subject == d.Client.ClientID {", "if s.Subject == d.Client.ClientID {"},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "another audience", edits: []edit{
		{sourceFile, "Audience: []string{d.tenant.Issuer}, Leeway: objectLeeway,", "Leeway: objectLeeway,"},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "no exp", edits: []edit{
		{sourceFile, "AllowExpired: s.Expiry == nil && !d.Client.RequireSignedRequest,", "AllowExpired: s.Expiry == nil,"},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "another kind", edits: []edit{
		{sourceFile, `if typ := strings.ToLower(strings.TrimPrefix(header.Type, "application/")); typ != "" && typ != "jwt" && typ != "oauth-authz-req+jwt" {`, `if strings.Contains(header.Type, "\x00") {`},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "another client", edits: []edit{
		{sourceFile, `if !ok || params.Get("client_id") != "" && params.Get("client_id") != d.Client.ClientID || params.Has("request")`, `if !ok || params.Has("request")`},
	}},
	{attacks: "PAR-02", pkg: conformanceTests, test: "TestRequestObject_refuses", says: "an assertion", edits: []edit{
		{sourceFile, "if s.Issuer != d.Client.ClientID || s.Subject == d.Client.ClientID {", "if s.Issuer != d.Client.ClientID {"},
	}},
	{attacks: "F10", pkg: conformanceTests, test: "TestRequestObject_edges", says: "twice, once empty", edits: []edit{
		{sourceFile, ` && len(params.All("request")) <= 1 && len(params.All("request_uri")) <= 1`, ""},
	}},
	{attacks: "F10", pkg: "provider/par", test: "TestEmptyParameters_areNotSent", says: "&request_uri=:", edits: []edit{
		{sourceFile, ` && len(params.All("request")) <= 1 && len(params.All("request_uri")) <= 1`, ""},
	}},
	{attacks: "PAR-04", pkg: "provider/par", test: "TestPushedRequest_isAnsweredOnce", edits: []edit{
		{"storage/pushed.go", "WHERE p.spent_at IS NULL AND p.client_id", "WHERE p.client_id"},
	}},
	{attacks: "PAR-04", pkg: "storage", test: "TestPushedRequest_isSpentOnceAlsoWhenItIsCleanedUp", edits: []edit{
		{"storage/pushed.go", "WHERE p.spent_at IS NULL AND p.client_id", "WHERE p.client_id"},
	}},
	{attacks: "PAR-04", pkg: "storage", test: "TestPushedRequest_isSpentOnceAlsoWhenItIsCleanedUp", says: "while flows last", edits: []edit{
		{"storage/pushed.go", "provider.PushedTTL + provider.FlowTTL}", "provider.PushedTTL}"},
	}},
	{attacks: "PAR-04", pkg: "provider/par", test: "TestPushedRequest_isUsedUpByARefusal", edits: []edit{
		{"storage/pushed.go", "AND (expires_at > now()) IS TRUE AND spent_at IS NULL", "AND (expires_at > now()) IS TRUE"},
		{"storage/pushed.go", "SET spent_at = excluded.spent_at, request = excluded.request,", "SET"},
	}},
	{attacks: "PAR-04", pkg: "provider/par", test: "TestPushedRequest_isTheClientsAndTheTenantsOwn", says: "another client", edits: []edit{
		{sourceFile, "|| err == nil && pushed.ClientID != d.Client.ID {", "{"},
	}},
	{attacks: "PAR-04", pkg: "provider/par", test: "TestPushedRequest_survivesTheTriesOfOthers", edits: []edit{
		{sourceFile, "|| err == nil && pushed.ClientID != d.Client.ID {\n\t\treturn unknown", "|| err == nil && pushed.ClientID != d.Client.ID {\n\t\t_ = a.Pushed.Spend(ctx, pushed.ClientID, hash)\n\t\treturn unknown"},
	}},
	{attacks: "PAR-11", pkg: "provider/par", test: "TestPushedRequest_isAnsweredToRegisteredAddressesOnly", edits: []edit{
		{"provider/assembly/source.go", "if !d.Client.TakesRedirect(pushed.Request.RedirectURI) {", "if d.Client.TakesRedirect(\"\") {"},
	}},
	{attacks: "PAR-05", pkg: "provider/par", test: "TestPush_keepsNoSecret", says: "kept", edits: []edit{
		{parFile, "uri, err := h.Assembler.Keep(", "request.State = form.Encode()\n\turi, err := h.Assembler.Keep("},
		{formFile, "// Has reports whether", "func (f Form) Encode() string { return url.Values(f).Encode() }\n\n// Has reports whether"},
	}},
	{attacks: "PAR-06", pkg: "provider/par", test: "TestAuthorize_wantsAPushedRequestWhereItIsDemanded", edits: []edit{
		{checksFile, "if !d.pushing && (d.Client.RequirePAR || d.tenant.Settings.RequirePAR) {", "if false {"},
	}},
	{attacks: "PAR-07", pkg: "provider/par", test: "TestPushedRequest_signsAUserIn", edits: []edit{
		{sourceFile, "d.Request.Pushed = hash\n", "d.Request.Pushed = hash\n\td.Request.State = d.params.Get(\"state\")\n"},
	}},
	{attacks: "PAR-07", pkg: conformanceTests, test: "TestDynamicPlan_keys/oidcc-ensure-request-object-with-redirect-uri", edits: []edit{
		{sourceFile, `params["client_id"] = []string{d.Client.ClientID}`, `params["client_id"] = []string{d.Client.ClientID}
	params["state"] = d.params["state"]`},
	}},
	{attacks: "PAR-08", pkg: "provider/par", test: "TestPush_isLimitedPerClient", edits: []edit{
		{parFile, "if wait <= 0 {", "if wait <= time.Hour {"},
	}},
	{attacks: "PAR-08", pkg: "provider/par", test: "TestPush_isLimitedPerNetwork", edits: []edit{
		{parFile, "buckets := limitPushedNetwork.Networks(address, \"\")", "_ = limitPushedNetwork\n\tvar buckets []identity.Bucket"},
	}},
	{attacks: "PAR-09", pkg: "provider/par", test: "TestPush_keepsSmallRowsOnly", says: "want invalid_request", edits: []edit{
		{"provider/assembly/keep.go", "if kept.Len() > maxKept {", "if kept.Len() > maxKept<<10 {"},
	}},
	{attacks: "PAR-09", pkg: "storage", test: "TestCleanup_deletesWhatIsOverAndNothingElse", says: "pushed_requests", edits: []edit{
		{"storage/cleanups.go", "SELECT ctid FROM pushed_requests WHERE expires_at >= $2 AND expires_at < now() ORDER", "SELECT ctid FROM pushed_requests WHERE expires_at >= $2 AND expires_at < now() - interval '1 hour' ORDER"},
	}},
	{attacks: "PAR-10", pkg: "provider/register", test: "TestManage_changesAreLimitedPerClientAndNetwork", says: "want 429", edits: []edit{
		{"provider/register/manage.go", "if err := h.change(r, id); err != nil {\n\t\treturn err\n\t}\n", "_ = h.change\n"},
	}},
	{attacks: "PAR-10", pkg: "provider/register", test: "TestManage_changesAreLimitedPerClientAndNetwork", says: "another client", edits: []edit{
		{"provider/register/handler.go", "append(limitChanges.Networks(h.Address(r), \"\"), limitChanges.Of(\"client \"+clientID))", "[]identity.Bucket{limitChanges.Of(\"client \" + clientID)}"},
	}},
	{attacks: "PAR-10", pkg: "provider/register", test: "TestManage_changesAreLimitedPerClientAndNetwork", says: "by itself", edits: []edit{
		{"provider/register/handler.go", "append(limitChanges.Networks(h.Address(r), \"\"), limitChanges.Of(\"client \"+clientID))", "limitChanges.Networks(h.Address(r), \"\")\n\t_ = clientID"},
	}},
	{attacks: "PAR-08", pkg: "provider/par", test: "TestPushedRequest_expires", edits: []edit{
		{"storage/pushed.go", "AND (expires_at > now()) IS TRUE AND spent_at IS NULL", "AND spent_at IS NULL"},
	}},
	{attacks: "DCR-01", pkg: "provider/register", test: "TestRegister_isOffByDefault", edits: []edit{
		{"provider/register/handler.go", "if mode != tenant.RegistrationOpen && mode != tenant.RegistrationToken {", "if false {"},
	}},
	{attacks: "DCR-01", pkg: "provider/register", test: "TestRegister_refusesInitialTokensThatAreNotGood", says: "401", edits: []edit{
		{"provider/register/handler.go", "if mode == tenant.RegistrationToken {\n\t\t\treturn nil, challenge(r, \"\", nil)\n\t\t}", ""},
	}},
	{attacks: "DCR-01", pkg: "provider/register", test: "TestRegister_aTokenOfOneUseMakesOneClientOfFiftyAtOnce", edits: []edit{
		{"storage/registrations.go", "WHERE hash = $1 AND uses_left > 0 AND expires_at > now() RETURNING id", "WHERE hash = $1 AND expires_at > now() RETURNING id"},
		{"storage/registrations.go", "SET uses_left = uses_left - 1", "SET uses_left = 1"},
	}},
	{attacks: "DCR-04", pkg: "provider/register", test: "TestRegister_refusesMetadataThatContradictItself", says: "logo_uri", edits: []edit{
		{"provider/metadata_checks.go", `case u.Scheme != "https":`, `case u.Scheme == "":`},
		{"provider/metadata_checks.go", `case u.Host == "" || u.User != nil:`, `case false:`},
		{"provider/metadata_checks.go", `case (!c.rules.Operator || c.rules.Outside) && weburl.IsInternal(u.Hostname())`, `case false && weburl.IsInternal(u.Hostname())`},
	}},
	{attacks: "DCR-04", pkg: "provider/register", test: "TestRegister_refusesMetadataThatContradictItself", says: "tos_uri", edits: []edit{
		{"provider/metadata_checks.go", `case (!c.rules.Operator || c.rules.Outside) && weburl.IsInternal(u.Hostname())`, `case false && weburl.IsInternal(u.Hostname())`},
	}},
	{attacks: "DCR-05", pkg: "provider/register", test: "TestRegister_readsTheSectorIdentifier", edits: []edit{
		{"provider/sector.go", "if !slices.Contains(uris, uri) {", "if uri == \"\" {"},
	}},
	{attacks: "DCR-06", pkg: "provider/register", test: "TestRegister_refusesMetadataThatContradictItself", says: "another-tenant.example:443", edits: []edit{
		{"cmd/plinto/app/registration.go", "_, err := p.cfg.Store.Tenants.ByHost(ctx, host)", "_, err := p.cfg.Store.Tenants.ByHost(ctx, \"\")\n\t_ = host"},
	}},
	{attacks: "DCR-07", pkg: "provider/register", test: "TestRegister_answersWithAllMetadataAndTheDefaults", edits: []edit{
		{"provider/register/create.go", "client.ClientID = tid.Format(provider.ClientPrefix, client.ID)", "client.ClientID = tid.Format(provider.ClientPrefix, client.ID)\n\tif json.Unmarshal(doc[\"client_id\"], &client.ClientID) != nil {\n\t\tclient.ClientID = tid.Format(provider.ClientPrefix, client.ID)\n\t}"},
	}},
	{attacks: "DCR-07", pkg: "provider", test: "TestCheckClientID_refusesIdsOfUsersAndOddCharacters_RFC9700_4_15", edits: []edit{
		{"provider/metadata.go", "if slices.Contains(strings.Fields(reservedWords), strings.ToLower(id)) {", "if false {"},
	}},
}
