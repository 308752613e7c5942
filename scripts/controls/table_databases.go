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
	{attacks: "REP-01", pkg: "storage/internal/pg", test: "TestDB_asksReplicasOnlyToShowSomething", edits: []edit{
		{"storage/internal/pg/db.go", "if w == nil && t.Placement.Isolation != tenant.Database {", "if w == nil || !w.done {"},
	}},
	{attacks: "REP-01", pkg: "storage/internal/pg", test: "TestDB_asksReplicasOnlyToShowSomething", edits: []edit{
		{"storage/internal/pg/db.go", "if !display || db.replicas == nil {", "if !display && db == nil || db.replicas == nil {"},
	}},
	{attacks: "REP-02", pkg: "storage/internal/pg", test: "TestReplicas_areJudgedByWhatThePrimaryHad", edits: []edit{
		{"storage/internal/pg/replica.go", "return fresh != 0 && now.UnixNano()-fresh <= int64(r.limit) &&", "return fresh != 0 && (now.UnixNano() != 0 || fresh <= int64(r.limit)) &&"},
	}},
}
