package preview

import (
	"strings"

	"github.com/a-h/templ"

	"plinto/ui"
)

// A RenameView is a factor whose name is changed.
type RenameView struct{ ui.AccountFactorView }

// security are the pages of what an account is signed in to with.
func (s *sample) security() []Entry {
	frame := s.frame(ui.SectionSecurity)
	told := frame
	told.Notice = ui.NoticeRenamed
	creation := ui.PasskeyView{Options: `{"challenge":"AA"}`}
	refused := creation
	refused.Problem = ui.PasskeyTaken
	factors := []ui.AccountFactor{{ID: "pk_1", Name: "iCloud Keychain", Synced: true, Added: at, UsedAt: at}, {ID: "pk_2", Name: "Work", Model: "YubiKey 5 Series", Added: at}}
	factor := ui.AccountFactorView{AccountFrame: frame, ID: "pk_1", FactorName: "My phone", Passkey: true}
	last, app := factor, factor
	last.Problem = ui.AccountLastWay
	app.Passkey, app.FactorName, app.Problem = false, "", ui.AccountLastFactor
	return []Entry{
		{Name: "account security", View: ui.AccountSecurityView{
			AccountFrame: told, Password: true, Passkeys: factors, Apps: factors[1:], Codes: 7, HasPasskeys: true, HasFactors: true, RecoveryCodes: true, APIKeys: true, Removable: true,
		}},
		{Name: "account security, bare", View: ui.AccountSecurityView{AccountFrame: frame, HasPasskeys: true, HasFactors: true}},
		{Name: "account passkey", View: ui.AccountPasskeyView{AccountFrame: frame, Passkey: creation}, Scripts: true},
		{Name: "account passkey, taken", View: ui.AccountPasskeyView{AccountFrame: frame, Passkey: refused}, Scripts: true},
		{Name: "account passkey, full", View: ui.AccountPasskeyView{AccountFrame: frame, Full: true}},
		{Name: "account app", View: ui.AccountAppView{AccountFrame: frame, URI: s.otpauth, Secret: "JBSW Y3DP", Sealed: "s"}},
		{Name: "account app, wrong", View: ui.AccountAppView{AccountFrame: frame, URI: s.otpauth, Secret: "JBSW Y3DP", Sealed: "s", Problem: ui.EnrolWrong}},
		{Name: "account app, full", View: ui.AccountAppView{AccountFrame: frame, URI: s.otpauth, Secret: "JBSW Y3DP", Full: true}},
		{Name: "account new codes", View: ui.AccountNewCodesView{AccountFrame: frame}},
		{Name: "account codes", View: ui.AccountCodesView{AccountFrame: frame, Codes: []string{"abcd-efgh-jkmn", "0123-4567-89ab"}}},
		{Name: "account password", View: ui.AccountPasswordView{AccountFrame: frame, Has: true, Rules: alone}},
		{Name: "account no password", View: ui.AccountNoPasswordView{AccountFrame: frame, Mails: true}},
		{Name: "account no password, stays", View: ui.AccountNoPasswordView{AccountFrame: frame, Problem: ui.AccountPasswordStays, HasPasskeys: true}},
		{Name: "account password, wrong", View: ui.AccountPasswordView{AccountFrame: frame, Rules: alone, Password: ui.PasswordReused}},
		{Name: "account password, busy", View: ui.AccountPasswordView{AccountFrame: frame, Rules: alone, RetryAfter: 3}},
		{Name: "account rename", View: RenameView{factor}},
		{Name: "account remove", View: factor},
		{Name: "account remove, last", View: last},
		{Name: "account remove, needed", View: app},
		{Name: "account identities", View: ui.AccountIdentitiesView{AccountFrame: frame, Identities: []ui.AccountIdentity{
			{ID: "idn_1", Provider: "Example Work", Label: s.who, Added: at, UsedAt: at}, {ID: "idn_2", Provider: "Another provider", Label: "anne", Added: at},
		}, Providers: []ui.ProviderButton{{Slug: "work", Name: "Example Work"}}}},
		{Name: "account identities, none", View: ui.AccountIdentitiesView{AccountFrame: frame, LastWay: true}},
	}
}

