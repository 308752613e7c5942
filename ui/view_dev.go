package ui

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (v PlaygroundView) hasOthers() bool {
	return slices.ContainsFunc(v.Clients, func(c PlaygroundClient) bool { return !c.Usable })
}

// A choices is a list of buttons that start sign-ins, or attacks.
type choices struct {
	id, title, action, name string
	all                     []PlaygroundTry
	open                    bool
}

// button is the id of one: values hold spaces.
func (c choices) button(t PlaygroundTry) string {
	return c.name + "-" + strings.ReplaceAll(t.Value, " ", "-")
}

// actions are what to do with the tokens.
func (v PlaygroundView) actions() []PlaygroundTry {
	all := []PlaygroundTry{{Value: "userinfo", Title: "Userinfo"}}
	if v.CanRefresh {
		all = append(all, PlaygroundTry{Value: "refresh", Title: "Refresh"})
	}
	if v.CanIntrospect {
		all = append(all, PlaygroundTry{Value: "introspect", Title: "Introspect"})
	}
	return append(all, PlaygroundTry{Value: "revoke", Title: "Revoke"}, PlaygroundTry{Value: "logout", Title: "Sign out"})
}

// tone is the class of a verdict.
func (e *Exchange) tone() string {
	if e.Held {
		return "held"
	}
	return "problem"
}

// A fold is a text of a step that is shown when somebody asks for it.
type fold struct{ id, title, note, text string }

// folds are what was sent and answered, as it is.
func (e *Exchange) folds() (all []fold) {
	for _, t := range e.Tokens {
		all = append(all, fold{title: t.Name + " as it is", text: t.Header + "\n" + t.Claims})
	}
	all = append(all, fold{title: "Request", text: e.Request}, fold{title: "Response", text: e.Response}, fold{title: "Send it from a terminal", text: e.Curl})
	if e.Spent {
		all[len(all)-1].note = "It works once. Sent again it is refused, and your tokens end: that is what the attack “Use the code twice” shows."
	}
	all = slices.DeleteFunc(all, func(f fold) bool { return f.text == "" })
	for i := range all {
		all[i].id = "text-" + strconv.Itoa(e.Number) + "-" + strconv.Itoa(i)
		if all[i].text == e.Curl {
			all[i].id = "curl-" + strconv.Itoa(e.Number)
		}
	}
	return all
}

// headers are what a mail says of itself.
func (m Mail) headers() []Link {
	all := []Link{{Title: "From", Text: m.From}, {Title: "To", Text: m.To}, {Title: "Reply to", Text: m.ReplyTo}, {Title: "Sent", Text: m.Time}}
	return slices.DeleteFunc(all, func(l Link) bool { return l.Text == "" })
}

// attacked reports whether the newest step is an attack: who made one makes another.
func (v PlaygroundView) attacked() bool { return len(v.Exchanges) > 0 && v.Exchanges[0].Verdict != "" }

// framed reports whether the HTML part is shown in a frame: it is a page of ours.
func (m Mail) framed() bool { return m.HTML != "" && strings.HasPrefix(m.Drawn, "/dev/mail/") }

// addresses are those in the text part of a mail, which ends lines and sentences with them.
var addresses = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)\]]`)

// parts are the text part of a mail, in which addresses have a URL.
func (m Mail) parts() (all []Link) {
	rest := 0
	for _, at := range addresses.FindAllStringIndex(m.Text, -1) {
		all = append(all, Link{Title: m.Text[rest:at[0]]}, Link{Title: m.Text[at[0]:at[1]], URL: m.Text[at[0]:at[1]]})
		rest = at[1]
	}
	return append(all, Link{Title: m.Text[rest:]})
}
