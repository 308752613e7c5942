package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// deviceOf puts a view into the frame of the second factor's pages.
func deviceOf(f *ui.FactorFrame, v ui.DeviceView) ui.DeviceView {
	v.Page, v.Client, v.Flow, v.CSRF = f.Page, f.Client, f.Flow, f.CSRF
	return v
}

// factors are the pages of second steps.
func (s *sample) factors() []Entry {
	return []Entry{
		{Name: "factor", View: ui.FactorView{FactorFrame: s.second, App: true}},
		{Name: "factor, trust", View: ui.FactorView{FactorFrame: s.second, App: true, Trust: 30 * 24 * 3600}},
		{Name: "factor, passkey, trust", View: ui.FactorView{FactorFrame: s.second, Passkey: s.passkeys, Trust: 30 * 24 * 3600}, Scripts: true},
		{Name: "factor, both", View: ui.FactorView{FactorFrame: s.second, App: true, Passkey: s.passkeys}, Scripts: true},
		{Name: "factor, passkey", View: ui.FactorView{FactorFrame: s.second, Passkey: s.passkeys}, Scripts: true},
		{Name: "factor, no passkey", View: ui.FactorView{FactorFrame: s.second, Passkey: ui.PasskeyView{Options: "{}", Problem: ui.PasskeyRefused}}, Scripts: true},
		{Name: "factor, recovery", View: ui.FactorView{FactorFrame: s.second, Recovery: true}},
		{Name: "factor, wrong", View: ui.FactorView{FactorFrame: s.second, Problem: ui.FactorWrong}},
		{Name: "factor, throttled", View: ui.FactorView{FactorFrame: s.second, Recovery: true, Problem: ui.FactorThrottled}},
		{Name: "device", View: deviceOf(&s.second, ui.DeviceView{Email: s.who, Life: 600})},
		{Name: "device, wrong", View: deviceOf(&s.second, ui.DeviceView{Email: s.who, Life: 600, Again: true, Code: "1234", Problem: ui.DeviceWrong})},
		{Name: "device, throttled", View: deviceOf(&s.second, ui.DeviceView{Email: s.who, Life: 600, Problem: ui.DeviceThrottled, RetryAfter: 600})},
		{Name: "device, unreachable", View: deviceOf(&s.second, ui.DeviceView{Unreachable: true})},
		{Name: "enrol", View: ui.EnrolView{FactorFrame: s.second, URI: s.otpauth, Secret: "ABCD EFGH"}},
		{Name: "enrol, passkey", View: ui.EnrolView{FactorFrame: s.second, URI: s.otpauth, Secret: "ABCD EFGH", Passkey: s.passkeys}, Scripts: true},
		{Name: "enrol, wrong", View: ui.EnrolView{FactorFrame: s.second, URI: s.otpauth, Secret: "ABCD EFGH", Problem: ui.EnrolWrong}},
		{Name: "recovery codes", View: ui.RecoveryCodesView{Page: s.page, Action: "/login/factor/codes", Codes: []string{"abcd-efgh-jkmn", "0123-4567-89ab"}}},
	}
}

// drawFactor draws the views of this file, nil is of any other.
func drawFactor(view any) templ.Component {
	switch v := view.(type) {
	case ui.FactorView:
		return ui.Factor(v)
	case ui.DeviceView:
		return ui.Device(v)
	case ui.EnrolView:
		return ui.Enrol(v)
	case ui.RecoveryCodesView:
		return ui.RecoveryCodes(v)
	}
	return nil
}
