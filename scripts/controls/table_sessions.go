package main

const (
	cookieFile   = "internal/web/cookie.go"
	decideFile   = "provider/flow.go"
	acrFile      = "tenant/acr.go"
	starterFile  = "identity/starter.go"
	sessionsFile = "storage/sessions.go"
	consentRules = "provider/consent.go"
	targetFile   = "provider/target.go"
)

// consents are the controls of attacks on consent, on signing out, and by frames.
var consents = []control{
	{attacks: "SES-23", pkg: "tenant", test: "TestACRLevels_answerWhatTheClientAskedForAndTheSignInReached", says: "takes more by now", edits: []edit{
		{acrFile, "if i >= 0 && !l.orDefault()[i].metBy(amr) {", "if false {"},
	}},
	{attacks: "SES-23", pkg: serverTests, test: "TestACRLevels_changedUnderASessionAreAskedForAgain", says: "want none", edits: []edit{
		{"provider/engine/authorize.go", "t.Settings.ACRLevels.Answer(in.Session.ACR, in.Session.AMR, in.Request.ACRValues)", "in.Session.ACR"},
	}},
	{attacks: "SES-23", pkg: serverTests, test: "TestACRLevels_changedUnderASessionAreAskedForAgain", says: "want login_required", edits: []edit{
		{acrFile, "if i := l.index(want); i <= reached {", "if i := l.index(want); i <= max(0, reached) {"},
	}},
	{attacks: "SES-23", pkg: "cmd/plinto/manifest", test: "TestACRLevels_thatCannotWorkAreRefused", says: "takes less", edits: []edit{
		{"provider/settings/signin.go", "if len(level.AMR) < len(lower.AMR) && within(level.AMR, lower.AMR) {", "if false {"},
	}},
	{attacks: "CON-01", pkg: "provider", test: "TestFlowNext_decides", edits: []edit{
		{decideFile, "needed: (*Flow).needsConsent", "needed: func(f *Flow, facts Facts) bool { return !f.Request.Prompts(\"none\") && f.needsConsent(facts) }"},
	}},
	{attacks: "CON-01", pkg: serverTests, test: "TestConsent_takenBackEndsWhatItGave", says: "a silent request", edits: []edit{
		{decideFile, "needed: (*Flow).needsConsent", "needed: func(f *Flow, facts Facts) bool { return !f.Request.Prompts(\"none\") && f.needsConsent(facts) }"},
	}},
	{attacks: "CON-02", pkg: "pages/consent", test: "TestConsent_isRememberedPerClientAndScopes", edits: []edit{
		{consentFile, "v.Flow.UserID, v.Flow.Consented =", "for _, s := range strings.Fields(v.Form.Get(\"scope\")) {\n\t\tq.asked.Permissions = append(q.asked.Permissions, provider.Permission{Scope: s})\n\t}\n\tv.Flow.UserID, v.Flow.Consented ="},
		{consentFile, "\t\"net/http\"\n", "\t\"net/http\"\n\t\"strings\"\n"},
	}},
	{attacks: "CON-03 SES-04", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "consent × cross-site", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return next"},
	}},
	{attacks: "CON-03 SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "consent × no headers, no csrf", edits: []edit{
		{flowFile, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) != 1 {`, `if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) > 1 {`},
	}},
	{attacks: "CON-04", pkg: serverTests, test: "TestNativeApps_areAskedForEveryTime", says: "com.example.app:/cb: a silent request", edits: []edit{
		{decideFile, "return facts.impersonable(&f.Request) || !facts.Consent.Covers(&facts.Asked)", "return !facts.Consent.Covers(&facts.Asked)"},
		{consentFile, "remember := !q.client.Impersonable(v.Flow.Request.RedirectURI) || h.Development", "remember := true"},
	}},
	{attacks: "CON-04", pkg: serverTests, test: "TestNativeApps_areAskedForEveryTime", says: "127.0.0.1/cb: a silent request", edits: []edit{
		{"provider/native.go", "return c.Public() && (privateScheme(redirectURI) || onLoopback(redirectURI))", "return c.Public() && privateScheme(redirectURI)"},
	}},
	{attacks: "CON-04", pkg: serverTests, test: "TestNativeApps_areAskedForEveryTime", says: "the tenant's own: a session alone was enough", edits: []edit{
		{decideFile, "if !facts.Client.FirstParty || f.Chosen || f.Consented != \"\" || f.Request.Prompts(\"consent\") {", "if true {"},
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
	{attacks: "CON-09", pkg: "pages/consent", test: "TestConsent_showsWhereItGoesAndEveryScope", says: "answer goes to", edits: []edit{
		{consentFile, "User: browser.UserLabel(&q.user), RedirectHost: q.asked.RedirectHost,", "User: browser.UserLabel(&q.user), RedirectHost: provider.RedirectHost(q.client.ClientURI),"},
	}},
	{attacks: "CON-09", pkg: "pages/consent", test: "TestConsent_showsWhereItGoesAndEveryScope", says: "scopes are shown", edits: []edit{
		{consentFile, "for _, d := range described {", "for _, d := range described[:min(len(described), 10)] {"},
	}},
	{attacks: "CON-10", pkg: serverTests, test: "TestConsent_takenBackEndsWhatItGave", says: "a silent request", edits: []edit{
		{"storage/consents.go", "DELETE FROM user_consents WHERE user_id = $1 AND (client_id = $2) IS TRUE", "UPDATE user_consents SET granted_at = now() WHERE user_id = $1 AND (client_id = $2) IS TRUE"},
	}},
	{attacks: "CON-11", pkg: "provider", test: "TestConsent_coversWhatWasShownAndNothingElse", says: "another name", edits: []edit{
		{consentRules, "parts := []string{q.Name, q.LogoURI,", "parts := []string{q.LogoURI,"},
	}},
	{attacks: "CON-11", pkg: "provider", test: "TestConsent_coversWhatWasShownAndNothingElse", says: "the scope elsewhere", edits: []edit{
		{consentRules, "!slices.Contains(c.Permissions, p) })", "!slices.ContainsFunc(c.Permissions, func(o Permission) bool { return o.Scope == p.Scope }) })"},
	}},
	{attacks: "CON-11", pkg: "pages/consent", test: "TestConsent_isForTheHostThatWasShown", says: "second.example", edits: []edit{
		{consentRules, "q.TosURI, q.RedirectHost, q.SubjectType, q.Sector}", "q.TosURI, q.SubjectType, q.Sector}"},
	}},
	{attacks: "CON-11", pkg: "pages/consent", test: "TestConsent_isAskedAgainAfterWhatThePageShowedChanged", says: "redirect URIs: a silent request", edits: []edit{
		{consentRules, "q.TosURI, q.RedirectHost, q.SubjectType, q.Sector}", "q.TosURI, q.SubjectType, q.Sector}"},
		{"provider/sector.go", "sector = sectorOf(before.ClientID, m)\n\treturn sector, sector != before.Sector()", "sector = sectorOf(before.ClientID, m)\n\treturn sector, false"},
	}},
	{attacks: "CON-11", pkg: "storage", test: "TestConsent_isKeptPerPageThatWasShown", says: "is there", edits: []edit{
		{"storage/consents.go", "ORDER BY granted_at DESC, shown OFFSET $3)`", "ORDER BY granted_at, shown OFFSET $3)`"},
	}},
	{attacks: "CON-12", pkg: "pages/consent", test: "TestConsent_isTheAnswerToWhatThePageShowed", says: "allowed a page that says something else", edits: []edit{
		{consentFile, "if v.Form.Get(\"shown\") != q.asked.Digest() {", "if v.Form.Get(\"shown\") == \"\" {"},
	}},
	{attacks: "CON-12", pkg: "pages/consent", test: "TestConsent_isTheAnswerToWhatThePageShowed", says: "changed after the answer", edits: []edit{
		{decideFile, "if f.Consented != \"\" && f.Consented == facts.Asked.Digest() {", "if f.Consented != \"\" {"},
	}},
	{attacks: "CON-13", pkg: "provider", test: "TestTargetOf_findsTheAudienceOfAToken", says: "none of its scopes", edits: []edit{
		{targetFile, "case !servers[at].meant(scopes):", "case false:"},
		{targetFile, "named && s.meant(scopes) ||", "named ||"},
	}},
	{attacks: "CON-13", pkg: "pages/consent", test: "TestConsent_showsEveryResourceServer", says: "the page shows", edits: []edit{
		{consentFile, "view.Resources = append(view.Resources,", "_ = append(view.Resources,"},
	}},
	{attacks: "CON-13", pkg: serverTests, test: "TestGrant_isNotForResourceServersThatCameLater", says: "the token is for", edits: []edit{
		{"provider/assembly/scopes.go", "d.Request.Resources, err = a.Scopes.Audience(", "_, err = a.Scopes.Audience("},
	}},
	{attacks: "CON-14", pkg: serverTests, test: "TestResources_areNotForClientsThatRegisteredThemselves", says: "nobody allowed it", edits: []edit{
		{"provider/scopes.go", "return !c.SelfRegistered || c.FirstParty ||", "return true || c.FirstParty ||"},
	}},
	{attacks: "CON-15", pkg: serverTests, test: "TestFlow_answersNoRedirectURIThatIsGone", says: "signed in", edits: []edit{
		{"dispatch/dispatch.go", "if !client.TakesRedirect(flow.Request.RedirectURI) {", "if client.TakesRedirect(\"\") {"},
	}},
	{attacks: "CON-15", pkg: serverTests, test: "TestFlow_answersNoRedirectURIThatIsGone", says: "cancelled", edits: []edit{
		{"dispatch/dispatch.go", "if !client.TakesRedirect(flow.Request.RedirectURI) {", "if client.TakesRedirect(\"\") {"},
	}},
	{attacks: "SUB-01", pkg: "storage", test: "TestClient_changeOfSubjectsEndsWhatWasGranted", says: "want it to end: true", edits: []edit{
		{"provider/registrar.go", "if others || !before.Public() && after.Public() {", "if !before.Public() && after.Public() {"},
	}},
	{attacks: "SUB-01", pkg: "storage", test: "TestClient_changeOfSubjectsEndsWhatWasGranted", says: "consents left", edits: []edit{
		{"provider/registrar.go", "if err := r.Consents.Forget(ctx, after.ID); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "SUB-01", pkg: "storage", test: "TestClient_sectorIsThatOfItsMetadata", edits: []edit{
		{"storage/clients.go", "sector = $4, updated_at = now()\n\t\t\tWHERE id = $1 AND version = $2`", "sector = coalesce(nullif(sector, ''), $4), updated_at = now()\n\t\t\tWHERE id = $1 AND version = $2`"},
	}},
	{attacks: "SUB-02", pkg: "cmd/plinto", test: "TestClient_sectorIsReadWhereverItIsDeclared", edits: []edit{
		{"cmd/plinto/client.go", "return i.CheckSector(ctx, &found, &client.Metadata)", "return nil"},
	}},
	{attacks: "SUB-02", pkg: "cmd/plinto", test: "TestClient_sectorIsReadWhereverItIsDeclared", edits: []edit{
		{"cmd/plinto/manifest/plan_client.go", "change.prepare = verify\n\t\ts.add(s.manage(", "s.add(s.manage("},
	}},
	{attacks: "SUB-03", pkg: "provider", test: "TestSectorChange_endsWhatChangesSubjects", says: "loopback", edits: []edit{
		{"provider/sector.go", "|| u.Host == \"\" || weburl.IsLoopback(u.Hostname()) {", "|| u.Host == \"\" {"},
		{"provider/sector.go", "u.Scheme != \"https\"", "u.Scheme == \"\""},
	}},
	{attacks: "SUB-03", pkg: "storage/schema", test: "TestMigration_keepsTheSectorsOfPairwiseClients", edits: []edit{
		{"migrations/0005_bind_consents.sql", "ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;", "ALTER TABLE clients FORCE ROW LEVEL SECURITY;"},
	}},
}

// sessions are the controls of attacks on sessions and cookies, and across sites.
var sessions = []control{
	{attacks: "SES-01 SES-03", pkg: serverTests, test: "TestSession_tokenIsReplacedByEverySignIn", edits: []edit{
		{starterFile, "if current != nil && current.UserID == next.UserID {", "if current != nil {\n\t\treturn s.Sessions.Create(ctx, *next)\n\t}\n\tif current != nil && current.UserID == next.UserID {"},
	}},
	{attacks: "SES-01", pkg: "storage", test: "TestSession_renewedGoesOnUnderItsNewTokenOnly", edits: []edit{
		{sessionsFile, "WHERE s.id = @id AND s.token_hash = @old\n", "WHERE s.id = @id AND @old::bytea IS NOT NULL\n"},
	}},
	{attacks: "SES-02", pkg: "internal/web", test: "TestCookies_thatContradictEachOtherAreIgnored", edits: []edit{
		{cookieFile, "if c.Value != found[0].Value {", "if c == nil {"},
	}},
	{attacks: "SES-02 SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, `return HostPrefix + base`, `return base`},
	}},
	{attacks: "SES-03", pkg: "cmd/plinto/manifest", test: "TestApply_aNewPasswordEndsSessions", edits: []edit{
		{"identity/directory.go", "ended, err := d.evict(ctx, id, keep, event.SessionPasswordChanged)\n\t\treturn event.PasswordChanged{Sessions: ended}, err", "return event.PasswordChanged{}, nil"},
	}},
	{attacks: "SES-04", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "login × same-site", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return next"},
	}},
	{attacks: "SES-04", pkg: "internal/web", test: "TestSameSiteForms_refusesForeignPosts", says: "\"null\": 204", edits: []edit{
		{"internal/web/guard.go", "return protection.Handler(next)", "return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {\n\t\tif r.Header.Get(\"Origin\") == \"null\" {\n\t\t\tr.Header.Del(\"Origin\")\n\t\t}\n\t\tprotection.Handler(next).ServeHTTP(w, r)\n\t})"},
	}},
	{attacks: "SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "logout × no headers, no csrf", edits: []edit{
		{"pages/logout/handler.go", "if !h.Browser.SessionCSRFValid(r, session, form.Get(\"csrf\")) {", "if false {"},
	}},
	{attacks: "SES-06", pkg: serverTests, test: "TestForms_ofOtherPagesAreRefused", says: "setup × no headers, no csrf", edits: []edit{
		{"pages/setup/handler.go", "if !secret.Equal([]byte(h.Browser.LinkCSRF(r, &link)), []byte(form.Get(\"csrf\"))) {", "if false {"},
	}},
	{attacks: "SES-07", pkg: serverTests, test: "TestGET_changesNoRows", edits: []edit{
		{"pages/logout/handler.go", "view := ui.LogoutConfirmView{", "if r.URL.Query().Get(\"logout\") == \"yes\" {\n\t\treturn h.end(w, r, session, q)\n\t}\n\tview := ui.LogoutConfirmView{"},
	}},
	{attacks: "SES-08", pkg: serverTests, test: "TestForms_haveNoOtherSpelling", edits: []edit{
		{"cmd/plinto/app/handler.go", "web.Observe(web.Recover(web.StrictPath(inner)), observers...)", "web.Observe(web.Recover(inner), observers...)"},
	}},
	{attacks: "SES-09", pkg: "storage", test: "TestSession_expiresByTheClockOfTheDatabase", says: "absolute", edits: []edit{
		{sessionsFile, "s.ended_at IS NULL AND (s.expires_at > now()) IS TRUE AND s.seen_at + s.idle_ttl > now()", "s.ended_at IS NULL AND s.seen_at + s.idle_ttl > now()"},
	}},
	{attacks: "SES-09", pkg: "storage", test: "TestSession_expiresByTheClockOfTheDatabase", says: "idle", edits: []edit{
		{sessionsFile, "AND (s.expires_at > now()) IS TRUE AND s.seen_at + s.idle_ttl > now()", "AND (s.expires_at > now()) IS TRUE"},
	}},
	{attacks: "SES-10", pkg: serverTests, test: "TestSession_endsForGood", says: "signed-out", edits: []edit{
		{"pages/logout/handler.go", "if err := h.Ender.End(r.Context(), session.ID, event.SessionLoggedOut); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "SES-10", pkg: "storage", test: "TestSession_endedWhileRedisHangsIsNotReadFromItsCopy", edits: []edit{
		{hotCopyFile, "h.box == nil || now.UnixNano() < h.distrusted.Load() ||", "h.box == nil ||"},
	}},
	{attacks: "SES-10", pkg: serverTests, test: "TestPostgres_mayGoAndComeBack", says: "signing out", edits: []edit{
		{"pages/logout/handler.go", "if err := h.Ender.End(r.Context(), session.ID, event.SessionLoggedOut); err != nil {", "if err := h.Ender.End(r.Context(), session.ID, event.SessionLoggedOut); err != nil && false {"},
		{"pages/logout/handler.go", "frames, err := h.frames(r, session.ID)\n\tif err != nil {\n\t\treturn err\n\t}", "frames, _ := h.frames(r, session.ID)"},
		{"pages/browser/session.go", "find := b.Sessions.Current\n", "find := b.Sessions.ByToken\n"},
	}},
	{attacks: "SES-11", pkg: serverTests, test: "TestUser_disabledIsOutEverywhere", says: "the session", edits: []edit{
		{sessionsFile, " AND coalesce(s.mark = u.not_before, s.created_at >= u.not_before) AND u.disabled_at IS NULL\n", " AND u.id IS NOT NULL\n"},
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
		{decideFile, "return (f.Request.Prompts(\"select_account\") || f.HasAccount) && !f.Chosen", "return f.HasAccount && !f.Chosen"},
	}},
	{attacks: "SES-14", pkg: serverTests, test: "TestAuthorize_idTokenHintOfAnotherUser", edits: []edit{
		{decideFile, "return f.Request.HintSubject != \"\" && f.Request.HintSubject != facts.Subject", "return false"},
	}},
	{attacks: "SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, "Name: s.Name(base), Value: value, Path: \"/\", MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,", "Name: s.Name(base), Value: value, Path: \"/\", MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true, SameSite: http.SameSiteNoneMode,"},
	}},
	{attacks: "SES-15", pkg: serverTests, test: "TestCookies_sayWhatTheyMust", edits: []edit{
		{cookieFile, "Name: s.Name(base), Value: value, Path: \"/\", MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure, HttpOnly: true,", "Name: s.Name(base), Value: value, Path: \"/\", MaxAge: int(life / time.Second),\n\t\tSecure: s.Secure,"},
	}},
	{attacks: "SES-17", pkg: "provider/token", test: "TestToken_isReadableByThePagesOfTheClientOnly", says: "evil.example", edits: []edit{
		{"internal/web/cors.go", "if usableOrigin(origin) && slices.Contains(allowed, origin) {", "if usableOrigin(origin) || slices.Contains(allowed, origin) {"},
	}},
	{attacks: "SES-17", pkg: "internal/web", test: "TestCORS_neverAllowsNullOrCredentials", says: "null", edits: []edit{
		{"internal/web/cors.go", "if usableOrigin(origin) && slices.Contains(allowed, origin) {", "if slices.Contains(allowed, origin) {"},
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
		{"pages/browser/session.go", "if !ok || !secret.WellFormed(identity.SessionPrefix, token) {", "if !ok || len(token) < 20 {"},
		{starterFile, `return secret.Hash("session", id, token)`, `return secret.Hash("session", id, token[:20])`},
	}},
	{attacks: "SES-18", pkg: serverTests, test: "TestTenants_shareNothing", says: "session as", edits: []edit{
		{starterFile, `return secret.Hash("session", id, token)`, `return secret.Hash("session", [16]byte{}, token)`},
		{coreSQL, "CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant())", "CREATE POLICY tenant ON %I TO plinto_app USING (true)"},
	}},
	{attacks: "SES-19", pkg: "storage", test: "TestSession_isTouchedOnceAMinuteAndByItsOwnTokenOnly", edits: []edit{
		{sessionsFile, "WHERE s.id = @id AND s.token_hash = @token_hash AND s.seen_at < now()", "WHERE s.id = @id AND @token_hash::bytea IS NOT NULL AND s.seen_at < now()"},
	}},
}