// keys are the pages of API keys.
func (s *sample) keys() []Entry {
	frame := s.frame(ui.SectionSecurity)
	rights := []ui.Choice{{Value: "clients:read"}, {Value: "resource_servers:write", Chosen: true}, {Value: "users:read"}}
	return []Entry{
		{Name: "account api keys", View: ui.AccountAPIKeysView{AccountFrame: frame, May: true, Keys: []ui.AccountAPIKey{
			{ID: "key_1", Name: "Nightly backup", Hint: "plk_a1B2c3D4", Rights: []string{"users:read", "resource_servers:write"}, Expires: at, UsedAt: at},
			{ID: "key_2", Name: s.who, Hint: "plk_xYz01234", Rights: []string{"users:read"}, Expires: at},
		}}},
		{Name: "account api keys, none", View: ui.AccountAPIKeysView{AccountFrame: frame, May: true}},
		{Name: "account api key", View: ui.AccountAPIKeyNewView{AccountFrame: frame, Days: 90, Lives: []int{7, 90}, Rights: rights}},
		{Name: "account api key, nameless", View: ui.AccountAPIKeyNewView{
			AccountFrame: frame, Days: 90, Lives: []int{7, 90}, Rights: rights, MaxName: 50, Problem: ui.APIKeyName,
		}},
		{Name: "account api key, empty", View: ui.AccountAPIKeyNewView{AccountFrame: frame, KeyName: "ci", Lives: []int{7}, Rights: rights, Problem: ui.APIKeyRights}},
		{Name: "account api key, made", View: ui.AccountAPIKeyMadeView{AccountFrame: frame, KeyName: "Nightly backup", Secret: "plk_" + strings.Repeat("aB3-_", 9) + "0000"}},
	}
}

// emails are the pages of an account's addresses.
func (s *sample) emails() []Entry {
	frame := s.frame(ui.SectionEmails)
	return []Entry{
		{Name: "account emails", View: ui.AccountEmailsView{AccountFrame: frame, Mails: true, Emails: []ui.AccountEmail{
			{ID: "0", Address: s.who, Primary: true, Verified: true}, {ID: "1", Address: "ann@example.com", Verified: true}, {ID: "2", Address: "new@example.com", Asked: true},
		}}},
		{Name: "account emails, main", View: ui.AccountEmailsView{
			AccountFrame: frame, Mails: true, Emails: []ui.AccountEmail{{ID: "0", Address: s.who, Primary: true}},
		}},
		{Name: "account emails, wrong", View: ui.AccountEmailsView{
			AccountFrame: frame, Emails: []ui.AccountEmail{{ID: "2", Address: "new@example.com", Asked: true}}, Wrong: "2", Problem: ui.EmailWrongCode,
		}},
		{Name: "account email", View: ui.AccountEmailAddView{AccountFrame: frame}},
		{Name: "account email, wrong", View: ui.AccountEmailAddView{AccountFrame: frame, Email: "new@example.com", Problem: ui.EmailThrottled, RetryAfter: 90}},
		{Name: "account email, main", View: ui.AccountEmailChangeView{AccountFrame: frame, ID: "1", Email: s.who}},
		{Name: "account email, removed", View: ui.AccountEmailChangeView{AccountFrame: frame, ID: "1", Email: s.who, Remove: true, Problem: ui.EmailTaken}},
	}
}

// drawSecurity draws the views of this file, nil is of any other.
func drawSecurity(view any) templ.Component {
	switch v := view.(type) {
	case ui.AccountSecurityView:
		return ui.AccountSecurity(v)
	case ui.AccountPasskeyView:
		return ui.AccountPasskey(v)
	case ui.AccountAppView:
		return ui.AccountApp(v)
	case ui.AccountNewCodesView:
		return ui.AccountNewCodes(v)
	case ui.AccountCodesView:
		return ui.AccountCodes(v)
	case ui.AccountPasswordView:
		return ui.AccountPassword(v)
	case ui.AccountNoPasswordView:
		return ui.AccountNoPassword(v)
	case ui.AccountFactorView:
		return ui.AccountRemove(v)
	case RenameView:
		return ui.AccountRename(v.AccountFactorView)
	case ui.AccountIdentitiesView:
		return ui.AccountIdentities(v)
	case ui.AccountAPIKeysView:
		return ui.AccountAPIKeys(v)
	case ui.AccountAPIKeyNewView:
		return ui.AccountAPIKeyNew(v)
	case ui.AccountAPIKeyMadeView:
		return ui.AccountAPIKeyMade(v)
	case ui.AccountEmailsView:
		return ui.AccountEmails(v)
	case ui.AccountEmailAddView:
		return ui.AccountEmailAdd(v)
	case ui.AccountEmailChangeView:
		return ui.AccountEmailChange(v)
	}
	return nil
}
