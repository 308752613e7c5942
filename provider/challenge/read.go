package challenge

import (
	"bytes"
	"encoding/json"
	"net/http"
	"unicode/utf8"

	"plinto/internal/web"
)

// Parameters of the endpoint that authorization requests have not.
const (
	paramSession  = "auth_session"
	paramDevice   = "device_token"
	paramUsername = "username"
	paramPassword = "password"
	paramCode     = "code"
	paramPasskey  = "passkey"
	paramMail     = "email_code"
	paramResend   = "resend"
	paramRemember = "remember"
	paramPick     = "organization_id"
	paramAddress  = "user_ip"
)

// own are those parameters.
var own = []string{paramSession, paramDevice, paramUsername, paramPassword, paramCode, paramPasskey, paramMail, paramResend, paramRemember, paramPick, paramAddress}

// maxText bounds one value, in bytes, as in forms.
const maxText = 8 << 10

// readJSON reads a request in JSON: members are named like the parameters of forms. Numbers, booleans and
// objects are read as their text, lists only where a parameter may be repeated.
func readJSON(r *http.Request) (web.Form, error) {
	object, err := web.ParseJSON(r, web.MaxJSON)
	if err != nil {
		return nil, err
	}
	form := web.Form{}
	for name, value := range object {
		values, ok := texts(name, value)
		if !ok {
			return nil, web.ErrJSON
		}
		if values != nil {
			form[name] = values
		}
	}
	return form, nil
}

// texts are the values of a member; nil for null, which is as if it was not sent.
func texts(name string, value json.RawMessage) (all []string, ok bool) {
	value = bytes.TrimSpace(value)
	if len(value) > maxText || !utf8.Valid(value) {
		return nil, false
	}
	switch {
	case string(value) == "null":
		return nil, true
	case string(value) == "false":
		return nil, true
	case value[0] == '"':
		var text string
		err := json.Unmarshal(value, &text)
		return []string{text}, err == nil
	case value[0] == '[':
		err := json.Unmarshal(value, &all)
		return all, err == nil && name == "resource"
	}
	return []string{string(value)}, true
}
