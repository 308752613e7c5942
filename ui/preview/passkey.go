package preview

import (
	"github.com/a-h/templ"

	"plinto/ui"
)

// A SilentView is a PasskeyOfferView on the page that has the browser make one.
type SilentView ui.PasskeyOfferView

// passkeyPages ask for passkeys, or offer them.
func (s *sample) passkeyPages() []Entry {
	return []Entry{
		{Name: "passkey offer", View: ui.PasskeyOfferView{FactorFrame: s.second, Passkey: s.passkeys}, Scripts: true},
		{Name: "passkey offer, again", View: ui.PasskeyOfferView{FactorFrame: s.second, Passkey: ui.PasskeyView{Options: "{}", Problem: ui.PasskeyTaken}}, Scripts: true},
		{Name: "passkey, silent", View: SilentView{FactorFrame: s.second, Passkey: s.passkeys}},
		{Name: "passkey demanded", View: ui.PasskeyDemandedView{FactorFrame: s.second, Organization: "Acme Inc.", Passkey: s.passkeys}, Scripts: true},
		{Name: "passkey demanded, late", View: ui.PasskeyDemandedView{FactorFrame: s.second, Organization: "Acme Inc.", Passkey: ui.PasskeyView{Options: "{}", Problem: ui.PasskeyLate}}, Scripts: true},
		{Name: "passkey, later", View: ui.PasskeyDemandedView{FactorFrame: s.second, Organization: "Acme Inc.", From: at}},
	}
}

// drawPasskey draws the views of this file, nil is of any other.
func drawPasskey(view any) templ.Component {
	switch v := view.(type) {
	case ui.PasskeyOfferView:
		return ui.PasskeyOffer(v)
	case SilentView:
		return ui.PasskeySilent(ui.PasskeyOfferView(v))
	case ui.PasskeyDemandedView:
		return ui.PasskeyDemanded(v)
	}
	return nil
}
