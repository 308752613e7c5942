package main

// deployments are the controls of what comes in from outside with a build.
var deployments = []control{
	{attacks: "DEP-01", pkg: "scripts/vuln", test: "TestVEX_explainsWhatIsFoundAndNothingElse_DEP_01", edits: []edit{
		{"scripts/vuln/vex.go", "problems = append(problems, \"nothing explains \"+f.String())\n", ""},
	}},
	{attacks: "DEP-01", pkg: "scripts/vuln", test: "TestVEX_explainsWhatIsFoundAndNothingElse_DEP_01", says: "is explained, and not found", edits: []edit{
		{"scripts/vuln/vex.go", "if !used[i] {", "if !used[i] && i < 0 {"},
	}},
	{attacks: "DEP-02", pkg: "scripts/vuln", test: "TestVEX_explainsWhatIsFoundAndNothingElse_DEP_01", says: "GO-2026-0002 says", edits: []edit{
		{"scripts/vuln/vex.go", "case !slices.Contains(justifications[f.reach], s.Justification):", "case s.Justification == \"\":"},
	}},
	{attacks: "DEP-03", pkg: "scripts/vuln", test: "TestReport_isNeededWhole", says: "nothing: it was taken", edits: []edit{
		{"scripts/vuln/report.go", "if rep.goVersion == \"\" {", "if rep.goVersion == \"\" && rep.found != nil {"},
	}},
	{attacks: "DEP-03", pkg: "scripts/vuln", test: "TestReport_isNeededWhole", says: "modules only", edits: []edit{
		{"scripts/vuln/report.go", " || m.Config.Level != \"symbol\"", ""},
	}},
}
