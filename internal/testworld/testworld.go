package testworld

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// Callback is where the clients of Web and Public are answered.
const Callback = "https://rp.example/cb"

// Address is where requests of In come from.
const Address = "192.0.2.7"

// Verifier and Challenge are a PKCE pair (RFC 7636, appendix B).
const (
	Verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// ID returns a fresh id.
func ID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Now is the time as Postgres gives it back: whole seconds, UTC.
func Now() time.Time { return time.Now().Truncate(time.Second).UTC() }

// Hash returns what is stored of a fresh token.
func Hash() []byte { return secret.Hash("test", uuid.Nil, secret.Token("test_")) }

// Tenant is one that answers on a host of its own, slug + ".example".
func Tenant(slug string, change ...func(*tenant.Tenant)) tenant.Tenant {
	host := slug + ".example"
	return changed(tenant.Tenant{
		ID: tenant.ID(ID()), Slug: slug, Name: "Tenant " + slug, Host: host, Issuer: "https://" + host,
	}, change)
}

// In returns a context that acts for a tenant, for a request from Address.
func In(t *tenant.Tenant) context.Context {
	return event.WithOrigin(tenant.With(context.Background(), t), func() event.Origin { return event.Origin{IP: Address} })
}

// User is one with a verified email address that nobody else has.
func User(change ...func(*identity.User)) identity.User {
	id := ID()
	return changed(identity.User{
		ID: id, Email: "u" + id.String() + "@example.com", EmailVerified: true, Profile: identity.Profile{Name: "Alice Example"},
	}, change)
}

// FullUser has every standard claim of OpenID Connect Core 1.0 §5.1. It has no id yet:
// identity.Directory gives it one.
func FullUser(email string) identity.User {
	return identity.User{
		Email: email, EmailVerified: true, Phone: "+4312345678", PhoneVerified: true,
		Profile: identity.Profile{
			Name: "Alice B. Example", GivenName: "Alice", FamilyName: "Example", MiddleName: "B.", Nickname: "ali",
			PreferredUsername: "alice", Profile: "https://example.com/alice", Picture: "https://example.com/alice.png",
			Website: "https://alice.example.com", Gender: "female", Birthdate: "1990-01-02", Zoneinfo: "Europe/Vienna", Locale: "de-AT",
			Address: &identity.Address{
				Formatted: "Ring 1\n1010 Wien", StreetAddress: "Ring 1", Locality: "Wien", Region: "Wien", PostalCode: "1010", Country: "AT",
			},
		},
	}
}

// Session is one of a user who signed in by password a minute ago.
func Session(u identity.User, change ...func(*identity.Session)) identity.Session {
	now := Now()
	return changed(identity.Session{
		ID: ID(), TokenHash: Hash(), UserID: u.ID, AuthTime: now.Add(-time.Minute), AMR: []string{"pwd"}, ACR: tenant.ACRPassword,
		IP: Address, Agent: "agent", IdleTTL: time.Hour, ExpiresAt: now.Add(12 * time.Hour), CreatedAt: now, SeenAt: now, RotatedAt: now,
		Mark: u.NotBefore,
	}, change)
}

// Web is a confidential web application with every grant that Plinto offers, and with
// Callback where no redirect URI is named.
func Web(redirects ...string) provider.Metadata {
	if len(redirects) == 0 {
		redirects = []string{Callback}
	}
	return provider.Metadata{
		ClientName: "Web app", ApplicationType: provider.ApplicationWeb, TokenEndpointAuthMethod: provider.AuthBasic,
		RedirectURIs: redirects, PostLogoutRedirectURIs: []string{"https://rp.example/bye"},
		GrantTypes:    []string{provider.GrantCode, provider.GrantRefresh, provider.GrantClientCredentials},
		ResponseTypes: []string{provider.ResponseCode}, Scope: "openid profile email address phone offline_access",
	}
}

// Public is the same client without a secret.
func Public(m provider.Metadata) provider.Metadata {
	m.TokenEndpointAuthMethod, m.GrantTypes = provider.AuthNone, []string{provider.GrantCode, provider.GrantRefresh}
	return m
}

// Client is one of that client_id, which is made up when it is "", with the defaults for
// what m leaves out. It has no secret.
func Client(clientID string, m provider.Metadata, change ...func(*provider.Client)) provider.Client {
	c := provider.Client{ID: ID(), ClientID: clientID, Metadata: m.WithDefaults()}
	if clientID == "" {
		c.ClientID = "client-" + c.ID.String()
	}
	return changed(c, change)
}

// A Party is a client with its secret, "" for one that has none.
type Party struct {
	*provider.Client
	Secret string
}

// NewParty is a Client of a tenant, with a secret where it needs one.
func NewParty(h provider.SecretHasher, t tenant.ID, clientID string, m provider.Metadata, change ...func(*provider.Client)) Party {
	c := Client(clientID, m, change...)
	p := Party{Client: &c}
	if c.HasSecret() || c.NeedsReadableSecret() {
		p.Secret = provider.NewClientSecret(c.Metadata)
		c.Secrets = []provider.ClientSecret{h.Keep(t, &c, p.Secret)}
	}
	return p
}

// API is a resource server of a token format with scopes.
func API(identifier string, format provider.TokenFormat, scopes ...string) provider.ResourceServer {
	r := provider.ResourceServer{Identifier: identifier, Format: format}
	for _, s := range scopes {
		r.Scopes = append(r.Scopes, provider.Scope{Name: s, Description: "May " + s})
	}
	return r
}

// Grant is what the user of a session allowed a client.
func Grant(client uuid.UUID, s identity.Session, change ...func(*provider.Grant)) provider.Grant {
	return changed(provider.Grant{
		ID: ID(), ClientID: client, UserID: s.UserID, SessionID: s.ID, SID: provider.SID(s.ID, client),
		Scopes: []string{"openid", "profile"}, Resources: []string{"https://api.example.com"}, Claims: []byte(`{"userinfo": {}}`),
		AuthTime: s.AuthTime, ACR: s.ACR, AMR: s.AMR, ExpiresAt: Now().Add(24 * time.Hour),
	}, change)
}

// Code is one for a session, to be redeemed with Verifier.
func Code(s identity.Session, change ...func(*provider.Code)) provider.Code {
	return changed(provider.Code{
		Hash: Hash(), FlowID: ID(), RedirectURI: Callback, RedirectURISent: true, Challenge: Challenge, Nonce: "nonce",
		TTL: time.Minute, SessionToken: s.TokenHash, SessionACR: s.ACR,
	}, change)
}

// Form is a posted form of pairs: "name", "value", …
func Form(pairs ...string) web.Form {
	f := web.Form{}
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = append(f[pairs[i]], pairs[i+1])
	}
	return f
}

// ErrorCode is what a client reads in "error" (RFC 6749 §5.2), "" for no error, and for what
// is no OAuth error the kind of it.
func ErrorCode(err error) string {
	var o *web.OAuthError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &o):
		return o.Code
	case fault.KindOf(err) == fault.TooMany:
		return "too many"
	case fault.KindOf(err) == fault.Unavailable:
		return "unavailable"
	}
	return "500: " + err.Error()
}

// AtOnce runs f n times at once and returns the errors.
func AtOnce(n int, f func(i int) error) []error {
	errs, start := make([]error, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func changed[T any](value T, change []func(*T)) T {
	for _, f := range change {
		f(&value)
	}
	return value
}
