package main

const (
	webhookTests     = "event/webhook"
	webhookDrainer   = "event/webhook/drainer.go"
	webhookSecrets   = "event/webhook/secrets.go"
	webhookSender    = "event/webhook/sender.go"
	webhookDrains    = "storage/webhookdrains.go"
	webhookMigration = "migrations/0017_create_webhooks.sql"
)

// webhooks are the controls of attacks on, and by, webhooks.
var webhooks = []control{
	{attacks: "WHK-03", pkg: webhookTests, test: "TestSignature_verifiesForItsContentAlone", edits: []edit{
		{webhookSecrets, "mac.Write(content)", ""},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestSignature_verifiesForItsContentAlone", says: "not verified", edits: []edit{
		{webhookSecrets, `strconv.FormatInt(at.Unix(), 10)+"."`, `strconv.FormatInt(0*at.Unix(), 10)+"."`},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestSignature_isOfTheTimeOfTheAttempt", edits: []edit{
		{webhookSender, `r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))`, `r.Header.Set("Webhook-Timestamp", strconv.FormatInt(e.CreatedAt.Unix(), 10))`},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestRotation_overlapsAndEnds", says: "after the overlap", edits: []edit{
		{webhookSecrets, "len(e.PreviousSealed) > 0 && now.Before(e.PreviousUntil)", "len(e.PreviousSealed) > 0"},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestRotation_overlapsAndEnds", says: "leaked", edits: []edit{
		{"event/webhook/service.go", "if overlap > 0 {", "if true {"},
		{"event/webhook/service.go", "s.Now().Add(overlap)", "s.Now().Add(overlap + time.Hour)"},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestSecrets_areStoredSealed", says: "shows in the database", edits: []edit{
		{webhookSecrets, `return v.box.Seal(t, plain, "webhook", t.String(), endpoint.String()), nil`, "return plain, nil"},
		{webhookSecrets, `plain, err := v.box.Open(t, sealed, "webhook", t.String(), endpoint.String())`, "plain, err := sealed, error(nil)"},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestSecrets_areStoredSealed", says: "ErrSealed", edits: []edit{
		{webhookSecrets, `return v.box.Seal(t, plain, "webhook", t.String(), endpoint.String()), nil`, `return v.box.Seal(t, plain, "webhook", t.String()), nil`},
		{webhookSecrets, `plain, err := v.box.Open(t, sealed, "webhook", t.String(), endpoint.String())`, `plain, err := v.box.Open(t, sealed, "webhook", t.String())`},
	}},
	{attacks: "WHK-03", pkg: webhookTests, test: "TestService_losesNoChange", edits: []edit{
		{"storage/webhooks.go", "previous_until = $5, updated_at = now()\n\t\t\tWHERE id = $1 AND version = $2", "previous_until = $5, updated_at = now()\n\t\t\tWHERE id = $1 AND $2::bigint > 0"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_answersAreBounded", says: "were taken", edits: []edit{
		{webhookSender, "io.LimitReader(body, maxRead+1)", "body"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_answersAreBounded", edits: []edit{
		{webhookSender, `text, cut = strings.ToValidUTF8(text[:maxAnswer], ""), true`, "cut = true\n\t\tbreak"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_thatIsGoneIsLeftAlone", edits: []edit{
		{webhookDrainer, "reason = Gone", "reason = \"\""},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_thatFailsIsTriedForThreeDays", says: "want it disabled", edits: []edit{
		{webhookDrainer, "reason = Failing", "reason = \"\""},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_thatFlapsIsNotDisabled", edits: []edit{
		{webhookDrains, "WHEN @succeeded OR failing_since IS NULL THEN @now::timestamptz ELSE failing_since END", "ELSE coalesce(failing_since, @now::timestamptz) END"},
		{webhookDrains, "CASE WHEN @succeeded THEN NULL ELSE failing_since END", "failing_since"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestReceiver_thatIsDownIsProbed", edits: []edit{
		{webhookDrainer, "return probePause, nil", "return 0, nil"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestDrain_isDoneByOneWorkerAtATime", edits: []edit{
		{webhookDrains, "WHERE endpoint_id = $1 AND (leased_until IS NULL OR leased_until <= $3)", "WHERE endpoint_id = $1 AND $3::timestamptz IS NOT NULL"},
	}},
	{attacks: "WHK-04", pkg: webhookTests, test: "TestHandle_writesEventsTogether", says: "writes for 51 events", edits: []edit{
		{"event/webhook/subscriber.go", "if joined && b.all != nil {", "if joined && b.all != nil && len(b.all) < 5 {"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestDrain_looksAgainWhenATurnEnds", edits: []edit{
		{webhookDrains, "return s.queue(ctx, []wakeUp{{endpoint, *next}})", "return nil"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestUpkeep_findsWhatNobodySends", edits: []edit{
		{"storage/webhookupkeep.go", "for _, l := range found {\n\t\t\tif err := s.jobs", "for _, l := range found[:0] {\n\t\t\tif err := s.jobs"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestDrain_killedAfterTheRequestSendsAgain", says: "before the lease is over", edits: []edit{
		{webhookDrainer, "now.Add(LeaseTime)", "now"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestService_isolatesTenants", edits: []edit{
		{webhookMigration, "EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (tenant_id = current_tenant()) WITH CHECK", "EXECUTE format('CREATE POLICY tenant ON %I TO plinto_app USING (true) WITH CHECK"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestErased_usersAreNotSentAgain", says: "only that the user was deleted", edits: []edit{
		{webhookDrains, "case erased:", "case false:"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestErased_usersAreNotSentAgain", says: "want ErrErased", edits: []edit{
		{"storage/webhookreplays.go", "case c.Erased:", "case false:"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestErased_usersAreNotSentAgain", says: "are kept", edits: []edit{
		{"storage/webhookupkeep.go", "AND e.type NOT IN ('user.deleted', 'backchannel_logout.queued')", "AND false"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestDeliverable_isDecidedForEveryType", says: "sign_up.requested", edits: []edit{
		{"event/webhook/catalog.go", "[]event.Fact{event.SignUpRequested{}, event.SignInCodeRequested{}, event.RecoveryRequested{}, event.EmailRequested{}, event.DeviceCodeRequested{}, event.InvitationRequested{}, event.LogoutQueued{}, event.TenantCreated{}, event.TenantDeleted{}}", "[]event.Fact{event.LogoutQueued{}, event.TenantCreated{}, event.TenantDeleted{}}"},
	}},
	{attacks: "WHK-05", pkg: webhookTests, test: "TestService_testsOneEndpoint", edits: []edit{
		{"event/webhook/subscriber.go", "return its\n", "return its || event.Wanted(endpoint.Events, e.Type())\n"},
	}},
	{attacks: "WHK-06", pkg: webhookTests, test: "TestReceiver_isNotReachedInOurNetwork", edits: []edit{
		{"internal/egress/client.go", "if _, err := c.client.parse(r.URL.String()); err != nil {\n\t\treturn nil, abandon(r, err)\n\t}", ""},
		{"internal/egress/client.go", "if err != nil || !c.mayDial(ap.Addr()) {", "if err != nil || ap.Addr().IsUnspecified() {"},
	}},
	{attacks: "WHK-06", pkg: webhookTests, test: "TestService_refusesWhatIsNoEndpoint", says: "our network", edits: []edit{
		{"event/webhook/endpoint.go", "if err := checkURL(s.URL); err != nil {", "if err := checkURL(s.URL); err != nil && s.URL == \"\" {"},
	}},
	{attacks: "WHK-06", pkg: webhookTests, test: "TestReceiver_answersDecide", says: "redirect", edits: []edit{
		{webhookSender, ".RoundTrip(r)", ".RoundTrip(r)\n\tif err == nil && answer.StatusCode == http.StatusFound {\n\t\tanswer, err = http.DefaultClient.Get(e.URL + answer.Header.Get(\"Location\"))\n\t}"},
	}},
	{attacks: "WHK-06", pkg: webhookTests, test: "TestReceiver_answersDecide", edits: []edit{
		{webhookSender, "egress.Class(err)", "err.Error()"},
	}},
	{attacks: "WHK-07", pkg: "event/mail", test: "TestContacts_hearNothingThatAnOperatorDid", says: "operator", edits: []edit{
		{"event/mail/contacts.go", "return !is || reasons[disabled.Reason]", `return !is || disabled.Reason != ""`},
	}},
	{attacks: "WHK-07", pkg: "event/mail", test: "TestContacts_thatCannotBeReachedAreTriedAgainAlone", says: "tried again", edits: []edit{
		{"event/mail/contacts.go", "err != nil && !errors.Is(err, ErrAddress)", "err != nil && errors.Is(err, context.Canceled)"},
	}},
	{attacks: "WHK-07", pkg: "event/mail", test: "TestContacts_areShownWhatOthersWroteAsText", edits: []edit{
		{"event/mail/contacts.go", "line(endpoint.Description, maxDevice)", "endpoint.Description"},
	}},
}
