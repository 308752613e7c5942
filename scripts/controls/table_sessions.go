package main

const (
	cookieFile        = "internal/web/cookie.go"
	decideFile        = "provider/flow.go"
	authenticatorFile = "identity/authenticator.go"
	sessionsFile      = "storage/sessions.go"
)

// consents are the controls of attacks on consent, on signing out, and by frames.
var consents = []control{
	{attacks: "CON-01", pkg: "provider", test: "TestFlowNext_decides", edits: []edit{
		{decideFile, "return Decision{StepRefuse, \"consent_required\"}", "return Decision{Step: StepRespond}"},
	}},
	{attacks: "CON-01", pkg: serverTests, test: "TestConsent_takenBackEndsWhatItGave", says: "a silent request", edits: []edit{
		{decideFile, "return Decision{StepRefuse, \"consent_required\"}", "return Decision{Step: StepRespond}"},
	}},
	{attacks: "CON-02", pkg: serverTests, test: "TestConsent_isRememberedPerClientAndScopes", edits: []edit{
		{consentFile, "err = h.allow(r, flow, session)", "flow.Request.Scopes = append(flow.Request.Scopes, strings.Fields(form.Get(\"scope\"))...)\n\t\terr = h.allow(r, flow, session)"},
		{consentFile, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"strings\"\n"},
	}},
	{attacks: "CON-03 SES-04", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "consent × cross-site", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return next"},
	}},
	{attacks: "CON-03 SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "consent × no headers, no csrf", edits: []edit{
		{flowFile, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) != 1 {`, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) > 1 {`},
	}},
	{attacks: "CON-04", pkg: serverTests, test: "TestAuthorize_nativeApps", edits: []edit{
		{decideFile, "if facts.Client.Public() && privateScheme(f.Request.RedirectURI) {", "if false && privateScheme(f.Request.RedirectURI) {"},
	}},
	{attacks: "CON-05", pkg: serverTests, test: "TestPages_haveTheirHeaders", says: "X-Frame-Options", edits: []edit{
		{headersFile, `h["X-Frame-Options"] = deny`, `_ = deny`},
	}},
	{attacks: "CON-05", pkg: serverTests, test: "TestPages_haveTheirHeaders", says: "frame-ancestors", edits: []edit{
		{headersFile, `"frame-src "+framed+"; frame-ancestors 'none'; base-uri 'none'`, `"frame-src "+framed+"; base-uri 'none'`},
	}},
	{attacks: "CON-05", pkg: serverTests, test: "TestPages_haveTheirHeaders", says: "Cross-Origin-Opener-Policy", edits: []edit{
		{headersFile, `h["Cross-Origin-Opener-Policy"] = sameOrigin`, `_ = sameOrigin`},
	}},
	{attacks: "CON-09", pkg: serverTests, test: "TestConsent_showsWhereItGoesAndEveryScope", says: "answer goes to", edits: []edit{
		{consentFile, "RedirectHost: browser.RedirectHost(flow.Request.RedirectURI),", "RedirectHost: browser.RedirectHost(client.ClientURI),"},
	}},
	{attacks: "CON-09", pkg: serverTests, test: "TestConsent_showsWhereItGoesAndEveryScope", says: "scopes are shown", edits: []edit{
		{consentFile, "for _, s := range scopes {", "for _, s := range scopes[:min(len(scopes), 10)] {"},
	}},
	{attacks: "CON-10", pkg: serverTests, test: "TestConsent_takenBackEndsWhatItGave", says: "a silent request", edits: []edit{
		{"storage/consents.go", "DELETE FROM consents WHERE user_id = $1 AND (client_id = $2) IS TRUE", "UPDATE consents SET granted_at = now() WHERE user_id = $1 AND (client_id = $2) IS TRUE"},
	}},
}

