package ui

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// A specimen is one page as a user may see it, and the ids that scripts and the
// conformance suite look for on it.
type specimen struct {
	view any // of a type in drawings
	ids  string
}

// deviceOf puts a view into the frame of the second factor's pages.
func deviceOf(f FactorFrame, v DeviceView) DeviceView {
	v.Page, v.Client, v.Flow, v.CSRF = f.Page, f.Client, f.Flow, f.CSRF
	return v
}

// draw renders a view by its page.
func draw(view any) templ.Component {
	switch v := view.(type) {
	case SignInView:
		return SignIn(v)
	case ProviderProblemView:
		return ProviderProblem(v)
	case IdentifyView:
		return Identify(v)
	case RealmView:
		return Realm(v)
	case ConnectIdentityView:
		return ConnectIdentity(v)
	case AccountIdentitiesView:
		return AccountIdentities(v)
	case AccountChooserView:
		return AccountChooser(v)
	case ConsentView:
		return Consent(v)
	case LogoutConfirmView:
		return LogoutConfirm(v)
	case SignedOutView:
		return SignedOut(v)
	case ErrorView:
		return Error(v)
	case GoneView:
		return Gone(v)
	case OnwardView:
		return Onward(v)
	case FormPostView:
		return FormPost(v)
	case LeaveView:
		return Leave(v)
	case SignUpView:
		return SignUp(v)
	case SignUpCodeView:
		return SignUpCode(v)
	case MailSignInView:
		return MailSignIn(v)
	case MailSignInCodeView:
		return MailSignInCode(v)
	case MailSignInLinkView:
		return MailSignInLink(v)
	case RecoverView:
		return Recover(v)
	case RecoverCodeView:
		return RecoverCode(v)
	case AccountOverviewView:
		return AccountOverview(v)
	case AccountProfileView:
		return AccountProfile(v)
	case AccountSecurityView:
		return AccountSecurity(v)
	case AccountPasskeyView:
		return AccountPasskey(v)
	case AccountAppView:
		return AccountApp(v)
	case AccountNewCodesView:
		return AccountNewCodes(v)
	case AccountCodesView:
		return AccountCodes(v)
	case AccountDataView:
		return AccountData(v)
	case AccountNoPasswordView:
		return AccountNoPassword(v)
	case AccountPasswordView:
		return AccountPassword(v)
	case AccountEmailsView:
		return AccountEmails(v)
	case AccountEmailAddView:
		return AccountEmailAdd(v)
	case AccountEmailChangeView:
		return AccountEmailChange(v)
	case AccountDevicesView:
		return AccountDevices(v)
	case AccountAppsView:
		return AccountApps(v)
	case AccountActivityView:
		return AccountActivity(v)
	case AccountDeleteView:
		return AccountDelete(v)
	case AccountDeletedView:
		return AccountDeleted(v)
	case OrganizationChooserView:
		return OrganizationChooser(v)
	case KeepAccountView:
		return KeepAccount(v)
	case renameSpecimen:
		return AccountRename(v.AccountFactorView)
	case AccountFactorView:
		return AccountRemove(v)
	case NewPasswordView:
		return NewPassword(v)
	case RecoverPasswordView:
		return RecoverPassword(v)
	case RecoverLinkView:
		return RecoverLink(v)
	case RecoverLinkDoneView:
		return RecoverLinkDone(v)
	case DeviceView:
		return Device(v)
	case FactorView:
		return Factor(v)
	case EnrolView:
		return Enrol(v)
	case RecoveryCodesView:
		return RecoveryCodes(v)
	case PasskeyDemandedView:
		return PasskeyDemanded(v)
	case PasskeyOfferView:
		return PasskeyOffer(v)
	case silentSpecimen:
		return PasskeySilent(PasskeyOfferView(v))
	case SignUpAccountView:
		return SignUpAccount(v)
	case SignUpLinkDoneView:
		return SignUpLinkDone(v)
	case linkSpecimen:
		return SignUpLink(SignUpAccountView(v))
	case ConfirmEmailView:
		return ConfirmEmail(v)
	case InvitationView:
		return Invitation(v)
	case NotMeView:
		return NotMe(v)
	case NotMeDoneView:
		return NotMeDone(v)
	case SetupAdminView:
		return SetupAdmin(v)
	case SetupDoneView:
		return SetupDone(v)
	case HomeView:
		return Home(v)
	case ReferenceHomeView:
		return ReferenceHome(v)
	case AccountAPIKeysView:
		return AccountAPIKeys(v)
	case AccountAPIKeyNewView:
		return AccountAPIKeyNew(v)
	case AccountAPIKeyMadeView:
		return AccountAPIKeyMade(v)
	case ReferenceTopicView:
		return ReferenceTopic(v)
	case ReferenceErrorsView:
		return ReferenceErrors(v)
	case ReferenceErrorView:
		return ReferenceError(v)
	case DevHomeView:
		return DevHome(v)
	case DevAuthenticatorView:
		return DevAuthenticator(v)
	case MailListView:
		return MailList(v)
	case MailPreviewsView:
		return MailPreviews(v)
	case MailView:
		return MailMessage(v)
	case PlaygroundView:
		return Playground(v)
	case DevMissingView:
		return DevMissing(v)
	}
	panic("no page draws " + reflect.TypeOf(view).String())
}

// renameSpecimen is a factor whose name is changed.
type renameSpecimen struct{ AccountFactorView }

// acme is a tenant with everything that can be branded.
var acme = Brand{
	Name: "Acme", Style: "/brand/brand-0123.css", Logo: "/brand/logo-0123.png", LogoDark: "/brand/logo-4567.png",
	Terms: "https://acme.example/terms", Privacy: "https://acme.example/privacy", Support: "https://acme.example/help",
}

// specimens are all pages, in one locale.
func specimens(l Locale) map[string]specimen { return specimensOf(l, acme) }

