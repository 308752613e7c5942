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
	{attacks: "ENG-01", pkg: "storage", test: "TestCheckRedis_isSureOfWhoAnswers", edits: []edit{
		{"storage/redisurl.go", "config := &tls.Config{MinVersion: tls.VersionTLS12}", "config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}"},
	}},
	{attacks: "ENG-01", pkg: "storage", test: "TestReadRedisURL_saysWhatIsWrong", edits: []edit{
		{"storage/redisurl.go", "case query.Has(\"skip_verify\"):", "case query.Has(\"skip_verify\") && secure && !secure:"},
	}},
	{attacks: "ENG-02", pkg: "storage", test: "TestLimiter_countsInACluster", edits: []edit{
		{"storage/volatile.go", "return \"plinto:{\" + t.String() + \"}:\" + kind", "return \"plinto:\" + t.String() + \":\" + kind"},
	}},
	{attacks: "ENG-02", pkg: "storage", test: "TestCheckRedis_looksThroughSentinels", edits: []edit{
		{"storage/volatile.go", "return err == redis.Nil }", "return errors.Is(err, redis.Nil) }"},
	}},
	{attacks: "ENG-03", pkg: "storage/internal/pg", test: "TestFence_leadsNobodyBackToAnOldPrimary", edits: []edit{
		{"storage/internal/pg/fence.go", "case is.history.timeline < f.newest.timeline:", "case is.history.timeline < 0:"},
	}},
	{attacks: "ENG-03", pkg: "storage/internal/pg", test: "TestFence_leadsNobodyBackToAnOldPrimary", edits: []edit{
		{"storage/internal/pg/fence.go", "if t := old.timeline.Load(); t > 0 && t < timeline {", "if t := old.timeline.Load(); t < 0 {"},
	}},
	{attacks: "ENG-03", pkg: "storage/internal/pg", test: "TestWatch_takesAnIdleProcessToThePromotedServer", edits: []edit{
		{"storage/internal/pg/fencelook.go", "f.look(ctx, 0, true)", "_ = f"},
	}},
	{attacks: "ENG-03", pkg: "storage/internal/pg", test: "TestFence_findsThePrimaryAmongHosts", edits: []edit{
		{"storage/internal/pg/fence.go", "f.look(ctx, lookEvery, false)", "_ = ctx"},
	}},
	{attacks: "ENG-04", pkg: "storage", test: "TestUpkeep_doesNotWaitForDatabasesThatAreAway_ENG_04", edits: []edit{
		{"storage/rounds.go", "begun := inTurn(ctx, atOnce, all, visit)", "begun := inTurn(ctx, 1, all, visit)"},
	}},
	{attacks: "ENG-04", pkg: "storage", test: "TestUpkeep_doesNotWaitForDatabasesThatAreAway_ENG_04", says: "left alone", edits: []edit{
		{"storage/rounds.go", "return !failed.IsZero() && time.Since(failed) < r.rest", "return !failed.IsZero() && time.Since(failed) < 0"},
	}},
	{attacks: "ENG-04", pkg: "storage", test: "TestRounds_goOnWhereTheLastOneEnded", edits: []edit{
		{"storage/rounds.go", "		r.next[name] = all[begun]\n", ""},
	}},
	{attacks: "ENG-04", pkg: "storage", test: "TestRounds_boundEachPlace", edits: []edit{
		{"storage/rounds.go", "context.WithTimeout(ctx, r.each)", "context.WithCancel(ctx)"},
	}},
	{attacks: "ENG-05", pkg: "storage", test: "TestLookAtDatabases_findsThoseThatAnswer_ENG_05", edits: []edit{
		{"storage/branches.go", "	inTurn(ctx, atOnce, at, func(i int) {", "	inTurn(ctx, 1, at, func(i int) {"},
	}},
	{attacks: "ENG-05", pkg: "storage", test: "TestLookAtDatabases_findsThoseThatAnswer_ENG_05", says: "partitions", edits: []edit{
		{"storage/examine.go", `{"partitions", ofDatabases,`, `{"partitions", ofServer,`},
	}},
	{attacks: "ENG-05", pkg: "storage", test: "TestLookAt_tellsOnlyOfWhatItLookedAt", edits: []edit{
		{"storage/branches.go", "looked[i] = found[i] == nil || ctx.Err() == nil", "looked[i] = true"},
	}},
	{attacks: "ENG-06", pkg: "storage", test: "TestSurvey_looksForWorkInSchemas_ENG_06", edits: []edit{
		{"storage/survey.go", "		return s.add(ctx, to, at, surveyOfBacklog)\n", "		return nil\n"},
	}},
	{attacks: "REP-05", pkg: "storage/internal/pg", test: "TestReplicas_thatAreBehindAMoveLeaveItToThePrimary_REP_05", edits: []edit{
		{"storage/internal/pg/replica.go", "	case isMoved(err): // to where the replica is asked, and it has not come to that yet\n", ""},
	}},
	{attacks: "REP-01", pkg: "storage/internal/pg", test: "TestDB_asksReplicasOnlyToShowSomething", edits: []edit{
		{"storage/internal/pg/db.go", "if w == nil && PlaceOf(t).Shares() {", "if w == nil || !w.done {"},
	}},
	{attacks: "REP-01", pkg: "storage/internal/pg", test: "TestDB_asksReplicasOnlyToShowSomething", edits: []edit{
		{"storage/internal/pg/db.go", "if !display || db.replicas == nil {", "if !display && db == nil || db.replicas == nil {"},
	}},
	{attacks: "REP-04", pkg: "internal/plintotest", test: "TestReplicas_showAccountPages", edits: []edit{
		{"pages/account/handler.go", "	v.wrote()\n	v.tell(notice)", "	v.tell(notice)"},
	}},
	{attacks: "REP-04", pkg: "internal/plintotest", test: "TestReplicas_showAccountPages", edits: []edit{
		{"pages/browser/written.go", "if b.Now().Sub(since) < writtenLife {", "if b.Now().Sub(since) < 0 {"},
	}},
	{attacks: "REP-04", pkg: "internal/plintotest", test: "TestReplicas_showAccountPages", edits: []edit{
		{"pages/account/security.go", "held, err := v.Account.FactorsOf(ctx, &v.user)\n	if err != nil {\n		return err\n	}\n	t := tenant.Must(ctx)", "ctx = v.display(ctx)\n	held, err := v.Account.FactorsOf(ctx, &v.user)\n	if err != nil {\n		return err\n	}\n	t := tenant.Must(ctx)"},
	}},
	{attacks: "REP-02", pkg: "storage/internal/pg", test: "TestReplicas_areJudgedByWhatThePrimaryHad", edits: []edit{
		{"storage/internal/pg/replica.go", "return fresh != 0 && now.UnixNano()-fresh <= int64(r.limit) &&", "return fresh != 0 && (now.UnixNano() != 0 || fresh <= int64(r.limit)) &&"},
	}},
}
