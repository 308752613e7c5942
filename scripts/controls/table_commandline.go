package main

const (
	commandTests = "cmd/plinto"
	loginFile    = "cmd/plinto/remote/login.go"
)

// commandLine are the controls of attacks on the command line on a server.
var commandLine = []control{
	{attacks: "CMD-02", pkg: commandTests, test: "TestLogout_endsTheToken", edits: []edit{
		{"cmd/plinto/login.go", "failed = login.Revoke(cmd.Context(), p.Token)", "_ = login"},
	}},
	{attacks: "CMD-03", pkg: commandTests, test: "TestLogin_worksOnAServerByItsAPI", edits: []edit{
		{loginFile, "secret.Equal([]byte(query.Get(\"state\")), []byte(state)) &&", "state != \"\" &&"},
	}},
	{attacks: "LEAK-11", pkg: "cmd/plinto/remote", test: "TestLogin_sendsNoTokenWhereItIsRedirected_LEAK_11", edits: []edit{
		{"cmd/plinto/remote/redirect.go", "case first.Method != http.MethodGet:", "case first.Method == http.MethodPatch:"},
		{"cmd/plinto/remote/redirect.go", "next.URL.Host != first.URL.Host:", "next.URL.Host == \"\":"},
	}},
	{attacks: "LEAK-11", pkg: "cmd/plinto/remote", test: "TestDiscover_followsTheSameOriginOnly_LEAK_11", edits: []edit{
		{"cmd/plinto/remote/redirect.go", "next.URL.Host != first.URL.Host:", "next.URL.Host == \"\":"},
	}},
	{attacks: "LEAK-11", pkg: "client", test: "TestClient_followsNoRedirect_LEAK_11", edits: []edit{
		{"client/client.go", "TokenSource(unredirected(ctx))", "TokenSource(ctx)"},
	}},
	{attacks: "LEAK-12", pkg: commandTests, test: "TestRemote_quotesNothingOfAFile_LEAK_12", edits: []edit{
		{"cmd/plinto/remote/run.go", "return nil, r.NotYAML(r.file, err)", "return nil, err"},
	}},
	{attacks: "LEAK-12", pkg: commandTests, test: "TestRemote_quotesNothingOfAFile_LEAK_12", edits: []edit{
		{"cmd/plinto/manifest/node.go", "message, _, _ := strings.Cut(syntax.GetMessage(), `\"`)", "message := syntax.GetMessage()"},
	}},
	{attacks: "LEAK-12", pkg: "cmd/plinto/manifest", test: "TestParse_refusesWhatIsNoManifest", edits: []edit{
		{"cmd/plinto/manifest/reader.go", "there is no anchor of that name before this; a text that begins with * needs quotes\")", "there is no anchor of that name before this: %s\", name)"},
	}},
	{attacks: "EDG-10", pkg: commandTests, test: "TestDev_isNotShownToOthersByAccident_EDG_10", edits: []edit{
		{"cmd/plinto/dev_reach.go", "if !weburl.IsLoopback(host) {", "if host == \"\" {"},
	}},
	{attacks: "EDG-10", pkg: commandTests, test: "TestDev_isNotShownToOthersByAccident_EDG_10", edits: []edit{
		{"cmd/plinto/dev_reach.go", "!tcp.IP.IsLoopback()", "tcp.IP == nil"},
	}},
	{attacks: "EDG-10", pkg: commandTests, test: "TestDev_isShownToOthersOnPurpose_EDG_10", edits: []edit{
		{"cmd/plinto/dev_reach.go", "\td.c.warning(others", "\t_ = (others"},
	}},
	{attacks: "CMD-04", pkg: commandTests, test: "TestDiscover_refusesOtherServers", edits: []edit{
		{loginFile, "if s.Issuer != strings.TrimSuffix(issuer, \"/\") {", "if s.Issuer == \"\" {"},
		{loginFile, "if err := CheckServer(endpoint); err != nil {", "if err := CheckServer(endpoint); err != nil && endpoint != \"\" && s.Issuer == \"\" {"},
	}},
}
