package main

// databases are the controls of attacks on what stands between the server and Postgres.
var databases = []control{
	{attacks: "POL-01", pkg: "storage/schema", test: "TestPooler_givesTransactionsTheSameSettings", edits: []edit{
		{"storage/internal/pg/pooler.go", "set_config('role', '` + AppRole + `', true)", "set_config('role', '` + AppRole + `', false)"},
	}},
	{attacks: "POL-01", pkg: "storage/schema", test: "TestPooler_givesTransactionsTheSameSettings", edits: []edit{
		{"storage/internal/pg/pooler.go", "set_config('statement_timeout', '` + statementTimeout + `', true), ", ""},
	}},
	{attacks: "POL-02", pkg: "storage/schema", test: "TestCheckPooler_findsWhatATransactionCannotMend", edits: []edit{
		{"storage/schema/pooler.go", "case pooled.Cluster != direct.Cluster, pooled.Database != direct.Database:", "case pooled.Cluster != direct.Cluster:"},
	}},
	{attacks: "POL-02", pkg: "storage/schema", test: "TestCheck_noticesAPoolerNobodyTold", edits: []edit{
		{"storage/schema/selfcheck.go", "case role != pg.PlatformRole:", "case role == \"\":"},
	}},
}
