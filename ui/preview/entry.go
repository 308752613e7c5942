package preview

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"plinto/ui"
)

// An Entry is one page in one state.
type Entry struct {
	Group string // what it is listed under
	Name  string // "sign-in, throttled": the page and its state
	View  any    // of a type that Draw draws
	// Scripts says that a part of the page is shown by its script alone. Others are looked at as without
	// JavaScript: some would lead on.
	Scripts bool
}

// Slug is the name as a path segment.
func (e *Entry) Slug() string {
	return strings.NewReplacer(", ", "--", " ", "-", "'", "").Replace(strings.ToLower(e.Name))
}

// Draw draws a view by its page.
func Draw(view any) templ.Component {
	for _, draw := range []func(any) templ.Component{
		drawSignin, drawFactor, drawPasskey, drawRecover, drawSignup, drawConsent, drawProvider, drawLeave, drawErrors,
		drawAccount, drawSecurity, drawSetup, drawReference, drawDev,
	} {
		if drawn := draw(view); drawn != nil {
			return drawn
		}
	}
	panic("no page draws " + reflect.TypeOf(view).String())
}

// Entries are all pages, in a frame: of a language, a brand and an issuer.
func Entries(page ui.Page) (all []Entry) {
	s := newSample(page)
	for _, group := range []struct {
		name    string
		entries []Entry
	}{
		{"Sign-in", s.signIn()},
		{"Second steps", s.factors()},
		{"Passkeys", s.passkeyPages()},
		{"Recovery", s.recovery()},
		{"Sign-up", s.signUp()},
		{"Invitations", s.invitations()},
		{"Consent and organizations", s.consent()},
		{"Identity providers", s.providers()},
		{"Going on and signing out", s.leaving()},
		{"Errors", s.errors()},
		{"Account", s.account()},
		{"Account: security", s.security()},
		{"Account: API keys", s.keys()},
		{"Account: addresses", s.emails()},
		{"Issuer", s.setup()},
		{"Reference", s.reference()},
		{"Development", s.development()},
	} {
		for _, e := range group.entries {
			e.Group = group.name
			all = append(all, e)
		}
	}
	return all
}

// A sample is what the pages are made of: one tenant, its applications, and who uses them.
type sample struct {
	page            ui.Page
	byEmail, globex ui.Page // user names do not sign in; of an organization with a look of its own
	client          ui.Client
	nobodys, long   ui.Client // that nobody vouches for; with a name that nobody can read
	who, user       string    // the longest address, and a usual one
	lost            ui.RecoverFrame
	second          ui.FactorFrame
	up              ui.SignUpFrame
	passkeys        ui.PasskeyView
	costly, tooSoon ui.EffortView
	many            []ui.Scope
	otpauth         string
}

// How long passwords have to be: beside a second step, and alone.
var (
	short = ui.PasswordRules{Min: 8, Max: 256}
	alone = ui.PasswordRules{Min: 15, Max: 256}
)

func newSample(page ui.Page) *sample {
	s := &sample{
		page: page, byEmail: page, globex: page,
		client: ui.Client{Name: "Shop", LogoURL: foreign + "/l.png", PolicyURL: foreign + "/p", TermsURL: foreign + "/t"},
		long:   ui.Client{Name: "Gesellschaft für außerordentlich langatmige Anwendungsbezeichnungen und Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"},
		who:    "a.very.long.address.that.somebody.really.has@subdomain.of.a.department.example.com",
		user:   "alice@example.com", otpauth: "otpauth://totp/Acme:alice@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme",
		passkeys: ui.PasskeyView{Options: `{"challenge":"AAAA"}`},
		costly:   ui.EffortView{Challenge: "Y2hhbGxlbmdl", Bits: 15, Wait: 10},
		tooSoon:  ui.EffortView{Challenge: "Y2hhbGxlbmdl", Bits: 15, Wait: 4, Early: true},
		many:     []ui.Scope{{Name: "openid"}, {Name: "profile"}, {Name: "email"}, {Name: "address"}, {Name: "phone"}, {Name: "offline_access"}},
	}
	s.byEmail.ByEmail = true
	s.globex.Brand.Organization, s.globex.Brand.LogoOf = "Globex", "Globex"
	s.nobodys = s.client
	s.nobodys.Unvouched = true
	s.lost = ui.RecoverFrame{Page: page, Client: s.client, Flow: "f", CSRF: "c"}
	s.second = ui.FactorFrame{Page: page, Client: s.client, Flow: "f", CSRF: "c", User: s.who}
	s.up = ui.SignUpFrame{Page: page, Client: s.client, Flow: "f", CSRF: "c"}
	for i := range 20 {
		s.many = append(s.many, ui.Scope{
			Name:        "https://api.example.com/auth/orders.archive.readonly." + strconv.Itoa(i),
			Description: "Read the archive of orders, with everything that was ever ordered, delivered or sent back",
		})
	}
	return s
}
