package main

const (
	flowFile    = "pages/browser/flow.go"
	consentFile = "pages/consent/handler.go"
)

// codes are the controls of attacks on codes, PKCE and the flow in front of them.
var codes = []control{
	{attacks: "COD-01", pkg: engineTests, test: "TestCode_cannotBeSpentTwiceAndTheSecondTryRevokesWhatTheFirstGot", edits: []edit{
		{grantsFile, "if !errors.Is(err, provider.ErrCodeSpent) {", "if err != nil || !errors.Is(err, provider.ErrCodeSpent) {"},
	}},
	{attacks: "COD-01", pkg: "storage", test: "TestCode_spentAgainRevokesForGood", edits: []edit{
		{grantsFile, "provider.ErrCodeSpent.With(fault.ErrRecorded)", "provider.ErrCodeSpent.With(fault.NotFound)"},
	}},
	{attacks: "COD-02", pkg: engineTests, test: "TestCode_raceHasOneWinnerAndTheOthersAreRefused_F13", edits: []edit{
		{codesFile, "AND codes.spent_at IS NULL AND", "AND"},
	}},
	{attacks: "COD-02", pkg: "storage", test: "TestCode_cannotBeSpentTwiceAtOnce", edits: []edit{
		{codesFile, "AND codes.spent_at IS NULL AND", "AND (SELECT spent_at FROM codes c WHERE c.hash = @hash) IS NULL AND"},
	}},
	{attacks: "COD-02", pkg: serverTests, test: "TestCode_isRedeemedOnceAcrossInstances", edits: []edit{
		{codesFile, "AND codes.spent_at IS NULL AND", "AND"},
	}},
	{attacks: "COD-04", pkg: "storage", test: "TestCode_isRefusedWhenWhatItStandsOnIsGone", says: "expired", edits: []edit{
		{codesFile, "AND (codes.expires_at > now()) IS TRUE AND EXISTS", "AND EXISTS"},
	}},
	{attacks: "COD-04", pkg: engineTests, test: "TestCode_livesForAMinute", edits: []edit{
		{"provider/engine/engine.go", "const codeTTL = 60 * time.Second", "const codeTTL = 15 * time.Minute"},
	}},
	{attacks: "COD-07", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "no challenge (COD-07)", edits: []edit{
		{checksFile, `if d.Request.Answers("code") && d.Client.NeedsPKCE(d.tenant.Settings.RequirePKCE) {`, `if false {`},
	}},
	{attacks: "COD-07", pkg: "provider/authorize", test: "TestPKCE_isNeededWhereTheTenantSaysSo", edits: []edit{
		{checksFile, `d.Client.NeedsPKCE(d.tenant.Settings.RequirePKCE)`, `d.Client.NeedsPKCE(false)`},
	}},
	{attacks: "COD-07", pkg: engineTests, test: "TestCheckRedemption_holdsTheRequestsAgainstEachOther", says: "no PKCE where it is needed", edits: []edit{
		{codeFile, `case code.Challenge == "" && pkce:`, `case false:`},
	}},
	{attacks: "COD-08", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "plain (COD-08)", edits: []edit{
		{checksFile, `if !slices.Contains(provider.ChallengeMethods, method) {`, `if !slices.Contains(provider.ChallengeMethods, method) && method != "plain" {`},
	}},
	{attacks: "COD-08", pkg: "provider/authorize", test: "TestAuthorize_errorsGoToTheClient", says: "method left out (COD-08)", edits: []edit{
		{checksFile, `if !slices.Contains(provider.ChallengeMethods, method) {`, `if !slices.Contains(provider.ChallengeMethods, method) && method != "" {`},
	}},
	{attacks: "COD-10", pkg: engineTests, test: "TestCheckRedemption_holdsTheRequestsAgainstEachOther", says: "42 characters", edits: []edit{
		{codeFile, "case !wellFormedVerifier(verifier):", "case false:"},
	}},
	{attacks: "COD-11", pkg: engineTests, test: "TestPKCE_aWrongVerifierBurnsTheCode_F1", edits: []edit{
		{codeFile, "if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(code.Challenge)) != 1 {", "if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(code.Challenge)) > 1 {"},
	}},
	{attacks: "COD-11", pkg: engineTests, test: "TestCheckRedemption_holdsTheRequestsAgainstEachOther", says: "verifier without challenge", edits: []edit{
		{codeFile, `case code.Challenge == "" && verifier != "":`, `case false:`},
	}},
	{attacks: "COD-14", pkg: "provider/token", test: "TestToken_takesUrlencodedPostsOnly", says: "415 invalid_request", edits: []edit{
		{formFile, "if !urlencoded(r.Header) {", "if false {"},
	}},
	{attacks: "COD-14", pkg: "provider/token", test: "TestToken_takesUrlencodedPostsOnly", says: "GET: ", edits: []edit{
		{"provider/token/handler.go", `web.AllowCrossOrigin(w, r, "POST")`, `web.AllowCrossOrigin(w, r, "POST, GET")`},
	}},
	{attacks: "COD-15", pkg: serverTests, test: "TestPages_haveTheirHeaders", says: "Referrer-Policy", edits: []edit{
		{headersFile, `h["Referrer-Policy"] = sameOrigin`, `_ = sameOrigin`},
	}},
	{attacks: "COD-15", pkg: conformanceTests, test: "TestAnswers_inTheirDetails", says: "a redirect", edits: []edit{
		{"provider/authorize/respond.go", `header.Set("Referrer-Policy", "no-referrer")`, `_ = header`},
		{"pages/browser/browser.go", `h.Set("Referrer-Policy", "no-referrer")`, `_ = h`},
	}},
	{attacks: "COD-16", pkg: engineTests, test: "TestCode_guessingIsThrottled", edits: []edit{
		{codeFile, "case errors.Is(err, provider.ErrCodeUnknown):\n\t\treturn g.guessed(ctx, c, err)", "case errors.Is(err, provider.ErrCodeUnknown):"},
		{codeFile, "return g.guessed(ctx, c, provider.ErrCodeUnknown)", "return provider.ErrCodeUnknown"},
	}},
	{attacks: "COD-16", pkg: "internal/secret", test: "TestToken_isRecognisedAndUnique", edits: []edit{
		{"internal/secret/token.go", "_, _ = rand.Read(b[:]) // never fails (crypto/rand)", "_ = rand.Read"},
	}},
	{attacks: "COD-17", pkg: "provider/authorize", test: "TestFlow_isWorthNothingInAnotherBrowser", edits: []edit{
		// The flow kept by the server, found by whoever names it.
		{flowFile, "// NewCSRF returns", "var kept sync.Map\n\n// NewCSRF returns"},
		{flowFile, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"sync\"\n"},
		{flowFile, "text, ok := b.scope(r).Read(r, flowName(id))", "text, ok := b.scope(r).Read(r, flowName(id))\n\tif found, there := kept.Load(id); !ok && there {\n\t\ttext, ok = found.(string), true\n\t}"},
		{flowFile, "if b.makeRoom(w, r, flow.ID, len(cookie)) {", "kept.Store(flow.ID, cookie)\n\tif b.makeRoom(w, r, flow.ID, len(cookie)) {"},
	}},
	{attacks: "COD-18", pkg: serverTests, test: "TestFlow_twoTabsAnswerTheirOwnClients", edits: []edit{
		// One flow a browser, whatever the form says.
		{flowFile, `b.Box.Open(sealed, "flow", tenant.Must(r.Context()).ID.String(), id.String())`, `b.Box.Open(sealed, "flow", tenant.Must(r.Context()).ID.String())`},
		{flowFile, `b.Box.Seal(writeFlow(flow), "flow", tenant.Must(r.Context()).ID.String(), flow.ID.String())`, `b.Box.Seal(writeFlow(flow), "flow", tenant.Must(r.Context()).ID.String())`},
		{flowFile, "err != nil || flow.ID != id {", "err != nil {"},
		{flowFile, `func flowName(id uuid.UUID) string { return flowBase + "_" + hex.EncodeToString(id[:]) }`, `func flowName(uuid.UUID) string { return flowBase + "_" + hex.EncodeToString(nil) }`},
		{flowFile, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) != 1 {`, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) > 1 {`},
	}},
	{attacks: "COD-19", pkg: engineTests, test: "TestCode_flowGetsOneCodeOnly", edits: []edit{
		{"provider/engine/authorize.go", "FlowID: in.FlowID,", "FlowID: uuid.New(),"},
	}},
	{attacks: "COD-19", pkg: "provider/authorize", test: "TestFlow_givesOneCodeOnly", edits: []edit{
		{"provider/engine/authorize.go", "FlowID: in.FlowID,", "FlowID: uuid.New(),"},
		{"pages/browser/browser.go", "\tb.DropFlow(w, r, flow)\n\treturn move.Answer", "\treturn move.Answer"},
	}},
	{attacks: "COD-20 SES-13", pkg: "pages/consent", test: "TestConsent_isTheAnswerOfWhoWasAsked", edits: []edit{
		{consentFile, "if session == nil || session.UserID != v.Flow.UserID {", "if session == nil {"},
		{"provider/flow.go", "if f.Switch || f.UserID != uuid.Nil && f.UserID != s.UserID {", "if f.Switch {"},
	}},
	{attacks: "COD-21", pkg: serverTests, test: "TestCodes_ofOneUserAreLimited", says: "after 2000 codes", edits: []edit{
		{throttleFile, "\tif in.Last {", "\tif in.Request != nil {"},
	}},
	{attacks: "COD-22", pkg: "storage", test: "TestCleanup_endsGrantsOfCodesThatNobodyRedeemed", says: "never redeemed", edits: []edit{
		{"storage/cleanups.go", "sole AND spent_at IS NULL AND expires_at < now() - interval '30 minutes' ORDER", "false AND spent_at IS NULL AND expires_at < now() - interval '30 minutes' ORDER"},
	}},
	{attacks: "COD-22", pkg: "storage", test: "TestCleanup_endsGrantsOfCodesThatNobodyRedeemed", says: "never redeemed", edits: []edit{ // the flow would get another code
		{"storage/cleanups.go", "expires_at < now() - interval '30 minutes' ORDER", "expires_at < now() ORDER"},
	}},
	{attacks: "COD-22", pkg: "storage", test: "TestCleanup_endsGrantsOfCodesThatNobodyRedeemed", says: "redeemed: got", edits: []edit{
		{"storage/cleanups.go", "AND sole AND spent_at IS NULL AND expires_at", "AND sole AND expires_at"},
	}},
	{attacks: "COD-22", pkg: "storage", test: "TestCleanup_endsGrantsOfCodesThatNobodyRedeemed", says: "answered with more", edits: []edit{
		{"storage/cleanups.go", "AND sole AND spent_at IS NULL AND expires_at", "AND spent_at IS NULL AND expires_at"},
	}},
	{attacks: "COD-22", pkg: "storage", test: "TestCleanup_takesNoCodeAwayFromItsGrant", edits: []edit{
		{"storage/cleanups.go", " AND NOT (sole AND spent_at IS NULL) ORDER", " ORDER"},
	}},
	{attacks: "COD-22", pkg: serverTests, test: "TestCodes_ofOneUserAreLimited", says: "as if more was answered", edits: []edit{
		{"provider/engine/authorize.go", "Sole: in.Request.ResponseType == \"code\",", "Sole: false,"},
	}},
	{attacks: "COD-22", pkg: serverTests, test: "TestCode_besideTokensIsNotAllThatWasAnswered", edits: []edit{
		{"provider/engine/authorize.go", "Sole: in.Request.ResponseType == \"code\",", "Sole: true,"},
	}},
}