// specimensOf are all pages of a tenant, in one locale.
func specimensOf(l Locale, acme Brand) map[string]specimen {
	page := Page{Locale: l, Nonce: "n0nce", RequestID: "req-1", Base: "/t/acme", Brand: acme}
	client := Client{Name: "Shop", LogoURL: "https://rp.example/l.png", PolicyURL: "https://rp.example/p", TermsURL: "https://rp.example/t"}
	nobodys := client
	globex := page
	globex.Brand.Organization, globex.Brand.LogoOf = "Globex", "Globex"
	byEmail := page
	byEmail.ByEmail = true
	nobodys.Unvouched = true
	long := Client{Name: "Gesellschaft für außerordentlich langatmige Anwendungsbezeichnungen und Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"}
	many := []Scope{{Name: "openid"}, {Name: "profile"}, {Name: "email"}, {Name: "address"}, {Name: "phone"}, {Name: "offline_access"}}
	for i := range 20 {
		many = append(many, Scope{Name: "https://api.example.com/auth/orders.archive.readonly." + strconv.Itoa(i), Description: "Read the archive of orders, with everything that was ever ordered, delivered or sent back"})
	}
	who := "a.very.long.address.that.somebody.really.has@subdomain.of.a.department.example.com"
	lost := RecoverFrame{Page: page, Client: client, Flow: "f", CSRF: "c"}
	second := FactorFrame{Page: page, Client: client, Flow: "f", CSRF: "c", User: who}
	passkeys := PasskeyView{Options: `{"challenge":"AAAA"}`}
	costly, tooSoon := EffortView{Challenge: "Y2hhbGxlbmdl", Bits: 15, Wait: 10}, EffortView{Challenge: "Y2hhbGxlbmdl", Bits: 15, Wait: 4, Early: true}
	const otpauth = "otpauth://totp/Acme:a@example.com?secret=ABCDEFGH&issuer=Acme"
	up := SignUpFrame{Page: page, Client: client, Flow: "f", CSRF: "c"}
	all := map[string]specimen{
		"sign-in":                {SignInView{Page: page, Client: client, Flow: "f", CSRF: "c"}, "login-form username password show-password caps-lock remember submit cancel client-logo policy tos"},
		"sign-in, providers":     {SignInView{Page: page, Client: client, Flow: "f", CSRF: "c", Providers: []ProviderButton{{Slug: "work", Name: "Example Work"}, {Slug: "down", Name: "Another provider", Down: true}}}, "username password submit providers provider-work provider-down"},
		"sign-in, connecting":    {SignInView{Page: page, Client: client, Flow: "f", CSRF: "c", Connecting: "Example Work", ConnectingLabel: who}, "connecting username password submit"},
		"provider problem":       {ProviderProblemView{Page: page, Client: client, Code: "federation_unavailable", Name: "Example Work", Back: "/login"}, "error back error-code"},
		"sign-in, first":         {IdentifyView{SignInView{Page: page, Client: client, Flow: "f", CSRF: "c", SignUp: true, Passkey: passkeys, Providers: []ProviderButton{{Slug: "work", Name: "Example Work"}}}}, "login-form username submit cancel local providers use-passkey sign-up"},
		"realm":                  {RealmView{Page: page, Client: client, Flow: "f", CSRF: "c", Domain: "acme.example", Username: who, Required: true, Providers: []ProviderButton{{Slug: "work", Name: "Example Work"}}, Back: "/login"}, "realm providers provider-work back"},
		"realm, several":         {RealmView{Page: page, Client: client, Flow: "f", CSRF: "c", Domain: "acme.example", Username: who, Providers: []ProviderButton{{Slug: "work", Name: "Example Work"}, {Slug: "down", Name: "Another provider", Down: true}}, Back: "/login"}, "realm providers provider-work provider-down back"},
		"realm, none":            {RealmView{Page: page, Client: client, Flow: "f", CSRF: "c", Domain: "acme.example", Required: true, Back: "/login"}, "realm back"},
		"connect identity":       {ConnectIdentityView{Page: page, Client: client, Flow: "f", CSRF: "c", Provider: "Example Work", Label: who, User: who}, "connect connect-form submit skip"},
		"sign-in or a code":      {SignInView{Page: page, Client: client, ByMail: true, SignUp: true}, "username password submit by-mail cancel"},
		"sign-in by email":       {SignInView{Page: byEmail, Client: client}, "username password submit"},
		"sign-in again":          {SignInView{Page: page, Username: "a", Remember: true, Problem: SignInWrong}, "username password submit cancel problem"},
		"factor":                 {FactorView{FactorFrame: second, App: true}, "lead factor-form code submit use-recovery use-another cancel"},
		"factor, trust":          {FactorView{FactorFrame: second, App: true, Trust: 30 * 24 * 3600}, "lead factor-form code trust submit use-recovery use-another cancel"},
		"device":                 {deviceOf(second, DeviceView{Email: who, Life: 900}), "sent device-form code code-hint submit again use-another cancel"},
		"device, wrong":          {deviceOf(second, DeviceView{Email: who, Life: 900, Again: true, Code: "1234", Problem: DeviceWrong}), "sent code submit problem"},
		"device, throttled":      {deviceOf(second, DeviceView{Email: who, Life: 900, Problem: DeviceThrottled, RetryAfter: 600}), "sent code submit problem"},
		"device, unreachable":    {deviceOf(second, DeviceView{Unreachable: true}), "unreachable use-another cancel"},
		"factor, passkey, trust": {FactorView{FactorFrame: second, Passkey: passkeys, Trust: 30 * 24 * 3600}, "lead trust use-passkey use-recovery"},
		"factor, both":           {FactorView{FactorFrame: second, App: true, Passkey: passkeys}, "lead code submit use-passkey use-recovery"},
		"factor, passkey":        {FactorView{FactorFrame: second, Passkey: passkeys}, "lead use-passkey use-recovery use-another cancel"},
		"factor, no passkey":     {FactorView{FactorFrame: second, Passkey: PasskeyView{Options: "{}", Problem: PasskeyRefused}}, "problem use-passkey use-recovery"},
		"passkey offer":          {PasskeyOfferView{FactorFrame: second, Passkey: passkeys}, "use-passkey later"},
		"passkey, silent":        {silentSpecimen{FactorFrame: second, Passkey: passkeys}, "go-on"},
		"sign-in, effort":        {SignInView{Page: page, Client: client, Flow: "f", CSRF: "c", Username: who, Effort: costly, Recover: true, ByMail: true}, "effort effort-password effort-wait effort-working username password submit by-mail cancel"},
		"recover, effort":        {RecoverView{RecoverFrame: lost, Username: who, Effort: costly}, "effort effort-wait effort-working username submit cancel"},
		"recover code, effort":   {RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900, Effort: tooSoon}, "effort effort-wait code submit again"},
		"by mail, effort":        {MailSignInView{RecoverFrame: lost, Username: who, Effort: tooSoon}, "effort effort-wait username submit cancel"},
		"passkey demanded":       {PasskeyDemandedView{FactorFrame: second, Organization: "Acme Inc.", Passkey: passkeys}, "only use-passkey use-another cancel"},
		"passkey demanded, late": {PasskeyDemandedView{FactorFrame: second, Organization: "Acme Inc.", Passkey: PasskeyView{Options: "{}", Problem: PasskeyLate}}, "only use-passkey problem cancel"},
		"passkey, later":         {PasskeyDemandedView{FactorFrame: second, Organization: "Acme Inc.", From: time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)}, "only from use-another cancel"},
		"passkey offer, again":   {PasskeyOfferView{FactorFrame: second, Passkey: PasskeyView{Options: "{}", Problem: PasskeyTaken}}, "use-passkey later problem"},
		"sign-in, passkeys":      {SignInView{Page: page, Client: client, Passkey: passkeys, SignUp: true, Recover: true}, "username password submit use-passkey sign-up"},
		"sign-in, by passkey":    {SignInView{Page: page, Client: client, Flow: "f", CSRF: "c", Passkey: passkeys, Only: SignInPasskey, Organization: "Acme Inc."}, "only use-passkey cancel"},
		"sign-in, by password":   {SignInView{Page: page, Client: client, Only: SignInPassword, Organization: "Acme Inc."}, "only username password submit cancel"},
		"sign-in, branded":       {SignInView{Page: globex, Client: client, Flow: "f", CSRF: "c"}, "on login-form username password submit cancel client-logo"},
		"sign-in, own logo":      {SignInView{Page: globex, Client: Client{Name: "Files"}, Flow: "f", CSRF: "c"}, "on logo username password submit cancel"},
		"sign-in, late":          {SignInView{Page: page, Passkey: PasskeyView{Options: "{}", Problem: PasskeyLate}}, "username use-passkey problem"},
		"factor, recovery":       {FactorView{FactorFrame: second, Recovery: true}, "lead factor-form code submit use-app use-another cancel"},
		"factor, wrong":          {FactorView{FactorFrame: second, Problem: FactorWrong}, "code submit problem"},
		"factor, throttled":      {FactorView{FactorFrame: second, Recovery: true, Problem: FactorThrottled}, "code submit problem"},
		"enrol":                  {EnrolView{FactorFrame: second, URI: otpauth, Secret: "ABCD EFGH"}, "factor-form qr secret otpauth code submit use-another cancel"},
		"enrol, passkey":         {EnrolView{FactorFrame: second, URI: otpauth, Secret: "ABCD EFGH", Passkey: passkeys}, "qr code submit use-passkey"},
		"enrol, wrong":           {EnrolView{FactorFrame: second, URI: otpauth, Secret: "ABCD EFGH", Problem: EnrolWrong}, "qr code submit problem"},
		"recovery codes":         {RecoveryCodesView{Page: page, Action: "/login/factor/codes", Codes: []string{"abcd-efgh-jkmn", "0123-4567-89ab"}}, "codes submit"},
		"recover":                {RecoverView{RecoverFrame: lost}, "recover-form username username-hint submit back-to-sign-in cancel"},
		"recover, throttled":     {RecoverView{RecoverFrame: lost, Username: who, Problem: RecoverThrottled, RetryAfter: 70}, "username submit problem"},
		"by mail":                {MailSignInView{RecoverFrame: lost, Passkeys: true}, "mail-form username username-hint remember submit use-password cancel"},
		"by mail, throttled":     {MailSignInView{RecoverFrame: lost, Username: who, Problem: RecoverThrottled, RetryAfter: 70}, "username submit problem"},
		"by mail, code":          {MailSignInCodeView{RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900}}, "sent code code-hint submit again other-user use-password cancel"},
		"by mail, wrong":         {MailSignInCodeView{RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900, Again: true, Code: "1234", Problem: RecoverCodeWrong}}, "sent code submit problem"},
		"by mail, link":          {MailSignInLinkView{Page: page, Client: client, CSRF: "c", Username: who}, "mail-form submit"},
		"by mail, elsewhere":     {MailSignInLinkView{Page: page, Elsewhere: true}, "elsewhere account"},
		"recover code":           {RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900}, "sent code code-hint submit again other-user back-to-sign-in cancel"},
		"recover code, wrong":    {RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900, Again: true, Code: "1234", Problem: RecoverCodeWrong}, "sent code submit problem"},
		"recover code, late":     {RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900, Problem: RecoverExpired}, "sent code submit problem"},
		"recover code, busy":     {RecoverCodeView{RecoverFrame: lost, Username: who, Life: 900, Problem: RecoverBusy, RetryAfter: 3}, "code submit problem"},
		"recover password, none": {RecoverPasswordView{RecoverFrame: lost, Username: who, Factor: true, None: true, Rules: PasswordRules{8, 256}}, "no-password recover-form password submit cancel back-to-sign-in"},
		"recover password":       {RecoverPasswordView{RecoverFrame: lost, Username: who, Rules: PasswordRules{8, 256}}, "recover-form password show-password password-hint submit cancel"},
		"recover password, wrong": {
			RecoverPasswordView{RecoverFrame: lost, Username: who, Factor: true, FactorProblem: FactorWrong, Rules: PasswordRules{8, 256}},
			"code password submit problem",
		},
		"new password":           {NewPasswordView{Page: page, Client: client, Flow: "f", CSRF: "c", User: who, Rules: PasswordRules{15, 256}}, "lead password-form password submit use-another cancel"},
		"new password, breached": {NewPasswordView{Page: page, Client: client, Flow: "f", CSRF: "c", User: who, Breached: true, Rules: PasswordRules{15, 256}, Password: PasswordBreached}, "lead password submit problem"},
		"new password, busy":     {NewPasswordView{Page: page, Client: client, Flow: "f", CSRF: "c", User: who, RetryAfter: 3, Rules: PasswordRules{15, 256}}, "lead password submit problem"},
		"sign-in, forgotten":     {SignInView{Page: page, Client: client, Flow: "f", Recover: true}, "username password forgot submit cancel"},
		"sign-up, effort":        {SignUpView{SignUpFrame: up, Email: who, Effort: costly}, "effort effort-wait email submit cancel"},
		"sign-up":                {SignUpView{SignUpFrame: up}, "sign-up-form email email-hint submit have-account cancel"},
		"sign-up, wrong":         {SignUpView{SignUpFrame: up, Problem: SignUpThrottled, RetryAfter: 7}, "email submit problem"},
		"sign-up, no address":    {SignUpView{SignUpFrame: up, Problem: SignUpEmail}, "email submit problem"},
		"sign-up code":           {SignUpCodeView{SignUpFrame: up, Email: "a@x", Life: 900}, "sent code code-hint submit again other-email have-account cancel"},
		"sign-up code, again":    {SignUpCodeView{SignUpFrame: up, Email: "a@x", Life: 900, Again: true}, "sent code submit again"},
		"sign-up code, wrong":    {SignUpCodeView{SignUpFrame: up, Email: "a@x", Code: "1234", Problem: SignUpCodeWrong}, "code submit problem"},
		"sign-up account":        {SignUpAccountView{SignUpFrame: up, Email: "a@x", MaxName: 200, Rules: PasswordRules{8, 256}}, "username name password show-password password-hint submit other-email have-account cancel"},
		"sign-up account, wrong": {
			SignUpAccountView{SignUpFrame: up, Email: "a@x", Name: "Ann", Rules: PasswordRules{8, 256}, Problem: SignUpPassword, Password: PasswordPattern},
			"name password submit problem",
		},
		"sign-up account, taken": {SignUpAccountView{SignUpFrame: up, Email: "a@x", Rules: PasswordRules{8, 256}, Problem: SignUpTaken}, "problem have-account"},
		"sign-up account, login": {
			SignUpAccountView{SignUpFrame: up, Email: "a@x", AskLogin: true, Login: "ann", Rules: PasswordRules{8, 256}, Problem: SignUpLoginTaken},
			"problem username login login-hint name password",
		},
		"sign-up link":             {linkSpecimen{SignUpFrame: SignUpFrame{Page: page, CSRF: "c"}, Email: who, MaxName: 200, Rules: PasswordRules{8, 256}}, "sign-up-form username name password submit"},
		"sign-up link, login":      {linkSpecimen{SignUpFrame: SignUpFrame{Page: page, CSRF: "c"}, Email: who, AskLogin: true, Login: "@", Rules: PasswordRules{8, 256}, Problem: SignUpLogin}, "problem login name password submit"},
		"sign-up link, done":       {SignUpLinkDoneView{Page: page, Email: who}, "sign-up-done"},
		"sign-up link, taken":      {SignUpLinkDoneView{Page: page, Email: who, Taken: true}, "sign-up-done"},
		"confirm email":            {ConfirmEmailView{Page: page, CSRF: "c", Email: "a@x", User: who}, "confirm-email confirm-email-form submit"},
		"confirm email, away":      {ConfirmEmailView{Page: page, Email: who, State: ConfirmEmailElsewhere}, "confirm-email"},
		"confirm email, done":      {ConfirmEmailView{Page: page, Email: "a@x", User: who, State: ConfirmEmailDone}, "confirm-email"},
		"confirm email, taken":     {ConfirmEmailView{Page: page, Email: "a@x", State: ConfirmEmailTaken}, "confirm-email"},
		"sign-up account, name":    {SignUpAccountView{SignUpFrame: up, Email: "a@x", MaxName: 200, Rules: PasswordRules{8, 256}, Problem: SignUpLongName}, "problem name"},
		"sign-in or up":            {SignInView{Page: page, Client: client, SignUp: true}, "username password submit cancel sign-up"},
		"leave":                    {LeaveView{Page: page, Client: client, Host: "rp.example", Code: "login_required", Continue: "https://rp.example/cb?error=x"}, "leave redirect-host error-code continue"},
		"leave, by form":           {LeaveView{Page: page, Host: "rp.example", Code: "x", Action: "https://rp.example/cb", Fields: []Field{{"error", "x"}}}, "leave redirect-host continue"},
		"reauth":                   {SignInView{Page: page, Client: client, Username: "a", ReauthUser: "a@x"}, "username password submit cancel reauth"},
		"throttled":                {SignInView{Page: page, Problem: SignInThrottled, RetryAfter: 7}, "username password submit cancel problem"},
		"busy":                     {SignInView{Page: page, Problem: SignInBusy, RetryAfter: 7}, "username password submit cancel problem"},
		"accounts":                 {AccountChooserView{Page: page, Client: client, Accounts: []Account{{ID: "1", Name: "A", Identifier: "a@x"}, {ID: "2", Identifier: "b@x"}}}, "account-0 account-1 use-another cancel client-logo"},
		"consent, nobody's app":    {ConsentView{Page: page, Client: nobodys, User: "a@x", RedirectHost: "rp.example", Scopes: many[:6]}, "allow deny unreviewed"},
		"consent":                  {ConsentView{Page: page, Client: client, User: "a@x", RedirectHost: "rp.example", Scopes: []Scope{{Name: "openid"}, {Name: "x", Description: "X"}}}, "allow deny switch-account redirect-host client-logo policy tos"},
		"consent, long":            {ConsentView{Page: page, Client: long, User: who, RedirectHost: "a-very-long-host-name.that-nobody-can-read.apps.example.com:8443", Scopes: many}, "allow deny redirect-host"},
		"sign-in, long":            {SignInView{Page: page, Client: long, Username: who, ReauthUser: who, SignUp: true}, "username password reauth"},
		"organizations":            {OrganizationChooserView{Page: page, Client: client, User: who, Organizations: []Organization{{ID: "1", Name: "Acme"}, {ID: "2", Name: long.Name}, {ID: "3", Name: "Old", Suspended: true}}}, "lead organization-0 organization-1 cancel use-another"},
		"organizations, optional":  {OrganizationChooserView{Page: page, Client: client, User: who, Without: true, Organizations: []Organization{{ID: "1", Name: "Acme"}}}, "organization-0 without cancel"},
		"organizations, none":      {OrganizationChooserView{Page: page, Client: client, User: who}, "lead cancel use-another"},
		"organizations, suspended": {OrganizationChooserView{Page: page, Client: client, User: who, Organizations: []Organization{{ID: "3", Name: "Old", Suspended: true}}}, "lead cancel use-another"},
		"accounts, long":           {AccountChooserView{Page: page, Client: long, RedirectHost: "127.0.0.1:5555", Accounts: []Account{{ID: "1", Name: long.Name, Identifier: who}}}, "account-0"},
		"logout, long":             {LogoutConfirmView{Page: page, ClientName: long.Name}, "logout-yes"},
		"logout":                   {LogoutConfirmView{Page: page, ClientName: "Shop"}, "logout-yes logout-no"},
		"logout of all":            {LogoutConfirmView{Page: page}, "logout-yes logout-no"},
		"logged out":               {SignedOutView{Page: page}, "logged-out"},
		"logged out, on":           {SignedOutView{Page: page, ClientName: "Shop", Continue: "com.example.shop:/out?state=x"}, "logged-out continue"},
		"invitation":               {invited(page, who, InvitationAccept), "invitation roles invitation-form submit"},
		"invitation, other":        {invited(page, who, InvitationSwitch), "invitation who invitation-form switch"},
		"invitation, unproved":     {invited(page, who, InvitationUnproved), "invitation who switch"},
		"invitation, sign in":      {invited(page, who, InvitationSignIn), "invitation who sign-in"},
		"invitation, new":          {invited(page, who, InvitationNew), "invitation who other username name password submit"},
		"invitation, done":         {invited(page, who, InvitationDone), "invitation continue"},
		"invitation, accepted":     {invited(page, who, InvitationAccepted), "invitation account"},
		"invitation, revoked":      {invited(page, who, InvitationRevoked), "invitation account"},
		"invitation, expired":      {invited(page, who, InvitationExpired), "invitation account"},
		"invitation, suspended":    {invited(page, who, InvitationSuspended), "invitation account"},
		"logged out everywhere": {SignedOutView{
			Page: page, ClientName: "Shop", Continue: "https://rp.example/out",
			Frames: []string{"https://a.example/out?iss=i&sid=s", "https://b.example/out"},
		}, "logged-out continue"},
		"error":       {ErrorView{Page: page, Status: 400, Code: "invalid_redirect_uri", Message: "M"}, "error error-code error-message request-id"},
		"error, ours": {ErrorView{Page: page, Status: 500, Code: "server_error", Message: "M"}, "error error-code request-id"},
		"error, explained": {ErrorView{Page: page, Status: 400, Code: "invalid_redirect_uri", Explanation: &Explanation{
			Problem:  "The redirect_uri is not one that the client demo-web has registered. Every byte counts.",
			Compared: Compare("http://127.0.0.1:5555/callback/", []string{"https://app.example.com/cb", "http://127.0.0.1:5555/callback"}),
			Steps:    []string{"Either send what is registered, or, if the address is your app's, register it as well."},
			Command:  "plinto client update demo-web --tenant demo --redirect-uri http://127.0.0.1:5555/callback --redirect-uri http://127.0.0.1:5555/callback/",
			Sent:     []Field{{"client_id", "demo-web"}, {"redirect_uri", "http://127.0.0.1:5555/callback/"}},
		}}, "error explain explain-problem sent-value registered difference command copy error-code request-id"},
		"error, ways on":   {ErrorView{Page: page, Status: 400, Code: "invalid_redirect_uri", Message: "M", Client: "Shop", Return: "https://rp.example/start", Home: "/"}, "error error-code return return-host home"},
		"gone":             {GoneView{Page: page, Reason: GoneExpired, Home: "/"}, "gone error-code home"},
		"gone, again":      {GoneView{Page: page, Reason: GoneExpired, Client: "Shop", Return: "https://rp.example/", Again: "/oauth2/authorize/continue?flow=x", Home: "/"}, "gone error-code again return return-host home"},
		"gone, signed in":  {GoneView{Page: page, Reason: GoneSignedIn, User: who, Client: long.Name, Return: "https://a-very-long-host-name.that-nobody-can-read.apps.example.com:8443/", Home: "/"}, "gone return return-host home"},
		"gone, no cookies": {GoneView{Page: page, Reason: GoneCookies, Client: "Shop", Return: "https://rp.example/", Home: "/"}, "gone return home"},
		"gone, a bookmark": {GoneView{Page: page, Reason: GoneNothing, Home: "/"}, "gone home"},
		"onward":           {OnwardView{Page: page, Target: "https://rp.example/cb?code=x&state=y"}, "continue"},
		"logged out, back": {SignedOutView{Page: page, ClientName: "Shop", Return: "https://rp.example/"}, "logged-out return return-host"},
		"consent for APIs": {ConsentView{
			Page: page, Client: client, User: "a@x", RedirectHost: "rp.example", Shown: "d", Changed: true, Scopes: []Scope{{Name: "openid"}},
			Resources: []Resource{
				{Name: "Orders", Identifier: "https://api.example.com/orders", Scopes: []Scope{{"orders:read", "Read your orders"}, {Name: "orders:write"}}},
				{Identifier: "https://a-very-long-host-name.that-nobody-can-read.apis.example.com/v1/all/of/it"},
			},
		}, "allow deny changed redirect-host"},
		"form post":             {FormPostView{Page: page, Action: "https://rp.example/cb", Fields: []Field{{"code", "x"}}}, "form-post submit"},
		"recover link":          {RecoverLinkView{Page: page, Username: who, Rules: PasswordRules{8, 256}}, "recover-form password show-password password-hint submit"},
		"recover link, factors": {RecoverLinkView{Page: page, Username: who, ResetFactors: true, Rules: PasswordRules{8, 256}, Password: PasswordShort}, "recover-form factors-go password problem submit"},
		"recover link, done":    {RecoverLinkDoneView{Page: page, Username: who}, "recover-done account"},
		"set-up":                {SetupAdminView{Page: page, Rules: PasswordRules{8, 256}}, "name email password submit password-hint"},
		"set-up, wrong":         {SetupAdminView{Page: page, Rules: PasswordRules{8, 256}, Password: PasswordShort}, "name email password submit problem password-hint"},
		"set-up, taken":         {SetupAdminView{Page: page, Problem: SetupTaken}, "problem"},
		"set-up, other":         {SetupAdminView{Page: page, Problem: SetupOther}, "problem"},
		"not me":                {NotMeView{Page: page, Username: who}, "not-me-form submit"},
		"not me, factor":        {NotMeView{Page: page, Username: who, Factor: true}, "not-me-form submit"},
		"not me, emails":        {NotMeView{Page: page, Username: who, Emails: true}, "not-me-form submit"},
		"not me, done":          {NotMeDoneView{Page: page, Username: who}, "not-me-done account"},
		"set up":                {SetupDoneView{Page: page, Email: "a@x", Issuer: "https://id.example.com/t/system"}, "setup-done"},
		"home, in":              {HomeView{Page: page, Discovery: "/d", User: "a@x", SignOut: "/logout"}, "signed-in sign-out account discovery"},
		"home, out":             {HomeView{Page: page, Discovery: "/d"}, "signed-out account discovery"},
		"dev home": {DevHomeView{Page: page, Seed: "s.yaml", Links: []Link{{"T", "/x", "t"}}, Tenants: []DevTenant{
			{Name: "Acme", Issuer: "https://i", Discovery: "https://i/d", Users: []DevUser{{"u", "p"}, {"v", ""}}, More: 3}, {Name: "B", Issuer: "https://b", Problem: "P"},
		}, Operators: []Link{{"A", "/a", "a"}}, Login: "plinto login https://i", Waits: true}, "operators login"},
		"dev home, empty": {DevHomeView{Page: page, Seed: "s.yaml"}, "no-tenant"},
		"authenticator":   {DevAuthenticatorView{Page: page}, "authenticator key submit"},
		"authenticator, apps": {DevAuthenticatorView{Page: page, Again: 9, Apps: []DevApp{
			{User: "u@x", Tenant: "Acme", Name: "Phone", Code: "123 456"}, {User: "v", Tenant: "Acme", Code: "654 321", Used: true},
		}}, "again apps authenticator key submit"},
		"authenticator, code":  {DevAuthenticatorView{Page: page, Key: "JBSW Y3DP", Code: "123 456", Left: 12}, "code key submit"},
		"authenticator, wrong": {DevAuthenticatorView{Page: page, Key: "?", Problem: true}, "problem key submit"},
		"mails":                {MailListView{Page: page, Mails: []Mail{{ID: "1", Subject: "S"}}}, "mails"},
		"no mails":             {MailListView{Page: page}, "no-mail"},
		"mail previews": {MailPreviewsView{
			Page: page, Tenant: "Acme", Query: "?tenant=acme", Languages: Locales(), Tenants: []Link{{Title: "Acme", URL: "/a"}, {Title: "B", URL: "/b"}},
			Kinds: []MailKind{{"password.changed", "Your Acme password was changed"}, {"recovery.code", "1234 5678 is your Acme code"}},
		}, "kinds tenants"},
		"mail previews of nobody": {MailPreviewsView{Page: page}, "no-tenant"},
		"mail":                    {MailView{Page: page, Mail: Mail{Subject: "S", Text: "T", HTML: "<b>H</b>", Drawn: "/dev/mail/1/html", ReplyTo: "r@x"}}, "message drawn text"},
		"mail, text alone":        {MailView{Page: page, Mail: Mail{Subject: "S", Text: "At https://i/x."}}, "text"},
		"playground": {PlaygroundView{
			Page: page, Client: "k", Clients: []PlaygroundClient{{Name: "C", Issuer: "https://i", Current: true, Usable: true}, {Name: "D", Issuer: "https://i", URL: "/d", Usable: true, Why: "W"}},
			SignedIn: true, CanRefresh: true, CanIntrospect: true, MayManage: true, API: "https://i/admin/v1", Token: "t", Error: "E",
			Tries:   []PlaygroundTry{{Value: "login", Title: "L", Text: "T", Link: Link{Title: "M", URL: "/m"}}, {Value: "max_age", Title: "A", Text: "T"}},
			Outcome: &PlaygroundOutcome{Title: "O", Lines: []PlaygroundLine{{"acr", "urn:x", "Reached."}}},
			Attacks: []PlaygroundTry{{Value: "replay", Title: "R", Text: "T"}},
			Exchanges: []Exchange{
				{Number: 2, Title: "Attack: T", Text: "W", Request: "GET /", Response: "400", Verdict: "Refused", Held: true, Curl: "curl -i 'x'"},
				{Number: 1, Title: "T", Request: "GET /", Response: "200", Curl: "c", Spent: true, Tokens: []Token{{"ID token", "{}", "{}", []PlaygroundLine{{"iss", "https://i", "Who."}, {"x", "1", ""}}}}},
			},
		}, "api management management-list management-make management-curl clients scope prompt start tries attacks attack-replay curl-1 curl-2 outcome problem userinfo refresh introspect revoke logout steps"},
		"playground, attack that worked": {PlaygroundView{
			Page: page, Clients: []PlaygroundClient{{Name: "C", Issuer: "https://i", Current: true, Usable: true}, {Name: "A", Key: "a", Adoptable: true}, {Name: "O", Why: "is disabled"}},
			AsksSecret: true, KnowsSecret: true, Exchanges: []Exchange{{Number: 1, Title: "Attack: T", Verdict: "Not refused"}},
		}, "clients others secret start steps"},
		"dev, not found": {DevMissingView{page}, "missing"},
	}
	maps.Copy(all, accountSpecimens(page, client, who))
	maps.Copy(all, referenceSpecimens(page))
	return all
}

