package mail

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"
)

//go:generate go tool templ generate

// A wording is what a kind of mail says. "{tenant}" is the tenant's name.
type wording struct {
	Says     string // what happened
	CodeNote string // about the code; a mail without one shows no code
	Advice   string // what to do about it
	Foot     string // in small letters at the end
}

const accountFoot = "You get this mail because you have an account at {tenant}."

var wordings = map[string]wording{
	"authentication.succeeded": {
		Says:   "somebody signed in to your account at {tenant} with your password, in a browser that had not been used for it before.",
		Advice: "If it was you, there is nothing to do. If not, change your password now: that signs every other browser out.",
		Foot:   accountFoot,
	},
	"token.reuse_detected": {
		Says:   "an app used a key to your account at {tenant} that was already replaced. Somebody may have copied it, so we signed the app out everywhere.",
		Advice: "You can sign in to the app again. If this happens more than once, tell the makers of the app.",
		Foot:   accountFoot,
	},
	"password.changed": {
		Says:   "the password of your account at {tenant} was changed, and every other browser was signed out.",
		Advice: "If it was not you, ask the operator of {tenant} for help at once.",
		Foot:   accountFoot,
	},
	"sign_up.code": {
		Says:     "this is the code with which you finish your account at {tenant}:",
		CodeNote: "It is good for 15 minutes, in the browser where you asked for it. Tell it to nobody.",
		Foot:     "If it was not you, there is nothing to do: without the code nobody gets an account for your address.",
	},
	"sign_up.account": {
		Says: "somebody wanted to make an account at {tenant} for this address. It has one already: go back and sign in with it.",
		Foot: "If it was not you, there is nothing to do. Nobody was told that you have an account.",
	},
}

// A view is one mail: its wording and what is filled in. Every value was written
// by others, so each is shown as text of one line.
type view struct {
	wording
	Subject, Name, Tenant, When, Address, Device string
	Code                                         string // of a letter
}

type fact struct{ name, value string }

func (v view) greeting() string {
	if v.Name == "" {
		return "Hello,"
	}
	return "Hello " + v.Name + ","
}

func (v view) says() string { return v.fill(v.Says) }

func (v view) foot() string { return v.fill(v.Foot) }

func (v view) advice() string { return v.fill(v.Advice) }

func (v view) fill(s string) string { return strings.ReplaceAll(s, "{tenant}", v.Tenant) }

// facts are by what the reader can tell whether it was them.
func (v view) facts() []fact {
	var known []fact
	for _, f := range []fact{{"Time", v.When}, {"Address", v.Address}, {"Browser", v.Device}} {
		if f.value != "" {
			known = append(known, f)
		}
	}
	return known
}

// text is the mail for readers that show no markup.
func (v view) text() string {
	paragraphs := []string{v.greeting(), v.says()}
	if v.CodeNote != "" {
		paragraphs = append(paragraphs, "    "+v.Code, v.CodeNote)
	}
	var facts []string
	for _, f := range v.facts() {
		facts = append(facts, fmt.Sprintf("%-8s %s", f.name+":", f.value))
	}
	paragraphs = append(paragraphs, strings.Join(facts, "\n"))
	if advice := v.advice(); advice != "" {
		paragraphs = append(paragraphs, advice)
	}
	return strings.Join(append(paragraphs, v.foot()), "\n\n") + "\n"
}

// write words the mail in the way of that kind.
func (v view) write(ctx context.Context, kind string) (Message, error) {
	var known bool
	if v.wording, known = wordings[kind]; !known {
		return Message{}, fmt.Errorf("no wording for mails of kind %q", kind)
	}
	var html bytes.Buffer
	if err := frame(v).Render(ctx, &html); err != nil { //nolint:contextcheck // a component gets it to be rendered
		return Message{}, err
	}
	return Message{Subject: v.Subject + " · " + v.Tenant, Text: v.text(), HTML: html.String()}, nil
}

func when(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 MST") }
