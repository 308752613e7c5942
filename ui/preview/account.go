package preview

import (
	"time"

	"github.com/a-h/templ"

	"plinto/ui"
)

// frame is a page of the account in one of its sections.
func (s *sample) frame(section ui.Section) ui.AccountFrame {
	return ui.AccountFrame{Page: s.page, Section: section, CSRF: "c", User: s.who, Name: "Ann Example"}
}

// at is when everything happened.
var at = time.Date(2026, time.November, 29, 4, 5, 6, 0, time.UTC)

// account are the pages of a user's own account.
func (s *sample) account() []Entry {
	nameless := s.frame(ui.SectionOverview)
	nameless.Name, nameless.User = "", s.user
	return []Entry{
		{Name: "account", View: ui.AccountOverviewView{AccountFrame: s.frame(ui.SectionOverview), Bare: true}},
		{Name: "account, administrator", View: ui.AccountOverviewView{AccountFrame: s.frame(ui.SectionOverview), Manages: true}},
		{Name: "account, nameless", View: ui.AccountOverviewView{AccountFrame: nameless}},
		{Name: "account profile", View: ui.AccountProfileView{AccountFrame: s.frame(ui.SectionProfile), FullName: "Ann", Languages: []ui.Language{{Tag: "en", Name: "English"}, {Tag: "de", Name: "Deutsch"}}, Language: "de", Deletes: true}},
		{Name: "account profile, wrong", View: ui.AccountProfileView{AccountFrame: s.frame(ui.SectionProfile), FullName: "Ann", MaxName: 200, Problem: ui.ProfileLong}},
		{Name: "account data", View: ui.AccountDataView{AccountFrame: s.frame(ui.SectionProfile)}},
		{Name: "account devices", View: ui.AccountDevicesView{AccountFrame: s.frame(ui.SectionDevices), Sessions: []ui.AccountSession{
			{ID: "1", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", Current: true, SignedIn: at, LastUse: at},
			{ID: "2", Browser: "Safari", Address: "2001:db8::1", SignedIn: at, LastUse: at},
			{ID: "3", SignedIn: at, LastUse: at},
		}, Known: []ui.AccountBrowser{
			{AccountSession: ui.AccountSession{ID: "dev_1", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", LastUse: at}, RememberedUntil: at},
		}}},
		{Name: "account apps", View: ui.AccountAppsView{AccountFrame: s.frame(ui.SectionApps), Apps: []ui.AccountClient{
			{ID: "1", Name: s.client.Name, Host: "rp.example", Scopes: []ui.Scope{{Name: "openid"}, {Name: "orders:read", Description: "Read your orders"}}, Offline: true, LastUse: at},
			{ID: "2", Name: s.who},
		}}},
		{Name: "account apps, none", View: ui.AccountAppsView{AccountFrame: s.frame(ui.SectionApps)}},
		{Name: "account activity", View: ui.AccountActivityView{AccountFrame: s.frame(ui.SectionActivity), Older: "before=x", Entries: []ui.AccountEntry{
			{Type: "authentication.succeeded", Browser: "Firefox", System: "Windows", Address: "203.0.113.7", Happened: at},
			{Type: "password.changed", By: ui.ByOperator, Happened: at},
			{Type: "factor.added", By: ui.ByLink, Address: "203.0.113.7", Happened: at},
		}}},
		{Name: "account activity, none", View: ui.AccountActivityView{AccountFrame: s.frame(ui.SectionActivity)}},
		{Name: "account delete", View: ui.AccountDeleteView{AccountFrame: s.frame(ui.SectionProfile), Until: at}},
		{Name: "account deleted", View: ui.AccountDeletedView{Page: s.page, User: s.who, DeleteAt: at}},
		{Name: "keep account", View: ui.KeepAccountView{Page: s.page, Client: s.client, User: s.who, DeleteAt: at}},
	}
}

// drawAccount draws the views of this file, nil is of any other.
func drawAccount(view any) templ.Component {
	switch v := view.(type) {
	case ui.AccountOverviewView:
		return ui.AccountOverview(v)
	case ui.AccountProfileView:
		return ui.AccountProfile(v)
	case ui.AccountDataView:
		return ui.AccountData(v)
	case ui.AccountDevicesView:
		return ui.AccountDevices(v)
	case ui.AccountAppsView:
		return ui.AccountApps(v)
	case ui.AccountActivityView:
		return ui.AccountActivity(v)
	case ui.AccountDeleteView:
		return ui.AccountDelete(v)
	case ui.AccountDeletedView:
		return ui.AccountDeleted(v)
	case ui.KeepAccountView:
		return ui.KeepAccount(v)
	}
	return nil
}
