package tenant

import "slices"

// ACRPassword is the authentication context class that a password alone reaches by default.
const ACRPassword = "urn:plinto:acr:password"

// MaxACRLevels is how many levels a tenant may have.
const MaxACRLevels = 10

// An ACRLevel is one authentication context class and what a sign-in has to prove for it.
type ACRLevel struct {
	// ACR is its name in acr_values and in the acr claim (OpenID Connect Core 1.0 §2).
	ACR string `json:"acr" yaml:"acr"`
	// AMR are authentication methods (RFC 8176 §2), all of which the level takes.
	AMR []string `json:"amr" yaml:"amr"`
}

// ACRLevels are the context classes of a tenant, lowest first: a sign-in that reaches one
// satisfies those below it. Empty means the default, ACRPassword by password.
type ACRLevels []ACRLevel

var defaultACRLevels = ACRLevels{{ACR: ACRPassword, AMR: []string{"pwd"}}}

func (l ACRLevels) orDefault() ACRLevels {
	if len(l) == 0 {
		return defaultACRLevels
	}
	return l
}

// Names returns the classes, lowest first, as a new slice.
func (l ACRLevels) Names() []string {
	var names []string
	for _, level := range l.orDefault() {
		names = append(names, level.ACR)
	}
	return names
}

// Has reports whether acr is one of the classes.
func (l ACRLevels) Has(acr string) bool { return l.index(acr) >= 0 }

// Same reports whether l and other have the same classes in the same order.
func (l ACRLevels) Same(other ACRLevels) bool {
	return slices.EqualFunc(l.orDefault(), other.orDefault(), func(a, b ACRLevel) bool { return a.ACR == b.ACR })
}

// Reached returns the acr of a sign-in: the highest class whose methods are all in amr,
// or "".
func (l ACRLevels) Reached(amr []string) string {
	for _, level := range slices.Backward(l.orDefault()) {
		if level.metBy(amr) {
			return level.ACR
		}
	}
	return ""
}

// Satisfies reports whether a sign-in that reached acr with the methods amr satisfies one
// of wanted.
func (l ACRLevels) Satisfies(acr string, amr, wanted []string) bool {
	return l.bestOf(wanted, l.standing(acr, amr)) >= 0
}

// Answer returns the acr claim for a sign-in that reached acr with the methods amr: the
// highest of wanted that it satisfies, because the client looks for one of those (OpenID
// Connect Core 1.0 §5.5.1.1), or else acr itself. "" when the tenant has changed its
// levels since, so that the sign-in does not reach acr any more.
func (l ACRLevels) Answer(acr string, amr, wanted []string) string {
	reached := l.standing(acr, amr)
	if best := l.bestOf(wanted, reached); best >= 0 {
		reached = best
	}
	if reached < 0 {
		return ""
	}
	return l.orDefault()[reached].ACR
}

// standing returns the level acr of a sign-in with the methods amr, or -1 when the tenant
// has no such level, or asks for more methods, since it changed its levels.
func (l ACRLevels) standing(acr string, amr []string) int {
	i := l.index(acr)
	if i >= 0 && !l.orDefault()[i].metBy(amr) {
		return -1
	}
	return i
}

// bestOf returns the highest level of wanted that is not above reached, or -1.
func (l ACRLevels) bestOf(wanted []string, reached int) int {
	best := -1
	for _, want := range wanted {
		if i := l.index(want); i <= reached {
			best = max(best, i)
		}
	}
	return best
}

func (l ACRLevels) index(acr string) int {
	return slices.IndexFunc(l.orDefault(), func(level ACRLevel) bool { return level.ACR == acr })
}

// metBy reports whether amr has all methods of the level. A level without methods is met
// by nothing.
func (level ACRLevel) metBy(amr []string) bool {
	missing := func(method string) bool { return !slices.Contains(amr, method) }
	return len(level.AMR) > 0 && !slices.ContainsFunc(level.AMR, missing)
}
