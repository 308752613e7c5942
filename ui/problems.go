package ui

import "net/http"

// A meaning is what an error means to the user: the key of its title and text.
type meaning string

// What the codes of errors mean.
const (
	meansRedirect meaning = "error.redirect" // the app wants the user sent to an unregistered address
	meansApp      meaning = "error.app"      // nobody knows the app
	meansRequest  meaning = "error.request"  // the app's request is wrong
	meansExpired  meaning = "error.expired"  // the request was good once
	meansLink     meaning = "error.link"     // a link of a mail or of the set-up
	meansForm     meaning = "error.form"     // a form that is not of our page
	meansClosed   meaning = "error.closed"   // nobody may sign up
	meansMissing  meaning = "error.missing"  // there is no such page
	meansHost     meaning = "error.host"     // nobody answers at this host
	meansTooMany  meaning = "error.too_many" // too often
	meansBusy     meaning = "error.busy"     // not at the moment
	meansServer   meaning = "error.server"   // our fault
	meansOther    meaning = "error.other"    // everything else
)

// byCode are the codes with a meaning of their own. All others go by their status.
var byCode = map[string]meaning{
	"invalid_redirect_uri":   meansRedirect,
	"invalid_client":         meansApp,
	"invalid_request":        meansRequest,
	"invalid_request_object": meansRequest,
	"invalid_request_uri":    meansExpired,
	"flow_spent":             meansExpired,
	"link_unknown":           meansLink,
	"forged_form":            meansForm,
	"sign_up_closed":         meansClosed,
	"unknown_tenant":         meansHost,
}

var byStatus = map[int]meaning{
	http.StatusNotFound:            meansMissing,
	http.StatusTooManyRequests:     meansTooMany,
	http.StatusServiceUnavailable:  meansBusy,
	http.StatusInternalServerError: meansServer,
}

func (v ErrorView) meaning() meaning {
	if p, ok := byCode[v.Code]; ok {
		return p
	}
	if p, ok := byStatus[v.Status]; ok {
		return p
	}
	return meansOther
}

func problemTitle(v ErrorView) string { return v.Locale.T(string(v.meaning()) + ".title") }

func problemText(v ErrorView) string {
	return v.Locale.T(string(v.meaning())+".text", "brand", brandName(v.Page))
}

// technical reports whether the error is for the app's developers: then its message,
// which is ours and in English, is of use to them.
func (v ErrorView) technical() bool {
	switch v.meaning() {
	case meansRedirect, meansApp, meansRequest, meansExpired:
		return v.Message != ""
	default:
		return false
	}
}