func render(t *testing.T, view any) *goquery.Document {
	t.Helper()
	var out bytes.Buffer
	if err := draw(view).Render(t.Context(), &out); err != nil {
		t.Fatalf("render %T: %v", view, err)
	}
	doc, err := goquery.NewDocumentFromReader(&out)
	if err != nil {
		t.Fatalf("parse %T: %v", view, err)
	}
	return doc
}

// eachSpecimen runs f on every page in every language.
func eachSpecimen(t *testing.T, f func(t *testing.T, s specimen, doc *goquery.Document, lang string)) {
	t.Helper()
	for i, lang := range Locales() {
		for name, s := range specimens(Locale{i}) {
			t.Run(lang+"/"+name, func(t *testing.T) {
				t.Parallel()
				f(t, s, render(t, s.view), lang)
			})
		}
	}
}

func TestPages_haveTheIDsThatScriptsRelyOnOnce(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, s specimen, doc *goquery.Document, _ string) {
		t.Helper()
		seen := map[string]int{}
		doc.Find("[id]").Each(func(_ int, e *goquery.Selection) { seen[e.AttrOr("id", "")]++ })
		for id, n := range seen {
			if n != 1 {
				t.Errorf("#%s is there %d times", id, n)
			}
		}
		for id := range strings.FieldsSeq(s.ids) {
			if seen[id] == 0 {
				t.Errorf("no #%s", id)
			}
		}
	})
}

