package main

const (
	managementAPI    = "admin"
	managementCheck  = "admin/check.go"
	managementWrite  = "admin/write.go"
	managementServer = "admin/server.go"
	managementActing = "admin/acting.go"
	authorityFile    = "organization/authority.go"
	roleServiceFile  = "organization/roleservice.go"
)

// management are the controls of attacks on the management API.
var management = []control{
	{attacks: "MGT-01", pkg: managementAPI, test: "TestTokens_areForTheAPIOnlyWhenTheClientNamesIt", edits: []edit{
		{"provider/scopes.go", "len(c.Resources) > 0 || isManagement(t, resource)", "len(c.Resources) > 0 || isManagement(t, resource) && t == nil"},
	}},
	{attacks: "MGT-02", pkg: managementAPI, test: "TestRequests_badInputIsRefusedAndChangesNothing", edits: []edit{
		{managementCheck, "if _, err := web.ParseJSONObject(body); err != nil {", "if _, err := web.ParseJSONObject(body); err != nil && len(body) == 0 {"},
	}},
	{attacks: "MGT-02", pkg: managementAPI, test: "TestRequests_badInputIsRefusedAndChangesNothing", edits: []edit{
		{managementCheck, "if err := schema.Validate(document); errors.As(err, &invalid) {", "if err := schema.Validate(document); errors.As(err, &invalid) && len(body) == 0 {"},
	}},
	{attacks: "MGT-03", pkg: managementAPI, test: "TestCursors_areGoodForTheirListAlone", edits: []edit{
		{"admin/cursor.go", `l.Name, l.Filter, l.Order}`, `l.Name}`},
	}},
	{attacks: "MGT-04", pkg: managementAPI, test: "TestIdempotency_aRequestIsServedByWhoClaimedIt", edits: []edit{
		{"internal/idempotency/idempotency.go", "case known.Mine:", "case known.Mine || known.Answer == nil:"},
		{"storage/idempotency.go", "WHERE hash = $1 AND claim = $2 AND answer IS NULL RETURNING 1", "WHERE hash = $1 AND $2::uuid IS NOT NULL RETURNING 1"},
	}},
	{attacks: "MGT-04", pkg: managementAPI, test: "TestIdempotency_aNamedRequestIsServedOnce", edits: []edit{
		{"internal/idempotency/idempotency.go", "case !bytes.Equal(known.Fingerprint, r.fingerprint):", "case !bytes.Equal(known.Fingerprint, r.fingerprint) && r == nil:"},
	}},
	{attacks: "MGT-05", pkg: managementAPI, test: "TestValidateOnly_answersAndChangesNothing", edits: []edit{
		{managementWrite, "\t\t\treturn errTakenBack", "\t\t\treturn nil"},
	}},
	{attacks: "MGT-06", pkg: managementAPI, test: "TestRequests_areLimitedByCaller", edits: []edit{
		{managementServer, "\tif wait == 0 {\n\t\treturn nil\n\t}\n\treturn ErrTooOften", "\tif wait >= 0 {\n\t\treturn nil\n\t}\n\treturn ErrTooOften"},
	}},
	{attacks: "MGT-06", pkg: managementAPI, test: "TestRequests_areLimitedByCaller", edits: []edit{
		{managementServer, "Key: t.ID.String() + \" \" + c.Name, Limit: limit}", "Key: c.Name, Limit: limit}"},
	}},
	{attacks: "TEN-06", pkg: managementAPI, test: "TestEscalation_noWayGivesARightThatItsCallerHasNot", edits: []edit{
		{authorityFile, "return compare(ctx, in, rights, ErrCannotConfer)", "return nil"},
	}},
	{attacks: "TEN-06", pkg: managementAPI, test: "TestEscalation_noWayGivesARightThatItsCallerHasNot", edits: []edit{
		{"organization/role.go", "\t\tfor _, inner := range r.Includes {\n\t\t\tvisit(inner)\n\t\t}\n", ""},
	}},
	{attacks: "TEN-06", pkg: managementAPI, test: "TestEscalation_noWayGivesARightThatItsCallerHasNot", edits: []edit{
		{"provider/registrar.go", "organization.Confer(ctx, uuid.Nil, after.ManagementRights(ctx))", "organization.Confer(ctx, uuid.Nil, nil)"},
	}},
	{attacks: "TEN-06", pkg: managementAPI, test: "TestEscalation_rightsAreReadWhenTheyAreGiven", edits: []edit{
		{authorityFile, "if limited && a.Again != nil {", "if limited && a.Again != nil && ctx.Err() != nil {"},
	}},
	{attacks: "TEN-07", pkg: managementAPI, test: "TestEscalation_nobodyChangesWhoHasMoreRights", edits: []edit{
		{managementWrite, "return s.Services.Roles.ActOnUser(ctx, id)", "_ = id\n\treturn nil"},
	}},
	{attacks: "TEN-10", pkg: managementAPI, test: "TestOrganizations_theirAdministratorsManageThemAlone", edits: []edit{
		{"admin/caller.go", "in != uuid.Nil && in == c.Organization && slices", "in != uuid.Nil && slices"},
	}},
	{attacks: "TEN-07", pkg: managementAPI, test: "TestUsers_haveTheRightsOfTheirRolesAsFarAsTheScopesOfTheToken", edits: []edit{
		{"admin/guard.go", "return slices.Contains(allowed, p)", "return p != \"\" || slices.Contains(allowed, p)"},
	}},
	{attacks: "TEN-22", pkg: managementAPI, test: "TestActing_isForCallersOfTheSystemTenantOnly", edits: []edit{
		{managementActing, "case home.Slug != tenant.SystemSlug:", "case home.Slug == \"\":"},
	}},
	{attacks: "TEN-22", pkg: managementAPI, test: "TestActing_needsTheRightsInTheSystemTenant", edits: []edit{
		{managementActing, "case !slices.Contains(c.Rights, organization.TenantsRead):", "case !slices.Contains(c.Rights, organization.TenantsRead) && home.Slug == \"\":"},
	}},
	{attacks: "TEN-22", pkg: managementAPI, test: "TestActing_givesNoRightThatTheCallerHasNot", edits: []edit{
		{managementActing, "organization.Authority{Rights: c.Rights}", "organization.Authority{Rights: organization.Permissions}"},
	}},
	{attacks: "TEN-22", pkg: managementAPI, test: "TestActing_keysCursorsAndTagsAreOfOneTenant", edits: []edit{
		{managementActing, `t.ID.String()[24:] + "-"`, `"-"`},
	}},
	{attacks: "TEN-22", pkg: managementAPI, test: "TestActing_systemCallersActInTheTenantThatTheyName", edits: []edit{
		{managementActing, "return err == nil, err\n", "return false, err\n"},
	}},
	{attacks: "TEN-23", pkg: managementAPI, test: "TestTenants_areForTheSystemTenantOnly", edits: []edit{
		{managementServer, "if op.System && tenant.Must(r.Context()).Slug != tenant.SystemSlug {", "if op.System && tenant.Must(r.Context()).Slug == \"\" {"},
	}},
	{attacks: "TEN-24", pkg: managementAPI, test: "TestSettings_someAreNotForEveryAdministrator", edits: []edit{
		{"admin/settings.go", "return mayChange(callerOf(ctx), &before, &t.Settings)", "return mayChange(callerOf(ctx), &before, &before)"},
	}},
	{attacks: "TEN-25", pkg: managementAPI, test: "TestBranding_whatIsNoLogoIsRefused", edits: []edit{
		{"internal/brand/logo.go", "config.Width > maxLogoSide || config.Height > maxLogoSide", "config.Width > 1<<20"},
	}},
	{attacks: "TEN-26", pkg: managementAPI, test: "TestEmailTemplates_whatIsNoTextIsRefused", edits: []edit{
		{"admin/emailtemplates.go", "wrong = append(wrong, wrongTexts(t.Settings.Mail, r.Kind, language)...)", "wrong = append(wrong, wrongTexts(tenant.Mail{}, r.Kind, language)...)"},
	}},
	{attacks: "TEN-26", pkg: managementAPI, test: "TestEmailTemplates_whatIsNoTextIsRefused", edits: []edit{
		{"event/mail/own.go", "if total > maxTexts {", "if total > 100*maxTexts {"},
	}},
	{attacks: "MGT-07", pkg: managementAPI, test: "TestDeletions_compareTheVersionWithTheRowThatTheyDelete", edits: []edit{
		{"storage/managedrows.go", "SELECT version FROM clients WHERE id = $1 FOR UPDATE", "SELECT version FROM clients WHERE id = $1"},
	}},
	{attacks: "MGT-08", pkg: managementAPI, test: "TestClients_sectorsAreReadOutsideOfTransactions", edits: []edit{
		{managementWrite, "\tr = s.readSector(r, match.Vars, body)\n", ""},
		{managementWrite, "handle(match.Handler, rec, r.WithContext(ctx), body)", "handle(match.Handler, rec, s.readSector(r.WithContext(ctx), match.Vars, body), body)"},
	}},
	{attacks: "MGT-09", pkg: managementAPI, test: "TestClients_ofTenantsNameNoInternalServers", edits: []edit{
		{"admin/clients.go", "Outside: !operator,", "Outside: operator && !operator,"},
	}},
	{attacks: "MGT-10", pkg: managementAPI, test: "TestRefusals_areInTheLogAndBounded", edits: []edit{
		{managementServer, "if f, ok := fault.As(err); ok && f.Kind == fault.Forbidden {", "if f, ok := fault.As(err); ok && f.Code == errNoRight.Code {"},
	}},
	{attacks: "MGT-10", pkg: managementAPI, test: "TestRefusals_areInTheLogAndBounded", edits: []edit{
		{managementServer, "Rate: 10, Period: time.Minute, Burst: 10}", "Rate: 10, Period: time.Minute, Burst: 100}"},
	}},
}
