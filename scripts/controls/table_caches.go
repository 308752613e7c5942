package main

const (
	cacheFile         = "internal/memory/cache.go"
	announcementsFile = "internal/memory/announcements.go"
	hotCopyFile       = "storage/hotcopy.go"
)

// caches are the controls of attacks on what is kept beside Postgres.
var caches = []control{
	{attacks: "CAC-01", pkg: "storage", test: "TestSessionCopy_thatWasNotMadeForItsKeyIsNotRead_CAC_01", says: "a copy of another session:", edits: []edit{
		{hotCopyFile, "h.box.Seal(plain, id.String(), copyKind, key), nil", "h.box.Seal(plain, id.String(), copyKind), nil"},
		{hotCopyFile, "h.box.Open(sealed, id.String(), copyKind, key)", "h.box.Open(sealed, id.String(), copyKind)"},
	}},
	{attacks: "CAC-01", pkg: "storage", test: "TestSessionCopy_thatWasNotMadeForItsKeyIsNotRead_CAC_01", says: "a copy in clear:", edits: []edit{
		{hotCopyFile, "return h.box.Seal(plain, id.String(), copyKind, key), nil", "return plain, nil"},
		{hotCopyFile, "plain, err := h.box.Open(sealed, id.String(), copyKind, key)", "plain, err := sealed, error(nil)"},
	}},
	{attacks: "CAC-01", pkg: serverTests, test: "TestRedis_whoCanWriteThereIsNobodyElse", edits: []edit{
		{hotCopyFile, "h.box.Seal(plain, id.String(), copyKind, key), nil", "h.box.Seal(plain, id.String(), copyKind), nil"},
		{hotCopyFile, "h.box.Open(sealed, id.String(), copyKind, key)", "h.box.Open(sealed, id.String(), copyKind)"},
	}},
	{attacks: "CAC-02", pkg: "storage", test: "TestSessionCopy_thatWasNotMadeForItsKeyIsNotRead_CAC_01", says: "made a minute ago", edits: []edit{
		{hotCopyFile, "return c, age < hotTTL && age > -hotSkew", "return c, age > -hotSkew"},
	}},
	{attacks: "CAC-02", pkg: "storage", test: "TestSessionCopy_putBackChangesAndIssuesNothing_CAC_02", says: "a fresh copy was made", edits: []edit{
		{sessionsFile, "AND s.seen_at < now() - @every::interval\n\t\t\t\tAND EXISTS (SELECT FROM users u WHERE u.id = s.user_id AND `+sessionStands+` OFFSET 0)", "AND s.seen_at < now() - @every::interval AND @tenant_mark::timestamptz IS NOT NULL"},
	}},
	{attacks: "CAC-02", pkg: "storage", test: "TestCode_isIssuedOnWhatTheRowOfTheSessionSays", says: "token:", edits: []edit{
		{codesFile, "(s.token_hash = @session_token AND s.user_id", "(@session_token::bytea IS NOT NULL AND s.user_id"},
	}},
	{attacks: "CAC-02", pkg: "storage", test: "TestCode_isIssuedOnWhatTheRowOfTheSessionSays", says: "context:", edits: []edit{
		{codesFile, "AND s.acr = @session_acr AND s.amr", "AND @session_acr::text IS NOT NULL AND s.amr"},
	}},
	{attacks: "CAC-02", pkg: serverTests, test: "TestRedis_aCopyPutBackAnswersNoForm", says: "were remembered", edits: []edit{
		{"pages/browser/session.go", "looks := r.Method == http.MethodGet || r.Method == http.MethodHead; looks", "looks := r.Method != \"\"; looks"},
	}},
	{attacks: "CAC-03", pkg: "storage", test: "TestMemory_isNotUsedWhenAnnouncementsFallSilent_CAC_03", says: "active when asked", edits: []edit{
		{announcementsFile, "if age < askEvery {", "if a.upTo.Load() != never {"},
	}},
	{attacks: "CAC-03", pkg: "internal/memory", test: "TestAnnouncements_countsFromTheQuestion", edits: []edit{
		{announcementsFile, "a.upTo.Store(a.since(sent))", "a.upTo.Store(a.since(time.Now()))\n\t_ = sent"},
	}},
	{attacks: "CAC-03", pkg: serverTests, test: "TestInstances_agreeWithinASecondWhenNothingIsAnnounced", says: "client disabled", edits: []edit{
		{announcementsFile, "if age < askEvery {", "if a.upTo.Load() != never {"},
	}},
	{attacks: "CAC-03", pkg: serverTests, test: "TestInstances_agreeWithinASecondWhenNothingIsAnnounced", says: "key rotated", edits: []edit{
		{"cmd/plinto/app/parts.go", "Root: cfg.Root, Now: cfg.Now, Announced: s.Announced,", "Root: cfg.Root, Now: cfg.Now,"},
	}},
	{attacks: "CAC-04", pkg: "internal/memory", test: "TestCache_whoComesLateDoesNotTakeWhatAnOldLoadBrings", edits: []edit{
		{cacheFile, "if err != nil || found.known.After(oldest) {", "if err != nil || oldest.IsZero() || true {"},
	}},
	{attacks: "CAC-04", pkg: "storage", test: "TestListener_anAnswerComesAfterWhatWasCommittedBeforeTheQuestion", edits: []edit{
		{"storage/internal/pg/listen.go", "config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { l.notify(n.Payload) }", "config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {\n\t\ttime.AfterFunc(5*time.Millisecond, func() { l.notify(n.Payload) })\n\t}"},
	}},
	{attacks: "CAC-05", pkg: "storage", test: "TestMemory_isDroppedBeforeTheFirstAnswerAfterAnOutage_CAC_05", says: "from before the outage", edits: []edit{
		{"storage/internal/pg/listen.go", "	l.notifyMissed()\n	var answer", "	var answer"},
	}},
	{attacks: "CAC-06", pkg: "internal/memory", test: "TestChanges_forgetScopesAndServeNothingThatEnded", says: "although it ended", edits: []edit{
		{"internal/memory/changes.go", "	c.others.ended = max(c.others.ended, old.ended)\n", ""},
	}},
	{attacks: "CAC-07", pkg: "storage", test: "TestCopies_ofTenantsWithADatabaseOfTheirOwnCountAsUnannounced", edits: []edit{
		{"storage/copies.go", "return own != nil && a.Current() && own(t)", "return a.Current() && (own == nil || own(t))"},
	}},
	{attacks: "CAC-09", pkg: "storage", test: "TestSessionCopy_isNotOfTenantsThatAreNotHeard_CAC_09", edits: []edit{
		{"storage/hotcopy.go", "return err != nil || t.Placement.Isolation == tenant.Database", "return err != nil || t == nil"},
	}},
	{attacks: "CAC-08", pkg: "storage", test: "TestSessionCopy_isNotReadWhereAnotherInstanceCouldNotTellRedisOfTheEnd_CAC_08", says: "after the end", edits: []edit{
		{hotCopyFile, "return pg.ExecLater(ctx, db, pg.AnyNumber, `SELECT pg_notify($1, $2::text || ' ' || current_tenant())`, pg.ChangesChannel, untold)", "return nil"},
	}},
	{attacks: "CAC-17", pkg: "pages/provider", test: "TestAccountIdentities_areNotConnectedByASessionThatIsOver_CAC_17", edits: []edit{
		{"pages/provider/callback.go", "if _, err = h.Browser.Sessions.Current(ctx, session.TokenHash); errors.Is(err, identity.ErrNoSession) {", "if errors.Is(err, identity.ErrNoSession) {"},
	}},
}
