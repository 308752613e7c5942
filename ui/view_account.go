package ui

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"plinto/internal/paths"
)

// A Section is a part of the pages of a user's own account: a key of the translations.
type Section string

// The sections.
const (
	SectionOverview Section = "area.overview"
	SectionProfile  Section = "area.profile"
	SectionEmails   Section = "area.emails"
	SectionSecurity Section = "area.security"
	SectionDevices  Section = "area.devices"
	SectionApps     Section = "area.apps"
	SectionActivity Section = "area.activity"
)

// sections are all of them, with their pages.
var sections = []struct {
	Section
	path string
}{
	{SectionOverview, paths.Account},
	{SectionProfile, paths.AccountProfile},
	{SectionEmails, paths.AccountEmails},
	{SectionSecurity, paths.AccountSecurity},
	{SectionDevices, paths.AccountDevices},
	{SectionApps, paths.AccountApps},
	{SectionActivity, paths.AccountActivity},
}

// id names the link to a section, for tests.
func (s Section) id() string { return "section-" + string(s[len("area."):]) }

// says is the key of what a section is for.
func (s Section) says() string { return string(s) + ".says" }

// A Notice says what a form did, on the page that follows: a key of the translations.
type Notice string

// The notices.
const (
	NoticeSaved      Notice = "notice.saved"
	NoticeRenamed    Notice = "notice.renamed"
	NoticeAdded      Notice = "notice.added"
	NoticeRemoved    Notice = "notice.removed"
	NoticePassword   Notice = "notice.password"
	NoticeNoPassword Notice = "notice.no_password"
	NoticeEnded      Notice = "notice.ended"
	NoticeOthers     Notice = "notice.others"
	NoticeRevoked    Notice = "notice.revoked"
	NoticeMailed     Notice = "notice.mailed"
	NoticeEmail      Notice = "notice.email"
	NoticePrimary    Notice = "notice.primary"
	NoticeEmailGone  Notice = "notice.email_gone"
	NoticeForgotten  Notice = "notice.forgotten"
	NoticeKeyGone    Notice = "notice.key_gone"
	NoticeAgain      Notice = "notice.again"
)

// Notices are all of them.
func Notices() []Notice {
	return []Notice{
		NoticeSaved, NoticeRenamed, NoticeAdded, NoticeRemoved, NoticePassword, NoticeNoPassword, NoticeEnded, NoticeOthers, NoticeRevoked,
		NoticeMailed, NoticeEmail, NoticePrimary, NoticeEmailGone, NoticeForgotten, NoticeKeyGone, NoticeAgain,
	}
}

// An AccountFrame is what the pages of an account share.
type AccountFrame struct {
	Page
	Section Section
	CSRF    string
	User    string // how the user recognises themselves
	Name    string // may be empty
	Notice  Notice // what was just done, or ""
}

// to is the address of a page of the account.
func (f AccountFrame) to(path string) templ.SafeURL { return templ.SafeURL(f.Base + path) }

// of is the address of a page about one thing.
func (f AccountFrame) of(path, id string) templ.SafeURL {
	return templ.SafeURL(f.Base + path + "?id=" + id)
}

// AccountOverviewView is where the pages begin.
type AccountOverviewView struct {
	AccountFrame
	Bare    bool // the account has no second factor, and could have one
	Manages bool // the user has rights in the management API
}

// An AccountProblem is why a form of an account is shown again: a key of the translations.
type AccountProblem string

// The problems.
const (
	AccountLastWay       AccountProblem = "security.last_way"
	AccountPasswordStays AccountProblem = "security.password.stays"
	AccountLastFactor    AccountProblem = "security.last_factor"
	AccountFull          AccountProblem = "security.full"
	ProfileLong          AccountProblem = "profile.long"
	ProfileUnusable      AccountProblem = "profile.unusable"
	ProfileBusy          AccountProblem = "profile.busy"
)

// AccountProfileView is what applications are told of the user.
type AccountProfileView struct {
	AccountFrame
	FullName, GivenName, FamilyName, Nickname string
	Language                                  string // BCP 47 tag, or "" for none
	Languages                                 []Language
	MaxName                                   int // characters
	Problem                                   AccountProblem
	Deletes                                   bool // users may delete their accounts
}

// A Language can be chosen.
type Language struct{ Tag, Name string }

// An AccountFactor is a second factor of the user.
type AccountFactor struct {
	ID            string
	Name          string
	Model         string // of the authenticator of a passkey; "": not known
	Synced        bool   // a passkey that other devices have too
	Added, UsedAt time.Time
}

// AccountSecurityView is how the user signs in.
type AccountSecurityView struct {
	AccountFrame
	Password      bool // there is one
	Passkeys      []AccountFactor
	Apps          []AccountFactor
	Codes         int // recovery codes left
	HasPasskeys   bool
	HasFactors    bool // the tenant has second factors
	Accepted      string
	Details       string
	RecoveryCodes bool
	Removable     bool // the user can do without the password
	APIKeys       bool // the user has some, or may make one
	Identities    bool // the user has accounts at identity providers, or can connect one
}

// AccountFactorView is about one second factor.
type AccountFactorView struct {
	AccountFrame
	ID, FactorName string
	Passkey        bool
	Problem        AccountProblem
}

// named is the factor as pages call it.
func (v AccountFactorView) named() string { return factorName(v.Page, v.FactorName, v.Passkey) }

// factorName is what a user calls a factor, or what it is.
func factorName(p Page, name string, passkey bool) string {
	switch {
	case name != "":
		return name
	case passkey:
		return p.Locale.T("security.passkey")
	default:
		return p.Locale.T("security.app")
	}
}

