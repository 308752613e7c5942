package saml

import (
	"errors"
	"slices"
	"time"

	"github.com/beevik/etree"

	"plinto/federation"
)

// leeway is the difference of clocks that is put up with.
const leeway = time.Minute

// Values of SAML Core 2.0 (§8.3) and SAML Profiles 2.0 (§3.3).
const (
	formatUnspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
	formatEmail       = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
	formatTransient   = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
	formatPersistent  = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
	formatEntity      = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
	methodBearer      = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
)

var (
	errVersion      = errors.New("not of SAML 2.0, or without an id")
	errIssuer       = errors.New("issued by another provider")
	errDestination  = errors.New("sent to another address")
	errRequest      = errors.New("not the answer to this request")
	errSubject      = errors.New("about nobody, or about several")
	errConfirmation = errors.New("no confirmation is for this address, this request and this time")
	errConditions   = errors.New("a condition that is not there, there twice or not understood")
	errTime         = errors.New("not valid yet, or not any more")
	errAudience     = errors.New("for somebody else")
	errStatement    = errors.New("not about one sign-in, at a time before now")
	errOld          = errors.New("the sign-in at the provider is too old")
	errTransient    = errors.New("the provider names people anew each time (NameID format transient): nobody can be known by that")
	errQualified    = errors.New("the name is one of another provider, or for another service provider")
)

// expected is what an answer has to be like.
type expected struct {
	issuer   string // the provider's entity id
	entityID string // ours
	acs      string // where the answer came
	request  string // the id of the request
	groups   string // the name of the attribute that lists groups, or ""
	round    federation.Round
	now      time.Time
}

// response checks the outside of an answer. All that it says only makes less of it.
func (x *expected) response(el *etree.Element, signed bool) error {
	if attribute(el, "Version") != "2.0" || attribute(el, "ID") == "" {
		return errVersion
	}
	// SAML Bindings 2.0 §3.5.5.2: a signed one says where it was sent.
	if to := attribute(el, "Destination"); to != x.acs && (to != "" || signed) {
		return errDestination
	}
	if attribute(el, "InResponseTo") != x.request {
		return errRequest
	}
	if len(children(el, nsAssertion, "Issuer")) > 0 {
		return x.issued(el)
	}
	return nil
}

// issued checks the Issuer of an element (SAML Core 2.0 §2.2.5).
func (x *expected) issued(el *etree.Element) error {
	issuer := only(el, nsAssertion, "Issuer")
	if issuer == nil {
		return errIssuer
	}
	name, err := text(issuer)
	if format := attribute(issuer, "Format"); err != nil || name != x.issuer || format != "" && format != formatEntity {
		return errIssuer
	}
	return nil
}

// assertion checks what was signed (SAML Profiles 2.0 §4.1.4.3).
func (x *expected) assertion(el *etree.Element) error {
	if attribute(el, "Version") != "2.0" || attribute(el, "ID") == "" {
		return errVersion
	}
	if err := x.issued(el); err != nil {
		return err
	}
	if at, err := instant(el, "IssueInstant"); err != nil || at.IsZero() || at.After(x.now.Add(leeway)) {
		return errTime
	}
	if err := x.conditions(el); err != nil {
		return err
	}
	return x.confirmed(el)
}

// conditions checks Conditions (SAML Core 2.0 §2.5). One that is not understood is none that holds.
func (x *expected) conditions(assertion *etree.Element) error {
	el := only(assertion, nsAssertion, "Conditions")
	if el == nil {
		return errConditions
	}
	if err := x.within(el); err != nil {
		return err
	}
	restricted := false
	for _, c := range el.ChildElements() {
		if c.NamespaceURI() != nsAssertion {
			return errConditions
		}
		switch c.Tag {
		case "AudienceRestriction":
			if !x.audience(c) {
				return errAudience
			}
			restricted = true
		case "OneTimeUse", "ProxyRestriction": // everything counts once here, and is passed on to nobody
		default:
			return errConditions
		}
	}
	if !restricted {
		return errAudience
	}
	return nil
}

// within checks NotBefore and NotOnOrAfter, where they are.
func (x *expected) within(el *etree.Element) error {
	from, err := instant(el, "NotBefore")
	if err != nil || from.After(x.now.Add(leeway)) {
		return errTime
	}
	until, err := instant(el, "NotOnOrAfter")
	if err != nil || !until.IsZero() && !until.After(x.now.Add(-leeway)) {
		return errTime
	}
	return nil
}

func (x *expected) audience(restriction *etree.Element) bool {
	return slices.ContainsFunc(children(restriction, nsAssertion, "Audience"), func(a *etree.Element) bool {
		name, err := text(a)
		return err == nil && name == x.entityID
	})
}

// confirmed checks that one confirmation of the subject is for whoever brings it here (SAML Profiles 2.0 §3.3, §4.1.4.2).
func (x *expected) confirmed(assertion *etree.Element) error {
	subject := only(assertion, nsAssertion, "Subject")
	if subject == nil {
		return errSubject
	}
	for _, c := range children(subject, nsAssertion, "SubjectConfirmation") {
		data := only(c, nsAssertion, "SubjectConfirmationData")
		if attribute(c, "Method") != methodBearer || data == nil {
			continue
		}
		if attribute(data, "NotOnOrAfter") == "" || attribute(data, "NotBefore") != "" || x.within(data) != nil {
			continue
		}
		if attribute(data, "Recipient") == x.acs && attribute(data, "InResponseTo") == x.request {
			return nil
		}
	}
	return errConfirmation
}

// A signIn is what an assertion says of one at the provider.
type signIn struct {
	class string    // AuthnContextClassRef
	index string    // SessionIndex
	until time.Time // SessionNotOnOrAfter, or zero
}

// statement reads AuthnStatement (SAML Core 2.0 §2.7.2).
func (x *expected) statement(assertion *etree.Element) (s signIn, err error) {
	el := only(assertion, nsAssertion, "AuthnStatement")
	if el == nil {
		return s, errStatement
	}
	at, err := instant(el, "AuthnInstant")
	if err != nil || at.IsZero() || at.After(x.now.Add(leeway)) {
		return s, errStatement
	}
	if most := x.round.MaxAge; most != nil && at.Before(x.round.BegunAt.Add(-leeway-time.Duration(*most)*time.Second)) {
		return s, errOld
	}
	if s.until, err = instant(el, "SessionNotOnOrAfter"); err != nil || !s.until.IsZero() && !s.until.After(x.now) {
		return s, errTime
	}
	s.index = attribute(el, "SessionIndex")
	if made := only(el, nsAssertion, "AuthnContext"); made != nil {
		if class := only(made, nsAssertion, "AuthnContextClassRef"); class != nil {
			s.class, err = text(class)
		}
	}
	return s, err
}
