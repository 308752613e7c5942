package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// recovery are the pages of who has lost a password, or did not ask for what a mail says.
func (s *sample) recovery() []Entry {
	return []Entry{
		{Name: "recover", View: ui.RecoverView{RecoverFrame: s.lost}},
		{Name: "recover, effort", View: ui.RecoverView{RecoverFrame: s.lost, Username: s.who, Effort: s.costly}},
		{Name: "recover, throttled", View: ui.RecoverView{RecoverFrame: s.lost, Username: s.who, Problem: ui.RecoverThrottled, RetryAfter: 70}},
		{Name: "recover code", View: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600}},
		{Name: "recover code, effort", View: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600, Effort: s.tooSoon}},
		{Name: "recover code, wrong", View: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600, Again: true, Code: "1234", Problem: ui.RecoverCodeWrong}},
		{Name: "recover code, late", View: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600, Problem: ui.RecoverExpired}},
		{Name: "recover code, busy", View: ui.RecoverCodeView{RecoverFrame: s.lost, Username: s.who, Life: 600, Problem: ui.RecoverBusy, RetryAfter: 3}},
		{Name: "recover password", View: ui.RecoverPasswordView{RecoverFrame: s.lost, Username: s.who, Rules: short}},
		{Name: "recover password, none", View: ui.RecoverPasswordView{RecoverFrame: s.lost, Username: s.who, Factor: true, None: true, Rules: short}},
		{Name: "recover password, wrong", View: ui.RecoverPasswordView{RecoverFrame: s.lost, Username: s.who, Factor: true, FactorProblem: ui.FactorWrong, Rules: short}},
		{Name: "recover link", View: ui.RecoverLinkView{Page: s.page, Username: s.who, Rules: short}},
		{Name: "recover link, factors", View: ui.RecoverLinkView{Page: s.page, Username: s.who, ResetFactors: true, Rules: short, Password: ui.PasswordShort}},
		{Name: "recover link, done", View: ui.RecoverLinkDoneView{Page: s.page, Username: s.who}},
		{Name: "new password", View: ui.NewPasswordView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", User: s.who, Rules: alone}},
		{Name: "new password, breached", View: ui.NewPasswordView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", User: s.who, Why: "breached", Rules: alone, Password: ui.PasswordBreached}},
		{Name: "new password, short", View: ui.NewPasswordView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", User: s.who, Why: "short", Rules: alone}},
		{Name: "new password, busy", View: ui.NewPasswordView{Page: s.page, Client: s.client, Flow: "f", CSRF: "c", User: s.who, RetryAfter: 3, Rules: alone}},
		{Name: "not me", View: ui.NotMeView{Page: s.page, Username: s.who}},
		{Name: "not me, factor", View: ui.NotMeView{Page: s.page, Username: s.who, Factor: true}},
		{Name: "not me, codes", View: ui.NotMeView{Page: s.page, Username: s.who, Codes: true}},
		{Name: "not me, emails", View: ui.NotMeView{Page: s.page, Username: s.who, Emails: true}},
		{Name: "not me, done", View: ui.NotMeDoneView{Page: s.page, Username: s.who}},
	}
}

// drawRecover draws the views of this file, nil is of any other.
func drawRecover(view any) templ.Component {
	switch v := view.(type) {
	case ui.RecoverView:
		return ui.Recover(v)
	case ui.RecoverCodeView:
		return ui.RecoverCode(v)
	case ui.RecoverPasswordView:
		return ui.RecoverPassword(v)
	case ui.RecoverLinkView:
		return ui.RecoverLink(v)
	case ui.RecoverLinkDoneView:
		return ui.RecoverLinkDone(v)
	case ui.NewPasswordView:
		return ui.NewPassword(v)
	case ui.NotMeView:
		return ui.NotMe(v)
	case ui.NotMeDoneView:
		return ui.NotMeDone(v)
	}
	return nil
}
