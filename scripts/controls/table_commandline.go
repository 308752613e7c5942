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
	{attacks: "CMD-04", pkg: commandTests, test: "TestDiscover_refusesOtherServers", edits: []edit{
		{loginFile, "if s.Issuer != strings.TrimSuffix(issuer, \"/\") {", "if s.Issuer == \"\" {"},
		{loginFile, "if err := CheckServer(endpoint); err != nil {", "if err := CheckServer(endpoint); err != nil && endpoint != \"\" && s.Issuer == \"\" {"},
	}},
}