// sessions are the controls of attacks on sessions and cookies, and across sites.
var sessions = []control{
	{attacks: "SES-01 SES-03", pkg: serverTests, test: "TestSession_tokenIsReplacedByEverySignIn", edits: []edit{
		{authenticatorFile, "if current != nil && current.UserID == s.UserID {", "if current != nil {\n\t\treturn a.Sessions.Create(ctx, *s)\n\t}\n\tif current != nil && current.UserID == s.UserID {"},
	}},
	{attacks: "SES-01", pkg: "storage", test: "TestSession_renewedGoesOnUnderItsNewTokenOnly", edits: []edit{
		{sessionsFile, "WHERE s.id = @id AND s.token_hash = @old\n", "WHERE s.id = @id AND @old::bytea IS NOT NULL\n"},
	}},
	{attacks: "SES-02", pkg: "internal/web", test: "TestCookies_thatContradictEachOtherAreIgnored", edits: []edit{
		{cookieFile, "if c.Value != found[0].Value {", "if c == nil {"},
	}},
	{attacks: "SES-02 SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, `return "__Host-" + base`, `return base`},
	}},
	{attacks: "SES-03", pkg: "cmd/plinto/manifest", test: "TestApply_aNewPasswordEndsSessions", edits: []edit{
		{"cmd/plinto/manifest/plan_user.go", "if w.ends || w.encoded != \"\" {", "if w.ends {"},
	}},
	{attacks: "SES-04", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "login × same-site", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return next"},
	}},
	{attacks: "SES-04", pkg: "internal/web", test: "TestSameSiteForms_refusesForeignPosts", says: "\"null\": 204", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\tif r.Header.Get(\"Origin\") == \"null\" {\n\t\t\tr.Header.Del(\"Origin\")\n\t\t}\n\t\tprotection.Handler(next).ServeHTTP(w, r)\n\t})"},
	}},
	{attacks: "SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "logout × no headers, no csrf", edits: []edit{
		{"provider/logout/handler.go", "if !h.Browser.SessionCSRFValid(r, session, form.Get(\"csrf\")) {", "if false {"},
	}},
	{attacks: "SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "setup × no headers, no csrf", edits: []edit{
		{"provider/setup/handler.go", "if !secret.Equal([]byte(h.csrf(r)), []byte(form.Get(\"csrf\"))) {", "if false {"},
	}},
	{attacks: "SES-07", pkg: serverTests, test: "TestGET_changesNoRows", edits: []edit{
		{"provider/logout/handler.go", "view := ui.LogoutConfirmView{", "if r.URL.Query().Get(\"logout\") == \"yes\" {\n\t\treturn h.end(w, r, session, v)\n\t}\n\tview := ui.LogoutConfirmView{"},
	}},
	{attacks: "SES-08", pkg: serverTests, test: "TestForms_haveNoOtherSpelling", edits: []edit{
		{"cmd/plinto/app/handler.go", "outer := web.Recover(web.StrictPath(inner))", "outer := web.Recover(inner)"},
	}},
	{attacks: "SES-09", pkg: "storage", test: "TestSession_expiresByTheClockOfTheDatabase", says: "absolute", edits: []edit{
		{sessionsFile, "s.ended_at IS NULL AND (s.expires_at > now()) IS TRUE AND s.seen_at + s.idle_ttl > now()", "s.ended_at IS NULL AND s.seen_at + s.idle_ttl > now()"},
	}},
	{attacks: "SES-09", pkg: "storage", test: "TestSession_expiresByTheClockOfTheDatabase", says: "idle", edits: []edit{
		{sessionsFile, "AND (s.expires_at > now()) IS TRUE AND s.seen_at + s.idle_ttl > now()", "AND (s.expires_at > now()) IS TRUE"},
	}},
	{attacks: "SES-10", pkg: serverTests, test: "TestSession_endsForGood", says: "signed-out", edits: []edit{
		{"provider/logout/handler.go", "if err := h.Sessions.End(r.Context(), session.ID); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "SES-10", pkg: "storage", test: "TestSession_endedWhileRedisHangsIsNotReadFromItsCopy", edits: []edit{
		{"storage/hotcopy.go", "if err != nil || now.UnixNano() < h.distrusted.Load() {", "if err != nil {"},
	}},
	{attacks: "SES-10", pkg: serverTests, test: "TestPostgres_mayGoAndComeBack", says: "signing out", edits: []edit{
		{"provider/logout/handler.go", "if err := h.Sessions.End(r.Context(), session.ID); err != nil {", "if err := h.Sessions.End(r.Context(), session.ID); err != nil && false {"},
		{"provider/logout/handler.go", "frames, err := h.frames(r, session.ID)\n\tif err != nil {\n\t\treturn err\n\t}", "frames, _ := h.frames(r, session.ID)"},
	}},
	{attacks: "SES-11", pkg: serverTests, test: "TestUser_disabledIsOutEverywhere", says: "the session", edits: []edit{
		{sessionsFile, "AND s.created_at >= u.not_before AND u.disabled_at IS NULL", "AND s.created_at >= u.not_before"},
	}},
	{attacks: "SES-12", pkg: "storage", test: "TestSession_endRevokesWhatHangsOnIt", edits: []edit{
		{"storage/logout.go", "WHERE session_id = ANY($1) AND revoked_at IS NULL AND NOT offline", "WHERE session_id = ANY($1) AND revoked_at IS NULL AND false"},
	}},
	{attacks: "SES-13", pkg: "provider", test: "TestFlowNext_decides", edits: []edit{
		{decideFile, "if f.Switch || f.UserID != uuid.Nil && f.UserID != s.UserID {", "if f.Switch {"},
	}},
	{attacks: "SES-14", pkg: serverTests, test: "TestAuthorize_promptAndMaxAge", says: "prompt=login", edits: []edit{
		{decideFile, "if f.Request.Prompts(\"login\") || f.hintDiffers(facts) {", "if f.hintDiffers(facts) {"},
	}},
	{attacks: "SES-14", pkg: serverTests, test: "TestAuthorize_promptAndMaxAge", says: "max_age=0", edits: []edit{
		{decideFile, "return *max == 0 || age > *max", "return age > *max+5"},
	}},
	{attacks: "SES-14", pkg: serverTests, test: "TestAuthorize_promptAndMaxAge", says: "select_account", edits: []edit{
		{decideFile, "if (f.Request.Prompts(\"select_account\") || f.HasAccount) && !f.Chosen {", "if f.HasAccount && !f.Chosen {"},
	}},
	{attacks: "SES-14", pkg: serverTests, test: "TestAuthorize_idTokenHintOfAnotherUser", edits: []edit{
		{decideFile, "return f.Request.HintSubject != \"\" && f.Request.HintSubject != facts.Subject", "return false"},
	}},
	{attacks: "SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, "Name: s.Name(base), Value: value, Path: s.path(), MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,", "Name: s.Name(base), Value: value, Path: s.path(), MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true, SameSite: http.SameSiteNoneMode,"},
	}},
	{attacks: "SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, "Name: s.Name(base), Value: value, Path: s.path(), MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true,", "Name: s.Name(base), Value: value, Path: s.path(), MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure,"},
	}},
	{attacks: "SES-17", pkg: "provider/token", test: "TestToken_isReadableByThePagesOfTheClientOnly", says: "evil.example", edits: []edit{
		{"internal/web/cors.go", "if usableOrigin(origin) && among(allowed, origin) {", "if usableOrigin(origin) {"},
	}},
	{attacks: "SES-17", pkg: "internal/web", test: "TestCORS_neverAllowsNullOrCredentials", says: "null", edits: []edit{
		{"internal/web/cors.go", "if usableOrigin(origin) && among(allowed, origin) {", "if among(allowed, origin) {"},
	}},
	{attacks: "SES-17", pkg: serverTests, test: "TestCORS_isForRegisteredOrigins", edits: []edit{
		{"internal/web/cors.go", `h.Set("Access-Control-Allow-Origin", origin)
		h["Access-Control-Expose-Headers"]`, `h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h["Access-Control-Expose-Headers"]`},
	}},
	{attacks: "SES-17", pkg: "internal/web", test: "TestPreflight_repeatsTheHeadersAskedForAndNothingElse", edits: []edit{
		{"internal/web/cors.go", "len(asked) == 1 && headerNames(asked[0])", "len(asked) == 1 && asked[0] != \"\""},
	}},
	{attacks: "SES-18", pkg: serverTests, test: "TestSession_endsForGood", says: "changed token", edits: []edit{
		{"provider/browser/session.go", "if !ok || !secret.WellFormed(identity.SessionPrefix, token) {", "if !ok || len(token) < 20 {"},
		{authenticatorFile, `return secret.Hash("session", id, token)`, `return secret.Hash("session", id, token[:20])`},
	}},
	{attacks: "SES-18", pkg: serverTests, test: "TestTenants_shareNothing", says: "session as", edits: []edit{
		{authenticatorFile, `return secret.Hash("session", id, token)`, `return secret.Hash("session", [16]byte{}, token)`},
		{coreSQL, "CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant())", "CREATE POLICY tenant ON %I TO plinto_app USING (true)"},
	}},
	{attacks: "SES-19", pkg: "storage", test: "TestSession_isTouchedOnceAMinuteAndByItsOwnTokenOnly", edits: []edit{
		{sessionsFile, "WHERE s.id = $1 AND s.token_hash = $2 AND s.ended_at IS NULL AND s.seen_at < now()", "WHERE s.id = $1 AND $2::bytea IS NOT NULL AND s.ended_at IS NULL AND s.seen_at < now()"},
	}},
}