func TestPages_areReadableByAssistiveTechnology(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, lang string) {
		t.Helper()
		if doc.Find("body.wide, body.docs").Length() == 1 {
			lang = "en" // pages for developers are in English
		}
		if got := doc.Find("html").AttrOr("lang", ""); got != lang {
			t.Errorf("lang is %q, want %q", got, lang)
		}
		if got, want := doc.Find("html").AttrOr("dir", "ltr"), map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]; got != want {
			t.Errorf("dir is %q, want %q", got, want)
		}
		if doc.Find("h1").Length() != 1 || doc.Find("main").Length() != 1 || strings.TrimSpace(doc.Find("title").Text()) == "" {
			t.Error("want one h1, one main and a title")
		}
		doc.Find("input:not([type=hidden]):not([aria-hidden=true]), select, textarea").Each(func(_ int, in *goquery.Selection) {
			id := in.AttrOr("id", "")
			if id == "" || strings.TrimSpace(doc.Find("label[for='"+id+"']").Text()) == "" {
				t.Errorf("the field %q has no label", in.AttrOr("name", ""))
			}
		})
		doc.Find("[aria-describedby], [aria-labelledby]").Each(func(_ int, e *goquery.Selection) {
			for id := range strings.FieldsSeq(e.AttrOr("aria-describedby", "") + " " + e.AttrOr("aria-labelledby", "")) {
				if doc.Find("#"+id).Length() != 1 {
					t.Errorf("described by #%s, which is not there", id)
				}
			}
		})
		if doc.Find("[autofocus]").Length() > 1 {
			t.Error("two fields want the focus")
		}
		doc.Find("img:not([alt])").Each(func(int, *goquery.Selection) { t.Error("a picture has no alt") })
		doc.Find("button, a").Each(func(_ int, b *goquery.Selection) {
			if strings.TrimSpace(b.Text()) == "" {
				t.Error("a button or link has no text")
			}
		})
	})
}

