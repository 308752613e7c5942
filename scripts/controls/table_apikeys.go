package main

const (
	apiKeyTests   = "organization/apikey"
	apiKeyService = "organization/apikey/service.go"
	apiKeyStore   = "storage/apikeys.go"
	accountKeys   = "pages/account/apikeys.go"
	accountTests  = "pages/account"
)

// apiKeys are the controls of attacks on API keys.
var apiKeys = []control{
	{attacks: "APK-01", pkg: apiKeyTests, test: "TestKey_isRecognisedAndKeptHashed", edits: []edit{
		{apiKeyService, "Hint: plain[:hintLen]", "Hint: plain"},
	}},
	{attacks: "APK-02", pkg: apiKeyTests, test: "TestKey_endsWithItsUser", edits: []edit{
		{apiKeyStore, "u.disabled_at IS NULL AND u.not_before = k.mark)", "u.disabled_at IS NULL)"},
	}},
	{attacks: "APK-02", pkg: apiKeyTests, test: "TestKey_endsWithItsUser", edits: []edit{
		{apiKeyStore, "u.disabled_at IS NULL AND u.not_before = k.mark)", "u.not_before = k.mark)"},
	}},
	{attacks: "APK-03", pkg: apiKeyTests, test: "TestKey_gainsNothing", edits: []edit{
		{apiKeyService, "organization.Confer(ctx, uuid.Nil, k.Permissions)", "organization.Confer(ctx, uuid.Nil, nil)"},
	}},
	{attacks: "APK-03", pkg: apiKeyTests, test: "TestKey_gainsNothing", edits: []edit{
		{apiKeyService, "if !slices.Contains(rights, p) {", "if !slices.Contains(rights, p) && p == \"\" {"},
	}},
	{attacks: "APK-03", pkg: apiKeyTests, test: "TestKey_gainsNothing", edits: []edit{
		{apiKeyService, "organization.ActOn(ctx, uuid.Nil, rights)", "organization.ActOn(ctx, uuid.Nil, nil)"},
	}},
	{attacks: "APK-03", pkg: apiKeyTests, test: "TestKey_isDecidedOnWhatIsSo", edits: []edit{
		{authorityFile, "if limited && a.Again != nil {", "if limited && a.Again != nil && ctx.Err() != nil {"},
	}},
	{attacks: "APK-04", pkg: apiKeyTests, test: "TestKey_hasNoMoreThanItsUser", edits: []edit{
		{apiKeyService, "if p.UserID == uuid.Nil {", "if p.UserID == uuid.Nil || t != nil {"},
	}},
	{attacks: "APK-06", pkg: apiKeyTests, test: "TestKey_isRevokedByWhoOutranksIt", edits: []edit{
		{apiKeyService, "return organization.ActOn(ctx, uuid.Nil, k.Permissions) })", "return nil })"},
	}},
	{attacks: "APK-07", pkg: accountTests, test: "TestAPIKeys_giveNothingThatTheUserHasNot", edits: []edit{
		{accountKeys, "ctx = organization.WithAuthority(event.WithActor(ctx, v.actor()), authority)", "ctx, _ = event.WithActor(ctx, v.actor()), authority"},
		{apiKeyService, "if !slices.Contains(rights, p) {", "if !slices.Contains(rights, p) && k == nil {"},
	}},
	{attacks: "APK-07", pkg: accountTests, test: "TestAPIKeys_giveNothingThatTheUserHasNot", edits: []edit{
		{apiKeyService, "if user == uuid.Nil || k.UserID != user {", "if user == uuid.Nil {"},
	}},
}
