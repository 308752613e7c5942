package playground

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Outcome is what the ID token says of a sign-in, in words.
type Outcome struct {
	Title string
	Lines []Line
}

// A Line is one claim and what it means.
type Line struct{ Claim, Value, Text string }

// signIn are the claims about how somebody signed in (OpenID Connect Core 1.0 §2).
type signIn struct {
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"` // seconds since 1970
}

// methods are what the values of amr say (RFC 8176 §2, and email).
var methods = map[string]string{
	"pwd":   "a password",
	"otp":   "a one-time code of an authenticator app, or a recovery code",
	"hwk":   "a passkey that cannot leave its device",
	"swk":   "a passkey that is synced between devices",
	"user":  "somebody was there and confirmed it",
	"mfa":   "more than one factor",
	"email": "a code or link in a mail",
	"fed":   "another identity provider said so",
}

// explain says what a sign-in shows. at is when it was started, now when the tokens came.
func explain(asked *Ask, at, now time.Time, got *signIn) *Outcome {
	o := &Outcome{Title: title(got, at)}
	o.Lines = append(o.Lines, Line{"acr", or(got.ACR, "not there"), level(asked, got)})
	var said []string
	for _, m := range got.AMR {
		said = append(said, m+": "+or(methods[m], "a method that this page does not know"))
	}
	o.Lines = append(o.Lines, Line{"amr", or(strings.Join(got.AMR, ", "), "not there"), strings.Join(said, "; ")})
	if got.AuthTime != 0 {
		o.Lines = append(o.Lines, Line{"auth_time", time.Unix(got.AuthTime, 0).UTC().Format("15:04:05 UTC"), proved(got, at, now)})
	}
	return o
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func title(got *signIn, at time.Time) string {
	how := "a password"
	has := func(m string) bool { return slices.Contains(got.AMR, m) }
	switch {
	case has("user") && has("pwd"):
		how = "a password and a passkey"
	case has("user"):
		how = "a passkey"
	case has("pwd") && has("mfa"):
		how = "a password and a code"
	case has("email") && has("mfa"):
		how = "a code by mail and a second step"
	case has("email"):
		how = "a code by mail"
	}
	if got.AuthTime < at.Unix() {
		return "You are signed in, by " + how
	}
	return "You signed in with " + how
}

// level says whether what was asked for was reached.
func level(asked *Ask, got *signIn) string {
	switch {
	case asked.ACR == "" && got.ACR == "":
		return "No level of this tenant is reached by that."
	case asked.ACR == "":
		return "The highest level of the tenant that this sign-in reached. None was asked for."
	case got.ACR == asked.ACR && asked.Insist:
		return "The level that was insisted on. Plinto would have refused less."
	case got.ACR == asked.ACR:
		return "The level that was asked for."
	case asked.Insist:
		return "Not the level that was insisted on: an application has to refuse this."
	}
	return "Not " + asked.ACR + ": acr_values are a wish, and this application may refuse the sign-in. Insist on it to have Plinto ask for what is missing."
}

// proved says how old the first proof is.
func proved(got *signIn, at, now time.Time) string {
	age := max(0, now.Unix()-got.AuthTime)
	switch {
	case got.AuthTime >= at.Unix():
		return fmt.Sprintf("The user proved who they are in this sign-in, %s.", ago(age))
	default:
		return fmt.Sprintf("The user proved who they are before this sign-in, %s. The session did, and only what was missing was asked for.", ago(age))
	}
}

// ago words an age in seconds.
func ago(seconds int64) string {
	switch {
	case seconds < 2:
		return "just now"
	case seconds < 120:
		return fmt.Sprintf("%d seconds ago", seconds)
	}
	return fmt.Sprintf("%d minutes ago", seconds/60)
}