// Addresses, passwords, codes and hosts run from left to right on every page; names and
// user names as their letters do.
func TestPages_keepTheOrderOfWhatIsNoSentence(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, lang string) {
		t.Helper()
		if doc.Find("body.wide, body.docs").Length() == 1 {
			return // in English
		}
		doc.Find("input[type=text], input[type=email], input[type=password]").Each(func(_ int, in *goquery.Selection) {
			want := "ltr"
			if slices.Contains([]string{"name", "given_name", "family_name", "nickname"}, in.AttrOr("name", "")) {
				want = "auto"
			}
			if got := in.AttrOr("dir", ""); got != want {
				t.Errorf("the field %q has dir %q, want %q", in.AttrOr("name", ""), got, want)
			}
		})
		doc.Find("code, main strong, main [lang=en]").Each(func(_ int, e *goquery.Selection) {
			if e.Closest("[dir]:not(html)").Length() == 0 {
				t.Errorf("nothing says how %q runs", e.Text())
			}
		})
	})
}

func TestPages_replaceEveryPlaceholder(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, _ specimen, doc *goquery.Document, _ string) {
		t.Helper()
		doc.Find("pre, script, style, .endpoint, .limit").Remove() // paths and patterns of the API have braces
		if text := doc.Text(); strings.ContainsAny(text, "{}") {
			t.Errorf("a placeholder is left in %q", text)
		}
	})
}

