package provider

import "plinto/internal/paths"

// A Step is what has to happen next.
type Step int

// The steps.
const (
	StepSignIn        Step = iota // ask who the user is
	StepSignUp                    // ask who the user wants to be
	StepDevice                    // ask for the code that was mailed because of a new browser
	StepFactor                    // ask for the second factor
	StepEnrol                     // have the user add a second factor
	StepCodes                     // show new recovery codes
	StepKeep                      // ask whether to keep an account that is to be deleted
	StepPassword                  // have the user set another password
	StepPasskey                   // have the user make the passkey that the organization demands
	StepOffer                     // offer a passkey, or have the browser make one
	StepConnect                   // ask whether an account at an identity provider is the user's
	StepSelectAccount             // ask which account to use
	StepOrganization              // ask which organization it is for
	StepConsent                   // ask what the client may do
	StepRespond                   // answer the client with success
	StepRefuse                    // answer the client with Decision.Error
)

// pageOf is where the steps that need the user happen, below the issuer.
var pageOf = map[Step]string{
	StepSignIn:        paths.Login,
	StepSignUp:        paths.SignUp,
	StepDevice:        paths.Device,
	StepFactor:        paths.Factor,
	StepEnrol:         paths.FactorEnrol,
	StepCodes:         paths.FactorCodes,
	StepKeep:          paths.KeepAccount,
	StepPassword:      paths.NewPassword,
	StepPasskey:       paths.PasskeyDemanded,
	StepOffer:         paths.PasskeyOffer,
	StepConnect:       paths.ConnectIdentity,
	StepSelectAccount: paths.ChooseAccount,
	StepOrganization:  paths.ChooseOrganization,
	StepConsent:       paths.Consent,
}

// Page returns the path of the page on which a step happens, or "" for a step without one.
func (s Step) Page() string { return pageOf[s] }
