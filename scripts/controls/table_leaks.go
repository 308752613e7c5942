package main

// Files of leaks.
const (
	tracerFile  = "internal/tracing/tracer.go"
	pgSpansFile = "storage/internal/pg/tracing.go"
	otlpFile    = "internal/otlp/client.go"
)

// leaks are the controls of what operators, and whoever reads their logs and traces, get to see.
var leaks = []control{
	{attacks: "LEAK-01", pkg: serverTests, test: "TestTraces_haveNoArguments_LEAK_01", edits: []edit{
		{"storage/redisspans.go", "name = strings.ToUpper(all[0].Name())", "name = all[0].String()"},
	}},
	{attacks: "LEAK-01", pkg: serverTests, test: "TestTraces_haveNoArguments_LEAK_01", edits: []edit{
		{pgSpansFile, "if said := describe(q.SQL); said.summary != \"\" {", "if said := describe(q.SQL); said.summary != \"\" {\n\t\t\tsaid.text += fmt.Sprint(q.Arguments...)"},
		{pgSpansFile, "\t\"errors\"\n", "\t\"errors\"\n\t\"fmt\"\n"},
	}},
	{attacks: "LEAK-01", pkg: serverTests, test: "TestTraces_showWhatARequestDidAndCaused", edits: []edit{
		{"internal/egress/tracing.go", "tracing.String(\"server.address\", r.URL.Hostname())", "tracing.String(\"server.address\", r.URL.Hostname()), tracing.String(\"url.full\", r.URL.String())"},
	}},
	{attacks: "LEAK-02", pkg: "internal/tracing", test: "TestRequest_takesTheWordOfNoStranger_LEAK_02", edits: []edit{
		{tracerFile, "case t.parent && trusted():", "case t.parent:"},
	}},
	{attacks: "LEAK-02", pkg: "internal/tracing", test: "TestRequest_takesTheWordOfNoStranger_LEAK_02", edits: []edit{
		{tracerFile, "case t.parent && trusted():", "case trusted():"},
	}},
	{attacks: "LEAK-03", pkg: serverTests, test: "TestLog_hasNoPathThatNoRouteFits_LEAK_03", edits: []edit{
		{"internal/web/log.go", "cmp.Or(Route(r), NoRoute)", "cmp.Or(Route(r), r.URL.Path)"},
	}},
	{attacks: "LEAK-04", pkg: "internal/logs", test: "TestRedact_takesSecretsOutOfLines_LEAK_04", edits: []edit{
		{"internal/logs/redact.go", "text = mails.ReplaceAllLiteralString(text, address)", ""},
	}},
	{attacks: "LEAK-04", pkg: "internal/logs", test: "TestRedact_takesSecretsOutOfLines_LEAK_04", edits: []edit{
		{"internal/logs/redact.go", "\tcase slog.KindAny:\n\t\twritten := text(a.Value.Any())\n\t\tif clean := Clean(written); clean != written {", "\tcase slog.KindAny:\n\t\twritten := text(a.Value.Any())\n\t\tif clean := Clean(written); clean == \"\" {"},
	}},
	{attacks: "LEAK-04", pkg: "internal/logs", test: "TestClean_knowsEveryPrefixOfTheSource_LEAK_04", edits: []edit{
		{"internal/secret/form.go", "|whsec_[A-Za-z0-9+/=_-]{16,}|", "|"},
	}},
	{attacks: "LEAK-04", pkg: "cmd/plinto", test: "TestLogger_takesSecretsOutOfLines_LEAK_04", edits: []edit{
		{"cmd/plinto/serve.go", "logs.InContext(logs.Redact(h))", "logs.InContext(h)"},
	}},
	{attacks: "LEAK-05", pkg: "internal/otlp", test: "TestProvider_waitsForNoCollector_LEAK_05", edits: []edit{
		{"internal/otlp/provider.go", "if q.waiting.Add(1) > q.most {", "if q.waiting.Add(1) < 0 {"},
	}},
	{attacks: "LEAK-06", pkg: "internal/otlp", test: "TestProvider_followsNoRedirect_LEAK_06", edits: []edit{
		{otlpFile, "c.transport.RoundTrip(r)", "http.DefaultClient.Do(r)"},
	}},
	{attacks: "LEAK-07", pkg: "internal/tracing", test: "TestRequest_takesTheWordOfNoStranger_LEAK_02", edits: []edit{
		{tracerFile, "\t\tfrom := read(given[0])\n", "\t\tfrom := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header)))\n"},
	}},
	{attacks: "LEAK-08", pkg: "storage", test: "TestSpans_ofStatementsThatFailQuoteNothing_LEAK_08", edits: []edit{
		{pgSpansFile, "\t\tspan.Fail(refused.Code)\n", "\t\tspan.Fail(refused.Message)\n"},
	}},
	{attacks: "LEAK-09", pkg: "internal/web", test: "TestHandler_thatPanicsLogsNothingThatWasSent_LEAK_09", edits: []edit{
		{"internal/web/log.go", "attrs = append(attrs, slog.String(\"stack\", string(p.stack)))", "attrs = append(attrs, slog.String(\"stack\", string(p.stack)), slog.Any(\"header\", r.Header))"},
	}},
	{attacks: "LEAK-10", pkg: "storage/schema", test: "TestEnsureLogin_sendsNoPassword_LEAK_10", edits: []edit{
		{"storage/schema/roles.go", "scramVerifier(login.Password.Reveal())", "login.Password.Reveal(), error(nil)"},
	}},
}
