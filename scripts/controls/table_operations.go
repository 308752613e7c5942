package main

// operators are the controls of attacks on what operators see.
var operators = []control{
	{attacks: "OBS-01", pkg: "cmd/plinto/app", test: "TestMetrics_areFewWhateverHappens_OBS_01", edits: []edit{
		{"cmd/plinto/app/metrics.go", "if slug == \"\" || !a.tenants[slug] {", "if slug == \"\" {"},
	}},
	{attacks: "OBS-01", pkg: "cmd/plinto/app", test: "TestMetrics_areFewWhateverHappens_OBS_01", edits: []edit{
		{"cmd/plinto/app/metrics_events.go", "if slices.Contains(provider.GrantTypes, grantType) {", "if grantType != \"\" && len(provider.GrantTypes) > 0 {"},
	}},
	{attacks: "OBS-01", pkg: "cmd/plinto/app", test: "TestMetrics_areFewWhateverHappens_OBS_01", edits: []edit{
		{"cmd/plinto/app/metrics_events.go", "reason, method = anyOther, anyOther", "method = anyOther"},
	}},
	{attacks: "OBS-02", pkg: "internal/operations", test: "TestProfiles_areServedWhereTheyAreAskedFor_OBS_02", edits: []edit{
		{"internal/operations/operations.go", "if o.Profiles {", "if o.Profiles || o.Registry != nil {"},
	}},
	{attacks: "OBS-02", pkg: "internal/operations", test: "TestProfiles_areServedWhereTheyAreAskedFor_OBS_02", says: "arguments", edits: []edit{
		{"internal/operations/profiles.go", "func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }", "pprof.Cmdline"},
	}},
	{attacks: "OBS-03", pkg: "internal/operations", test: "TestDetail_saysSinceWhenAndOnlyTheClassOfErrors_OBS_03", edits: []edit{
		{"internal/operations/detail.go", "Class: breaker.Class(err)", "Class: err.Error()"},
	}},
	{attacks: "OBS-04", pkg: "storage", test: "TestSurvey_isAskedForOnceInAWhileAndWaitedForByNobody_OBS_04", edits: []edit{
		{"storage/survey.go", "!p.running && now.Sub(p.tried) >= p.every", "!p.running || now.Sub(p.tried) < p.every"},
	}},
	{attacks: "OBS-06", pkg: "cmd/plinto", test: "TestMetrics_ofAServerThatIsUsed_OBS_05", says: "recovery_code", edits: []edit{
		{"storage/internal/pg/db.go", "			if w.done {\n				f()\n			}", "			f()"},
	}},
}
