package main

const (
	certificateFile = "internal/web/certificate.go"
	clientIPFile    = "internal/clientip/clientip.go"
)

// edges are the controls of attacks on what is between browsers and servers.
var edges = []control{
	{attacks: "EDG-01", pkg: "internal/clientip", test: "TestAddress_believesOnlyTrustedProxies", says: "forged_in_front_of_the_proxy", edits: []edit{
		{clientIPFile, "for i := len(chain) - 1; i >= 0 && len(chain)-i <= maxHops; i-- {\n\t\thop, ok := parseHop(strings.TrimSpace(chain[i]))", "for i := range chain {\n\t\thop, ok := parseHop(strings.TrimSpace(chain[i]))"},
	}},
	{attacks: "EDG-01", pkg: "internal/clientip", test: "TestAddress_believesOnlyTrustedProxies", says: "zone_with_port", edits: []edit{
		{clientIPFile, "return a.Unmap(), a.Zone() == \"\"", "return a.Unmap().WithZone(\"\"), true"},
	}},
	{attacks: "EDG-01", pkg: "internal/clientip", test: "TestAddress_believesOnlyTrustedProxies", says: "two_header_lines", edits: []edit{
		{clientIPFile, "strings.Split(strings.Join(r.Header.Values(\"X-Forwarded-For\"), \",\"), \",\")", "strings.Split(r.Header.Get(\"X-Forwarded-For\"), \",\")"},
	}},
	{attacks: "EDG-02", pkg: serverTests, test: "TestForwarded_byStrangersChangesNothing_EDG_02", says: "the session is from", edits: []edit{
		{clientIPFile, "\tif !p.trusts(peer) {\n\t\treturn peer\n\t}\n\tchain", "\tchain"},
	}},
	{attacks: "EDG-02", pkg: serverTests, test: "TestForwarded_byStrangersChangesNothing_EDG_02", says: "the headers of proxies change a sign-in", edits: []edit{
		{"internal/web/request.go", "setCommonHeaders(h, secure, r.Host)", "setCommonHeaders(h, secure && r.Header.Get(\"X-Forwarded-Proto\") != \"http\", r.Host)"},
	}},
	{attacks: "EDG-03", pkg: "internal/clientip", test: "TestTooWide_isMoreThanOneOperatorHas", edits: []edit{
		{clientIPFile, "return p.Bits() < least4", "return p.Bits() == 0"},
	}},
	{attacks: "EDG-03", pkg: "cmd/plinto", test: "TestConfig_refusesProxiesThatAreEverybody_EDG_03", edits: []edit{
		{"cmd/plinto/config_check.go", "\tproblems = append(problems, c.checkProxies()...)\n", ""},
	}},
	{attacks: "EDG-05", pkg: "internal/web", test: "TestCertificate_staysWhileTheNextIsNotValid_EDG_05", edits: []edit{
		{certificateFile, "err = validAt(&pair, now) // one that", "_ = validAt(&pair, now) // one that"},
	}},
	{attacks: "EDG-05", pkg: "cmd/plinto", test: "TestServe_servesANewCertificateWithoutARestart_EDG_05", says: "never: it says that the key does not fit", edits: []edit{
		{certificateFile, "\t\tc.problem = err\n", ""},
	}},
	{attacks: "EDG-06", pkg: "internal/web", test: "TestCertificate_speaksTheSuitesOfTheListAlone_EDG_06", says: "TLS_RSA_WITH_AES_128_GCM_SHA256", edits: []edit{
		{certificateFile, "var suites = []uint16{\n", "var suites = []uint16{\n\ttls.TLS_RSA_WITH_AES_128_GCM_SHA256,\n"},
	}},
	{attacks: "EDG-06", pkg: "internal/web", test: "TestCertificate_speaksTheSuitesOfTheListAlone_EDG_06", edits: []edit{
		{certificateFile, "\t\tCipherSuites:   suites,\n", ""},
	}},
	{attacks: "EDG-07", pkg: serverTests, test: "TestAnswers_thatCachesMayKeepAreTheSameForAll_EDG_07", edits: []edit{
		{headersFile, "\th[\"Permissions-Policy\"] = permissions\n\th[\"Cache-Control\"] = noStore\n", "\th[\"Permissions-Policy\"] = permissions\n\th[\"Cache-Control\"] = []string{\"public, max-age=60\"}\n"},
	}},
}
