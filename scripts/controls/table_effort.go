package main

const (
	effortFile  = "identity/effort/effort.go"
	effortPages = "pages/signin"
)

// efforts are the controls of what is demanded before a limit refuses.
var efforts = []control{
	{attacks: "PWD-28", pkg: effortPages, test: "TestEffort_isDemandedBeforeARefusal", edits: []edit{
		{guessFile, "name.Key, p.Limiter.Strain(", "name.Key, 0*p.Limiter.Strain("},
	}},
	{attacks: "PWD-28", pkg: effortPages, test: "TestEffort_isDemandedForANameAndNotOfItsOwner", edits: []edit{
		{guessFile, "_ = p.Limiter.Verdict(ctx, false, g.name)", "_ = g.name"},
	}},
	{attacks: "PWD-28", pkg: effortPages, test: "TestEffort_passesNoLimit", edits: []edit{
		{guessFile, "if wait := p.Limiter.Wait(ctx, buckets...); wait > 0 {", "if wait := p.Limiter.Wait(ctx, buckets...); wait > 0 && try.Effort.Challenge == \"\" {"},
		{guessFile, "case good && wait == 0 && stands:", "case good && stands:"},
		{guessFile, "if wait > 0 {\n\t\treturn ErrThrottled.After(wait)\n\t}\n\treturn ErrRefused", "return ErrRefused"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/spent", edits: []edit{
		{effortFile, "case !first:", "case !first && false:"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/another_tenant", edits: []edit{
		{effortFile, "secret.MAC(s.key, tenant.Must(ctx).ID.String(), browser,", "secret.MAC(s.key, browser,"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/another_account", edits: []edit{
		{effortFile, "browser, purpose, name, string(head))", "browser, purpose, string(head))"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/expired", edits: []edit{
		{effortFile, "now.After(c.expires())", "false"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/too_easy", edits: []edit{
		{effortFile, ">= zeros", ">= zeros-4"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/early", edits: []edit{
		{effortFile, "case e.Work == \"\" && now.Before(c.ready()):", "case false:"},
	}},
	{attacks: "PWD-28", pkg: "identity/effort", test: "TestDemand_takesAnEffortOnceForWhatItWasMadeFor", says: "/forged", edits: []edit{
		{effortFile, "if !hmac.Equal(mac, s.mac(ctx, e.Browser, purpose, name, head)) {", "if false {"},
		{effortFile, "head, mac := raw[:headSize], raw[headSize:]", "head, mac := append([]byte(nil), raw[:headSize]...), raw[headSize:]\n\t_, _ = mac, hmac.Equal\n\tbinary.BigEndian.PutUint64(head[nonceSize:], uint64(s.Now().Unix()))\n\thead[headSize-1] = 1"},
	}},
	{attacks: "PWD-28", pkg: "storage", test: "TestEfforts_areSpentOnce", edits: []edit{
		{"storage/efforts.go", "return spent > 0,", "return spent >= 0,"},
	}},
}
