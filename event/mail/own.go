package mail

import (
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"plinto/internal/mailaddr"
	"plinto/tenant"
)

// A Problem is what is wrong in the settings of a tenant's letters.
type Problem struct {
	Path []string // below the settings: from, or texts, en, greeting
	Says string
}

// maxText bounds one text of a tenant, in characters, and maxTexts all of them, in bytes: every server
// has the settings of its tenants in memory.
const (
	maxText  = 2000
	maxTexts = 128 << 10
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// Check returns what is wrong in the settings of a tenant's letters.
func Check(m tenant.Mail) (problems []Problem) {
	refuse := func(says string, path ...string) { problems = append(problems, Problem{path, says}) }
	if m.From != "" && !sendable(m.From) {
		refuse("must be a sender such as Acme <id@example.com>", "from")
	}
	if m.ReplyTo != "" && !sendable(m.ReplyTo) {
		refuse("must be an address such as support@example.com", "reply_to")
	}
	total := 0
	for _, lang := range slices.Sorted(maps.Keys(m.Texts)) {
		for key, text := range m.Texts[lang] {
			total += len(key) + len(text)
		}
		i := slices.Index(texts.Tags(), lang)
		if i < 0 {
			refuse("is not a language of letters; there are "+strings.Join(texts.Tags(), ", "), "texts", lang)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(m.Texts[lang])) {
			if says := checkText(i, key, m.Texts[lang][key]); says != "" {
				refuse(says, "texts", lang, key)
			}
		}
	}
	if total > maxTexts {
		refuse("must have at most 128 KB together", "texts")
	}
	return problems
}

// checkText returns what is wrong with a text that is to replace that of a key.
func checkText(lang int, key, text string) string {
	if !texts.Has(lang, key) || key == "months" {
		return "is not a text of letters; docs/mail.md lists them"
	}
	switch shipped := texts.Text(lang, key); {
	case strings.TrimSpace(text) == "":
		return "must not be empty"
	case len([]rune(text)) > maxText:
		return fmt.Sprintf("must have at most %d characters", maxText)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "must be one line"
	default:
		for _, p := range placeholder.FindAllString(text, -1) {
			if !strings.Contains(shipped, p) && p != "{tenant}" {
				return fmt.Sprintf("holds %s, for which this text has no value", p)
			}
		}
		for _, p := range []string{"{name}", "{value}"} {
			if strings.Contains(shipped, p) && !strings.Contains(text, p) {
				return "must hold " + p
			}
		}
	}
	return ""
}

// sendable reports whether mail can be sent from or to an address, with a name or without.
func sendable(text string) bool {
	a, err := mail.ParseAddress(text)
	if err != nil {
		return false
	}
	_, err = mailaddr.Parse(a.Address)
	return err == nil && oneLine(a.Name) == a.Name
}
