package ui

import (
	"regexp"
	"slices"
	"strings"
)

func (v PlaygroundView) hasOthers() bool {
	return slices.ContainsFunc(v.Clients, func(c PlaygroundClient) bool { return !c.Usable })
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
