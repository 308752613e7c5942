package settings

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"plinto/event/mail"
	"plinto/internal/mailaddr"
	"plinto/internal/nearest"
	"plinto/tenant"
)

// A Problem is what is wrong with one member of settings.
type Problem struct {
	Path []string // "acr_levels", "0", "acr"; items of lists by their number from 0
	Says string
}

// maxTokenTTL is how long a signing key stays published after it signed last.
const maxTokenTTL = tenant.Duration(24 * time.Hour)

// domainLabel is one label of a DNS name, which may begin with an underscore (RFC 8552).
var domainLabel = regexp.MustCompile(`^_?[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$`)

// Check returns what is wrong with settings, in no particular order.
func Check(s *tenant.Settings) []Problem {
	c := &checker{Settings: s}
	for _, check := range []func(){
		c.durations, c.acrLevels, c.registration, c.signUp, c.identifiers, c.mfa, c.deletion, c.devices, c.passwordPolicy,
		c.mail, c.languages, c.branding, c.contacts,
	} {
		check()
	}
	if label := s.DomainLabel; label != "" && !domainLabel.MatchString(label) {
		c.refuse("must be one label of a DNS name, in lower case, such as _acme-challenge", "domain_label")
	}
	return c.problems
}

type checker struct {
	*tenant.Settings
	problems []Problem
}

func (c *checker) refuse(says string, path ...string) {
	c.problems = append(c.problems, Problem{slices.Clone(path), says})
}

// twice refuses a value that was there before.
func (c *checker) twice(seen map[string]bool, value, what string, path ...string) {
	if value != "" && seen[value] {
		c.refuse(fmt.Sprintf("%s %q is declared twice", what, value), path...)
	}
	seen[value] = true
}

// oneOf refuses a value that is not one of known, nor "".
func (c *checker) oneOf(value string, known []string, says string, path ...string) {
	if value != "" && !slices.Contains(known, value) {
		c.refuse(says+nearest.Hint(value, known), path...)
	}
}

func index(i int) string { return strconv.Itoa(i) }

// durations checks the settings that are a length of time and no part of something.
func (c *checker) durations() {
	of := reflect.ValueOf(c.Settings).Elem()
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Type().Field(i).Tag.Get("json"), ",")
		if d, ok := of.Field(i).Interface().(tenant.Duration); ok && d < 0 {
			c.refuse("must not be negative", name)
		}
	}
	if c.RefreshGrace != nil && *c.RefreshGrace < 0 {
		c.refuse("must not be negative", "refresh_grace")
	}
	for name, ttl := range map[string]tenant.Duration{"access_token_ttl": c.AccessTokenTTL, "id_token_ttl": c.IDTokenTTL} {
		if ttl > maxTokenTTL {
			c.refuse("must be at most 24h: keys stay published no longer", name)
		}
	}
}

// mail checks how the letters of a tenant look.
func (c *checker) mail() {
	for _, p := range mail.Check(c.Mail) {
		c.refuse(p.Says, append([]string{"mail"}, p.Path...)...)
	}
}

// languages checks which languages the pages and mails of a tenant have.
func (c *checker) languages() {
	seen := make(map[string]bool)
	for i, lang := range c.Languages {
		if !slices.Contains(mail.Languages(), lang) {
			c.refuse("must be one of "+strings.Join(mail.Languages(), ", "), "languages", index(i))
		}
		c.twice(seen, lang, "the language", "languages", index(i))
	}
}

// contacts checks whom to tell that something of a tenant no longer works.
func (c *checker) contacts() {
	if len(c.Contacts) > tenant.MaxContacts {
		c.refuse(fmt.Sprintf("must be at most %d addresses", tenant.MaxContacts), "contacts")
	}
	seen := make(map[string]bool)
	for i, contact := range c.Contacts {
		address, err := mailaddr.Parse(contact)
		if err != nil {
			c.refuse("must be an address such as ops@example.com", "contacts", index(i))
			continue
		}
		c.twice(seen, strings.ToLower(address.Wire()), "the contact", "contacts", index(i))
	}
}