// strictCSP fails the test when a page holds what the policy of every page would
// block, or what somebody could have put there.
func strictCSP(t *testing.T, doc *goquery.Document, scripts int) {
	t.Helper()
	doc.Find("*").Each(func(_ int, e *goquery.Selection) {
		for _, a := range e.Nodes[0].Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "formaction" {
				t.Errorf("<%s> has the attribute %s=%q", goquery.NodeName(e), a.Key, a.Val)
			}
			if a.Key == "href" || a.Key == "src" || a.Key == "action" {
				scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":")
				if slices.Contains([]string{"javascript", "vbscript", "http"}, scheme) {
					t.Errorf("<%s> has %s=%q", goquery.NodeName(e), a.Key, a.Val)
				}
			}
		}
	})
	doc.Find("iframe").Each(func(_ int, e *goquery.Selection) {
		src := e.AttrOr("src", "")
		// A mail is of this server: it gets neither scripts nor the origin.
		ours := strings.HasPrefix(src, "/dev/mail/") && !strings.Contains(e.AttrOr("sandbox", "allow-scripts"), "allow-s")
		if _, ok := e.Attr("sandbox"); !ok || !strings.HasPrefix(src, "https://") && !ours {
			t.Errorf("a frame shows %q, or without a sandbox", e.AttrOr("src", ""))
		}
	})
	if doc.Find("svg#qr").Length() > 0 && doc.Find("svg#qr *").Length() != doc.Find("svg#qr > path").Length() {
		t.Error("the QR code holds more than its path")
	}
	doc.Find("object, embed, base, svg:not(#qr)").Each(func(_ int, e *goquery.Selection) {
		t.Errorf("there is a <%s>", goquery.NodeName(e))
	})
	doc.Find("script[src]").Each(func(_ int, e *goquery.Selection) {
		src := e.AttrOr("src", "")
		if !slices.ContainsFunc([]string{"page.js", "passkey.js", "effort.js", "playground.js", "reference.js"}, func(name string) bool { return strings.HasSuffix(src, AssetPrefix+names[name]) }) {
			t.Errorf("a script comes from %q", src)
		}
	})
	doc.Find("link").Each(func(_ int, e *goquery.Selection) {
		if href := e.AttrOr("href", ""); strings.Contains(href, "://") || strings.HasPrefix(href, "//") {
			t.Errorf("a <link> goes to %q", href)
		}
	})
	if got := doc.Find("script").Length(); got != scripts {
		t.Errorf("%d scripts, want %d", got, scripts)
	}
	if doc.Find("script:not([nonce]), style:not([nonce])").Length() > 0 {
		t.Error("a script or style has no nonce")
	}
}

