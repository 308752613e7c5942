package ui

import "time"

// A ProviderButton leads to an identity provider.
type ProviderButton struct {
	Slug, Name string
	Down       bool // the provider does not answer at the moment
}

// ProviderProblemView says what went wrong with an identity provider.
type ProviderProblemView struct {
	Page
	Client  Client
	Code    string // of the error
	Name    string // of the provider, or ""
	Back    string // where another try begins
	Account bool   // it was on the account pages
	// RetryAfter is in how many seconds another try is worth it; 0: unsaid.
	RetryAfter int
}

// providerProblems are the codes that have words of their own. All others share one.
var providerProblems = map[string]string{
	"connection_not_found": "provider.gone", "connection_disabled": "provider.gone", "connection_suspended": "provider.gone", "federation_denied": "provider.denied", "federation_unavailable": "provider.down",
	"federation_misconfigured": "provider.setup", "federation_refused": "provider.refused", "invalid_credentials": "provider.refused", "identity_taken": "provider.taken", "federation_throttled": "provider.throttled",
	"too_many_identities": "provider.full", "federation_answer": "provider.answer", "federation_state": "provider.again", "federation_spent": "provider.again",
}

func (v ProviderProblemView) key() string {
	if k, ok := providerProblems[v.Code]; ok {
		return k
	}
	return "provider.again"
}

func (v ProviderProblemView) name() string {
	if v.Name != "" {
		return v.Name
	}
	return v.Locale.T("provider.some")
}

func (v ProviderProblemView) title() string {
	return v.Locale.T(v.key()+".title", "provider", v.name())
}

// RealmView leads people of a mail domain to the identity providers that they sign in with.
type RealmView struct {
	Page
	Client     Client
	Flow, CSRF string
	Domain     string
	Username   string // what was typed, or ""
	Required   bool   // there is no other way
	Providers  []ProviderButton
	Back       string // to the sign-in page
}

func (v RealmView) title() string {
	if v.Required {
		return v.Locale.T("realm.required.title")
	}
	return v.Locale.T("realm.choose.title")
}

func (v RealmView) text() string {
	switch {
	case len(v.Providers) == 0:
		return v.Locale.T("realm.none.text", "domain", v.Domain)
	case v.Required:
		return v.Locale.T("realm.required.text", "domain", v.Domain)
	}
	return v.Locale.T("realm.choose.text", "domain", v.Domain)
}

// ConnectIdentityView asks whether an account at an identity provider is that of who signed in.
type ConnectIdentityView struct {
	Page
	Client     Client
	Flow, CSRF string
	Provider   string
	Label      string // how the provider calls the account
	User       string
}

// An AccountIdentity is an account at an identity provider that signs the user in.
type AccountIdentity struct {
	ID, Provider, Label string
	Added, UsedAt       time.Time
}

// AccountIdentitiesView lists them, and providers with which more can be added.
type AccountIdentitiesView struct {
	AccountFrame
	Identities []AccountIdentity
	Providers  []ProviderButton
	LastWay    bool // what was to be removed is the only way to sign in
}