// AccountPasskeyView makes a passkey.
type AccountPasskeyView struct {
	AccountFrame
	Passkey PasskeyView
	Full    bool
}

// AccountAppView adds an authenticator app.
type AccountAppView struct {
	AccountFrame
	URI     string // what the QR code holds
	Secret  string // the same for people who type it
	Sealed  string // the same for the server
	Problem FactorProblem
	Full    bool
}

// AccountNewCodesView asks whether to replace the recovery codes.
type AccountNewCodesView struct{ AccountFrame }

// AccountCodesView shows new recovery codes, once.
type AccountCodesView struct {
	AccountFrame
	Codes []string
}

// AccountPasswordView sets a password.
type AccountPasswordView struct {
	AccountFrame
	Has        bool // there is one
	Rules      PasswordRules
	Password   PasswordProblem
	RetryAfter int // seconds; 0: not busy
}

// AccountDataView asks whether to download what is kept of the user.
type AccountDataView struct{ AccountFrame }

// AccountNoPasswordView asks whether to remove the password.
type AccountNoPasswordView struct {
	AccountFrame
	Mails       bool // a code by mail lets the user set another one
	HasPasskeys bool // with a problem: the user can make one
	Problem     AccountProblem
}

func (v AccountPasswordView) title() string {
	if v.Has {
		return "change.title"
	}
	return "recover.new"
}

// An AccountSession is where the user is signed in.
type AccountSession struct {
	ID                string
	Browser           string // "" when it is not known
	System            string
	Address           string
	Place             string // roughly, of the address; or ""
	Current           bool
	SignedIn, LastUse time.Time
}

// AccountDevicesView lists where the user is signed in, and the browsers that are known.
type AccountDevicesView struct {
	AccountFrame
	Sessions []AccountSession
	Known    []AccountBrowser
}

// An AccountBrowser is a browser that signed the user in before.
type AccountBrowser struct {
	AccountSession
	// RememberedUntil is until when the second factor is not asked for there; zero: it is.
	RememberedUntil time.Time
}

// device words where a session is.
func (s AccountSession) device(p Page) string {
	switch {
	case s.Browser == "":
		return p.Locale.T("devices.unknown")
	case s.System == "":
		return s.Browser
	}
	return p.Locale.T("devices.device", "browser", s.Browser, "system", s.System)
}

// An AccountClient is an application that has access to the account.
type AccountClient struct {
	ID      string
	Name    string
	Host    string // where it sends users, of one that was asked about
	Scopes  []Scope
	Offline bool // it has access while the user is away
	LastUse time.Time
}

// AccountAppsView lists applications with access to the account.
type AccountAppsView struct {
	AccountFrame
	Apps []AccountClient
}

// activities are what users are told of: by the keys of their words, the types of events.
var activities = []string{
	"activity.authentication.succeeded", "activity.authentication.failed", "activity.session.ended",
	"activity.user.created", "activity.user.updated", "activity.user.disabled", "activity.user.enabled", "activity.user.signed_out",
	"activity.user.deletion_scheduled", "activity.user.deletion_cancelled",
	"activity.password.changed", "activity.password.taken", "activity.password.removed", "activity.password.breached", "activity.password.required",
	"activity.recovery.requested", "activity.recovery_link.issued", "activity.recovery_code.used", "activity.recovery_codes.replaced", "activity.recovery_codes.removed",
	"activity.factor.added", "activity.factor.removed", "activity.factor.renamed",
	"activity.consent.granted", "activity.consent.revoked",
	"activity.user.email_verified", "activity.user.email_removed", "activity.user.primary_email_changed", "activity.user.emails_taken_back",
	"activity.device.remembered", "activity.device.forgotten",
}

const activityPrefix = "activity."

// Activities are the types of events that users are told of.
func Activities() []string {
	types := make([]string, len(activities))
	for i, key := range activities {
		types[i] = key[len(activityPrefix):]
	}
	return types
}

// Who did something to an account, where that was not the user.
const (
	ByOperator = "activity.by.operator"
	ByLink     = "activity.by.link"
)

// An AccountEntry is something that happened to the account.
type AccountEntry struct {
	Type     string // of the event, one of Activities
	By       string // key of who did it, where that was not the user; or ""
	Browser  string
	System   string
	Address  string
	Place    string // roughly, of the address; or ""
	Happened time.Time
}

func (e AccountEntry) what() string { return activityPrefix + e.Type }

// where words the browser and the address of an entry.
func (e AccountEntry) where(p Page) string {
	var known []string
	if e.Browser != "" {
		known = append(known, AccountSession{Browser: e.Browser, System: e.System}.device(p))
	}
	for _, text := range []string{e.Address, e.Place} {
		if text != "" {
			known = append(known, text)
		}
	}
	return strings.Join(known, " · ")
}

// AccountActivityView lists what happened to the account.
type AccountActivityView struct {
	AccountFrame
	Entries []AccountEntry
	Older   string // query of the page with what happened before; "": nothing did
}

// AccountDeleteView asks whether to delete the account.
type AccountDeleteView struct {
	AccountFrame
	Until time.Time // when it would be gone
}

// AccountDeletedView says when the account will be gone.
type AccountDeletedView struct {
	Page
	User     string
	DeleteAt time.Time
}

// KeepAccountView asks whether to keep an account that is to be deleted.
type KeepAccountView struct {
	Page
	Client     Client
	Flow, CSRF string
	User       string
	DeleteAt   time.Time
}