// scriptOf returns how many scripts a form for a passkey has.
func scriptOf(v PasskeyView) int {
	if v.Options != "" {
		return 1
	}
	return 0
}

func effortOf(v EffortView) int { return min(len(v.Challenge), 1) }

// scriptsOf is how many scripts a page ships: ours, but not where an answer to a client
// is or nothing can be operated; the form post has one of its own, and so has the
// signed-out page that waits for frames before it goes on.
func scriptsOf(view any) int {
	switch v := view.(type) {
	case AccountPasskeyView:
		return 1 + scriptOf(v.Passkey)
	case AccountSecurityView:
		return 1 + min(len(v.Accepted), 1)
	case GoneView, LeaveView:
		return 0
	case PlaygroundView:
		return 1 + min(len(v.API), 1)
	case FormPostView:
		return 1
	case SignInView:
		return 1 + scriptOf(v.Passkey) + effortOf(v.Effort)
	case IdentifyView:
		return 1 + scriptOf(v.Passkey)
	case RecoverView:
		return 1 + effortOf(v.Effort)
	case RecoverCodeView:
		return 1 + effortOf(v.Effort)
	case MailSignInCodeView:
		return 1 + effortOf(v.Effort)
	case SignUpCodeView:
		return 1 + effortOf(v.Effort)
	case SignUpView:
		return 1 + effortOf(v.Effort)
	case EnrolView:
		return 1 + scriptOf(v.Passkey)
	case silentSpecimen:
		return 2
	case MailSignInView:
		if v.Passkeys {
			return 2 + effortOf(v.Effort)
		}
		return 1 + effortOf(v.Effort)
	case PasskeyDemandedView:
		return 1 + scriptOf(v.Passkey)
	case PasskeyOfferView:
		return 1 + scriptOf(v.Passkey)
	case FactorView:
		if !v.Recovery {
			return 1 + scriptOf(v.Passkey)
		}
	case ReferenceHomeView, ReferenceTopicView, ReferenceErrorsView, ReferenceErrorView:
		return 2
	case OnwardView:
		if returnLink(v.Target) == "" {
			return 0
		}
	case SignedOutView:
		if len(v.Frames) > 0 && returnLink(v.Continue) != "" {
			return 2
		}
	}
	return 1
}

