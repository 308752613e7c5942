package ui

import "time"

// A PasskeyProblem is why a passkey did not do: a key of the translations.
type PasskeyProblem string

// The problems.
const (
	PasskeyRefused    PasskeyProblem = "passkey.refused"
	PasskeyUnknown    PasskeyProblem = "passkey.unknown"
	PasskeyUnverified PasskeyProblem = "passkey.unverified"
	PasskeyLate       PasskeyProblem = "passkey.late"
	PasskeyModel      PasskeyProblem = "passkey.model"
	PasskeyTaken      PasskeyProblem = "passkey.taken"
)

// PasskeyView has the browser ask for a passkey, or make one. Without scripts it is hidden.
type PasskeyView struct {
	Options string // PublicKeyCredentialRequestOptionsJSON, or the CreationOptions; "": no passkeys here
	Problem PasskeyProblem
	// Unknown, Accepted and Details are what the browser's passkeys are told, as JSON of the
	// signals of Web Authentication Level 3 §5.1.10; "": nothing.
	Unknown, Accepted, Details string
}

// PasskeyOfferView offers a passkey to who signed in with a password.
type PasskeyOfferView struct {
	FactorFrame
	Passkey PasskeyView
}

// PasskeyDemandedView has the user make the passkey that their organization demands.
type PasskeyDemandedView struct {
	FactorFrame
	Organization string
	Passkey      PasskeyView
	// From is when the passkey can be made, where that is not yet.
	From time.Time
}

// A passkeyForm is how a page shows a PasskeyView.
type passkeyForm struct {
	PasskeyView
	action   string // below the issuer
	label    string // key of the translations
	create   bool
	quietly  bool // passkeys appear in the field for the name
	remember bool // goes with the box of the sign-in form
	primary  bool
	trust    int  // seconds for which the browser can be remembered; 0: it cannot
	trusted  bool // the user wants that
	trustBox bool // the form has the box; else it goes with that of the code
}

func (f passkeyForm) ceremony() string {
	if f.create {
		return "create"
	}
	return "get"
}

func (f passkeyForm) class() string {
	if f.primary {
		return "primary"
	}
	return "secondary"
}
