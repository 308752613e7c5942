package main

const (
	budgetFile   = "pages/browser/budget.go"
	rowFile      = "pages/browser/row.go"
	rowsFile     = "storage/flows.go"
	browserTests = "pages/browser"
)

// flows are the controls of attacks on what browsers and the database keep of sign-ins.
var flows = []control{
	{attacks: "NET-21", pkg: "provider/assembly", test: "TestAssemble_keepsNothingThatMeansNothing", edits: []edit{
		{checksFile, "d.Request.UILocales = a.Locales(strings.Fields(d.params.Get(\"ui_locales\")))", "d.Request.UILocales = strings.Fields(d.params.Get(\"ui_locales\"))"},
	}},
	{attacks: "NET-21", pkg: "provider/assembly", test: "TestAssemble_keepsNothingThatMeansNothing", edits: []edit{
		{checksFile, "if d.tenant.Settings.ACRLevels.Has(acr) && !slices.Contains(known, acr) {", "if acr != \"\" {"},
	}},
	{attacks: "NET-21", pkg: "provider/assembly", test: "TestAssemble_keepsNothingThatMeansNothing", edits: []edit{
		{checksFile, "d.Request.Prompt = slices.Compact(slices.Sorted(slices.Values(values)))", "d.Request.Prompt = slices.Sorted(slices.Values(values))"},
	}},
	{attacks: "NET-21", pkg: "provider/assembly", test: "TestAssemble_keepsNothingThatMeansNothing", edits: []edit{
		{"provider/assembly/claims.go", "!slices.Contains(allowed, s) || !slices.Contains(provider.ClaimNames, name) {", "!slices.Contains(allowed, s) {"},
	}},
	{attacks: "NET-21", pkg: browserTests, test: "TestSaveFlow_keepsTheBudgetOfTheHost", says: "bytes of cookies", edits: []edit{
		{budgetFile, "return sizeOf(others)+want <= budget-roomForSession && flows < provider.MaxFlows", "return flows < provider.MaxFlows"},
	}},
	{attacks: "NET-21", pkg: serverTests, test: "TestCookies_ofStrangersLinksLockNobodyOut", says: "bytes of cookies", edits: []edit{
		{budgetFile, "return sizeOf(others)+want <= budget-roomForSession && flows < provider.MaxFlows", "return flows < provider.MaxFlows"},
	}},
	{attacks: "NET-21", pkg: browserTests, test: "TestKeepSession_keepsTheBudgetOfTheHost", says: "bytes of cookies", edits: []edit{
		{budgetFile, "for _, may := range []func(held) bool{isFlow, isDevice, isOther} {", "for _, may := range []func(held) bool{isFlow} {"},
		{budgetFile, "\tisDevice := ", "\t_ = "},
		{budgetFile, "\tisOther := ", "\t_ = "},
	}},
	{attacks: "NET-22", pkg: "storage", test: "TestFlows_haveQuotas", says: "one network", edits: []edit{
		{rowsFile, "ORDER BY id DESC OFFSET @of_network)", "ORDER BY id DESC OFFSET 1000 * @of_network)"},
	}},
	{attacks: "NET-22", pkg: "storage", test: "TestFlows_haveQuotas", says: "twenty-first", edits: []edit{
		{rowsFile, "ORDER BY id DESC OFFSET @of_browser)", "ORDER BY id DESC OFFSET 1000 * @of_browser)"},
	}},
	{attacks: "NET-22", pkg: "storage", test: "TestFlows_haveQuotas", says: "a tenant has no quota", edits: []edit{
		{rowsFile, "- (SELECT count(*) FROM surplus) < @of_tenant", "- (SELECT count(*) FROM surplus) < 1000 * @of_tenant"},
	}},
	{attacks: "NET-22", pkg: browserTests, test: "TestSaveFlow_withoutARowTakesThePlaceOfTheOldest", edits: []edit{
		{flowFile, "if errors.Is(err, provider.ErrFlowsFull) && b.forceRoom(w, r, flow.ID, len(cookie)) {", "if false {"},
	}},
	{attacks: "NET-23", pkg: "storage", test: "TestFlow_isChangedByOneTabAtATime", says: "tabs wrote", edits: []edit{
		{rowsFile, "(browser = $3) IS TRUE AND version = $4 AND", "(browser = $3) IS TRUE AND $4::integer > 0 AND"},
	}},
	{attacks: "NET-23", pkg: "storage", test: "TestFlow_isChangedByOneTabAtATime", says: "another browser's change", edits: []edit{
		{rowsFile, "WHERE id = $2 AND (browser = $3) IS TRUE AND", "WHERE id = $2 AND $3::bytea IS NOT NULL AND"},
	}},
	{attacks: "NET-24", pkg: serverTests, test: "TestCookies_areNotGivenToFormsOfOtherSites", says: "cookies", edits: []edit{
		{"provider/authorize/handler.go", "return h.Browser.Carry(w, r, a.Request)", "return h.Browser.Lead(w, r, h.Browser.NewFlow(a.Request), \"/oauth2/authorize/continue\")"},
	}},
	{attacks: "NET-24", pkg: serverTests, test: "TestNginx_defaultsCarryTwentyTabsWithALongState", edits: []edit{
		{"internal/web/headersize.go", "return size <= maxAnswerHeader", "return size > 0"},
	}},
	{attacks: "NET-24", pkg: serverTests, test: "TestNginx_defaultsCarryTwentyTabsWithALongState", edits: []edit{
		{budgetFile, "maxSealed = 1600", "maxSealed = 16000"},
	}},
	{attacks: "NET-25", pkg: browserTests, test: "TestRow_opensWithTheSecretOfItsBrowserOnly", says: "another browser's secret", edits: []edit{
		{rowFile, "\"flow-row\", t, id.String(), browserSecret)", "\"flow-row\", t, id.String())"},
	}},
	{attacks: "NET-25", pkg: browserTests, test: "TestCookies_ofIssuersOfOneHostAreKeptApart", edits: []edit{
		{cookieFile, "base += \"_\" + s.Slug", "base += \"_t\""},
	}},
	{attacks: "SES-16", pkg: serverTests, test: "TestCookies_ofPathTenantsAreHostCookies", edits: []edit{
		{cookieFile, "if s.Secure {\n\t\treturn HostPrefix + base", "if s.Secure && s.Path != \"\" {\n\t\treturn \"__Secure-\" + base\n\t}\n\tif s.Secure {\n\t\treturn HostPrefix + base"},
	}},
	{attacks: "RED-21", pkg: serverTests, test: "TestErrors_ofSilentRequestsReachEveryClient", says: "login_required", edits: []edit{
		{"provider/authorize/respond.go", "|| req.Prompts(provider.PromptNone) ||", "||"},
	}},
	{attacks: "RED-22", pkg: serverTests, test: "TestPages_thatAreOverLeadToNoClientThatAnybodyRegistered", edits: []edit{
		{"pages/browser/gone.go", "if !client.DisabledAt.IsZero() || !client.Leads(t) {", "if !client.DisabledAt.IsZero() {"},
	}},
}