func TestPages_loadAndRunNothingForeign(t *testing.T) {
	t.Parallel()
	eachSpecimen(t, func(t *testing.T, s specimen, doc *goquery.Document, _ string) {
		t.Helper()
		strictCSP(t, doc, scriptsOf(s.view))
	})
}

// fill puts text into every string of a view, however deep, and two elements into
// every list. The locale stays: its fields are not exported.
func fill(v reflect.Value, text string) { fillTo(v, text, 4) }

// fillTo is fill, with so many lists in lists: a member of the reference can have members.
func fillTo(v reflect.Value, text string, lists int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1 << 40)
	case reflect.Slice:
		if lists == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillTo(v.Index(i), text, lists-1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillTo(v.Elem(), text, lists)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Type != reflect.TypeFor[Locale]() {
				fillTo(v.Field(i), text, lists)
			}
		}
	default:
		panic("cannot fill " + v.Type().String())
	}
}

func TestPages_showHostileTextAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`<script>alert(1)</script>`, `</title></style></script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`, "`${alert(1)}`", `javascript&colon;alert(1)`, `--></textarea></pre><svg onload=alert(1)>`, "\x00<b>\xff",
	} {
		for name, s := range specimens(Locale{}) {
			t.Run(name+"/"+text, func(t *testing.T) {
				t.Parallel()
				view := reflect.New(reflect.TypeOf(s.view)).Elem()
				fill(view, text)
				doc := render(t, view.Interface())
				strictCSP(t, doc, scriptsOf(view.Interface()))
				if doc.Find("img, b, style, iframe").Length() > 0 {
					t.Error("the text became an element, or a style, or a picture of no https address")
				}
				if code := doc.Find("script").Text(); strings.Contains(code, "alert") {
					t.Errorf("the text got into the script %q", code)
				}
				if doc.Find("main").Length() != 1 || doc.Find("html > body").Length() != 1 {
					t.Error("the text broke the page")
				}
			})
		}
	}
}

// A silentSpecimen is a PasskeyOfferView on the page that has the browser make one.
type silentSpecimen PasskeyOfferView

// A linkSpecimen is a SignUpAccountView on the page of a link.
type linkSpecimen SignUpAccountView

// invited is an invitation with everything that it can have.
func invited(page Page, who string, state InvitationState) InvitationView {
	return InvitationView{
		SignUpAccountView: SignUpAccountView{SignUpFrame: SignUpFrame{Page: page, CSRF: "c"}, Email: who, MaxName: 200, Rules: PasswordRules{8, 256}},
		State:             state, Organization: "Acme Inc.", Inviter: "Alice Example", Roles: []string{"member", "billing"}, User: "bob@example.com",
		Next: "https://rp.example/login?iss=https%3A%2F%2Fid.example",
	}
}
