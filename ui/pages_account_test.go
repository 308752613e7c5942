package ui

import (
	"strings"
	"time"
)

// accountSpecimens are the pages of a user's own account.
func accountSpecimens(page Page, client Client, who string) map[string]specimen {
	frame := func(s Section) AccountFrame {
		return AccountFrame{Page: page, Section: s, CSRF: "c", User: who, Name: "Ann Example"}
	}
	told := frame(SectionSecurity)
	told.Notice = NoticeRenamed
	nameless := frame(SectionOverview)
	nameless.Name, nameless.User = "", "a@x"
	at := time.Date(2026, 11, 29, 4, 5, 6, 0, time.UTC)
	factors := []AccountFactor{{ID: "pk_1", Name: "iCloud Keychain", Synced: true, Added: at, UsedAt: at}, {ID: "pk_2", Name: "Work", Model: "YubiKey 5 Series", Added: at}}
	creation := PasskeyView{Options: `{"challenge":"AA"}`}
	refused := creation
	refused.Problem = PasskeyTaken
	const uri = "otpauth://totp/Acme:a@x?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme"
	factor := AccountFactorView{AccountFrame: frame(SectionSecurity), ID: "pk_1", FactorName: "My phone", Passkey: true}
	last, app := factor, factor
	last.Problem = AccountLastWay
	app.Passkey, app.FactorName, app.Problem = false, "", AccountLastFactor
	rights := []Choice{{Value: "clients:read"}, {Value: "resource_servers:write", Chosen: true}, {Value: "users:read"}}
	return map[string]specimen{
		"account":                {AccountOverviewView{AccountFrame: frame(SectionOverview), Bare: true}, "signed-in sign-out protect section-security"},
		"account, administrator": {AccountOverviewView{AccountFrame: frame(SectionOverview), Manages: true}, "signed-in sign-out manage api-keys reference"},
		"account, nameless":      {AccountOverviewView{AccountFrame: nameless}, "signed-in sign-out"},
		"account profile":        {AccountProfileView{AccountFrame: frame(SectionProfile), FullName: "Ann", Languages: []Language{{"en", "English"}, {"de", "Deutsch"}}, Language: "de", Deletes: true}, "profile-form name given_name family_name nickname locale submit data delete back"},
		"account profile, wrong": {AccountProfileView{AccountFrame: frame(SectionProfile), FullName: "Ann", MaxName: 200, Problem: ProfileLong}, "profile-form problem"},
		"account security": {AccountSecurityView{
			AccountFrame: told, Password: true, Passkeys: factors, Apps: factors[1:], Codes: 7, HasPasskeys: true, HasFactors: true, RecoveryCodes: true, APIKeys: true, Removable: true,
		}, "api-keys notice change-password remove-password add-passkey add-app codes-left new-codes"},
		"account security, bare":     {AccountSecurityView{AccountFrame: frame(SectionSecurity), HasPasskeys: true, HasFactors: true}, "change-password add-passkey add-app"},
		"account passkey":            {AccountPasskeyView{AccountFrame: frame(SectionSecurity), Passkey: creation}, "use-passkey cancel"},
		"account passkey, taken":     {AccountPasskeyView{AccountFrame: frame(SectionSecurity), Passkey: refused}, "use-passkey problem cancel"},
		"account passkey, full":      {AccountPasskeyView{AccountFrame: frame(SectionSecurity), Full: true}, "problem cancel"},
		"account app":                {AccountAppView{AccountFrame: frame(SectionSecurity), URI: uri, Secret: "JBSW Y3DP", Sealed: "s"}, "app-form qr secret code submit cancel"},
		"account app, wrong":         {AccountAppView{AccountFrame: frame(SectionSecurity), URI: uri, Secret: "JBSW Y3DP", Sealed: "s", Problem: EnrolWrong}, "problem code"},
		"account app, full":          {AccountAppView{AccountFrame: frame(SectionSecurity), URI: uri, Secret: "JBSW Y3DP", Full: true}, "problem"},
		"account new codes":          {AccountNewCodesView{frame(SectionSecurity)}, "codes-form submit cancel"},
		"account codes":              {AccountCodesView{AccountFrame: frame(SectionSecurity), Codes: []string{"abcd-efgh-jkmn", "0123-4567-89ab"}}, "codes saved"},
		"account password":           {AccountPasswordView{AccountFrame: frame(SectionSecurity), Has: true, Rules: PasswordRules{15, 256}}, "password-form password show-password password-hint submit cancel"},
		"account data":               {AccountDataView{frame(SectionProfile)}, "data-form submit cancel"},
		"account no password":        {AccountNoPasswordView{AccountFrame: frame(SectionSecurity), Mails: true}, "remove-form submit cancel"},
		"account no password, stays": {AccountNoPasswordView{AccountFrame: frame(SectionSecurity), Problem: AccountPasswordStays, HasPasskeys: true}, "problem add-passkey cancel"},
		"account password, wrong":    {AccountPasswordView{AccountFrame: frame(SectionSecurity), Rules: PasswordRules{15, 256}, Password: PasswordReused}, "password problem"},
		"account password, busy":     {AccountPasswordView{AccountFrame: frame(SectionSecurity), Rules: PasswordRules{15, 256}, RetryAfter: 3}, "password problem"},
		"account rename":             {renameSpecimen{factor}, "rename-form name submit cancel"},
		"account remove":             {factor, "remove-form submit cancel"},
		"account remove, last":       {last, "remove-form submit problem"},
		"account remove, needed":     {app, "remove-form submit problem"},
		"account devices": {AccountDevicesView{AccountFrame: frame(SectionDevices), Sessions: []AccountSession{
			{ID: "1", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", Current: true, SignedIn: at, LastUse: at},
			{ID: "2", Browser: "Safari", Address: "2001:db8::1", SignedIn: at, LastUse: at},
			{ID: "3", SignedIn: at, LastUse: at},
		}, Known: []AccountBrowser{
			{AccountSession: AccountSession{ID: "dev_1", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", LastUse: at}, RememberedUntil: at},
		}}, "sessions known end-others"},
		"account emails": {AccountEmailsView{AccountFrame: frame(SectionEmails), Mails: true, Emails: []AccountEmail{
			{ID: "0", Address: who, Primary: true, Verified: true}, {ID: "1", Address: "ann@example.com", Verified: true}, {ID: "2", Address: "new@example.com", Asked: true},
		}}, "emails add-email code-2"},
		"account emails, main": {AccountEmailsView{
			AccountFrame: frame(SectionEmails), Mails: true, Emails: []AccountEmail{{ID: "0", Address: who, Primary: true}},
		}, "emails confirm-email add-email"},
		"account emails, wrong": {AccountEmailsView{
			AccountFrame: frame(SectionEmails), Emails: []AccountEmail{{ID: "2", Address: "new@example.com", Asked: true}}, Wrong: "2", Problem: EmailWrongCode,
		}, "emails code-2 problem"},
		"account email":          {AccountEmailAddView{AccountFrame: frame(SectionEmails)}, "email-form email submit cancel"},
		"account email, wrong":   {AccountEmailAddView{AccountFrame: frame(SectionEmails), Email: "x", Problem: EmailThrottled, RetryAfter: 90}, "email problem"},
		"account email, main":    {AccountEmailChangeView{AccountFrame: frame(SectionEmails), ID: "1", Email: who}, "email-form submit cancel"},
		"account email, removed": {AccountEmailChangeView{AccountFrame: frame(SectionEmails), ID: "1", Email: who, Remove: true, Problem: EmailTaken}, "email-form submit problem"},
		"account apps": {AccountAppsView{AccountFrame: frame(SectionApps), Apps: []AccountClient{
			{ID: "1", Name: client.Name, Host: "rp.example", Scopes: []Scope{{Name: "openid"}, {Name: "orders:read", Description: "Read your orders"}}, Offline: true, LastUse: at},
			{ID: "2", Name: who},
		}}, "apps"},
		"account identities": {AccountIdentitiesView{AccountFrame: frame(SectionSecurity), Identities: []AccountIdentity{
			{ID: "idn_1", Provider: "Example Work", Label: who, Added: at, UsedAt: at}, {ID: "idn_2", Provider: "Another provider", Label: "anne", Added: at},
		}, Providers: []ProviderButton{{Slug: "work", Name: "Example Work"}}}, "identities connect-providers provider-work"},
		"account identities, none": {AccountIdentitiesView{AccountFrame: frame(SectionSecurity), LastWay: true}, "no-identities problem"},
		"account apps, none":       {AccountAppsView{AccountFrame: frame(SectionApps)}, "no-apps"},
		"account api keys": {AccountAPIKeysView{AccountFrame: frame(SectionSecurity), May: true, Keys: []AccountAPIKey{
			{ID: "key_1", Name: "Nightly backup", Hint: "plk_a1B2c3D4", Rights: []string{"users:read", "resource_servers:write"}, Expires: at, UsedAt: at},
			{ID: "key_2", Name: who, Hint: "plk_xYz01234", Rights: []string{"users:read"}, Expires: at},
		}}, "keys new-key"},
		"account api keys, none": {AccountAPIKeysView{AccountFrame: frame(SectionSecurity), May: true}, "no-keys new-key"},
		"account api key":        {AccountAPIKeyNewView{AccountFrame: frame(SectionSecurity), Days: 90, Lives: []int{7, 90}, Rights: rights}, "key-form name days submit cancel"},
		"account api key, nameless": {AccountAPIKeyNewView{
			AccountFrame: frame(SectionSecurity), Days: 90, Lives: []int{7, 90}, Rights: rights, MaxName: 50, Problem: APIKeyName,
		}, "key-form problem name"},
		"account api key, empty": {AccountAPIKeyNewView{AccountFrame: frame(SectionSecurity), KeyName: "ci", Lives: []int{7}, Rights: rights, Problem: APIKeyRights}, "key-form problem"},
		"account api key, made":  {AccountAPIKeyMadeView{AccountFrame: frame(SectionSecurity), KeyName: "Nightly backup", Secret: "plk_" + strings.Repeat("aB3-_", 9) + "0000"}, "key saved"},
		"account activity": {AccountActivityView{AccountFrame: frame(SectionActivity), Older: "before=x", Entries: []AccountEntry{
			{Type: "authentication.succeeded", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", Happened: at},
			{Type: "password.changed", By: ByOperator, Happened: at},
			{Type: "factor.added", By: ByLink, Address: "203.0.113.7", Happened: at},
		}}, "activity older"},
		"account activity, none": {AccountActivityView{AccountFrame: frame(SectionActivity)}, "no-activity"},
		"account delete":         {AccountDeleteView{AccountFrame: frame(SectionProfile), Until: at}, "delete-form submit cancel"},
		"account deleted":        {AccountDeletedView{Page: page, User: who, DeleteAt: at}, "deleted account"},
		"keep account":           {KeepAccountView{Page: page, Client: client, User: who, DeleteAt: at}, "keep-form keep cancel use-another"},
	}
}
