package provider

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/tenant"
)

// A Permission is one scope at one resource server: a line of the consent page.
type Permission struct {
	Resource string // identifier of the resource server; "" for what is known of the user
	Scope    string // "" for a resource server that defines no scopes
}

// A ConsentRequest is everything the consent page tells a user about a request. A
// consent is good for exactly that: a client that is renamed, or asks to have the
// user sent to another host, asks for something else.
type ConsentRequest struct {
	Name, LogoURI, PolicyURI, TosURI string // of the client
	// RedirectHost is where the answer goes: see RedirectHost.
	RedirectHost string
	// SubjectType and Sector decide who else can recognize the user.
	SubjectType, Sector string
	Permissions         []Permission
	// Organization is the public id of the one that the client gets tokens for, OrganizationName
	// what it is called; "" for none.
	Organization, OrganizationName string
}

// ConsentRequest returns what the user has to be told of r, which is the client's, as
// things are now. in is the organization that it is for, or zero.
func (p ScopePolicy) ConsentRequest(ctx context.Context, c *Client, r *Request, in Membership) (ConsentRequest, error) {
	servers, err := p.Resources.All(ctx)
	if err != nil {
		return ConsentRequest{}, fmt.Errorf("list resource servers: %w", err)
	}
	scopes := r.ConsentScopes()
	asked := ConsentRequest{
		Name: c.DisplayName(), LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TosURI: c.TosURI,
		RedirectHost: RedirectHost(r.RedirectURI), SubjectType: c.SubjectType,
		Permissions:  permissions(servers, granted(servers, tenant.Must(ctx), c, r.Resources, scopes), scopes),
		Organization: in.PublicID(), OrganizationName: in.Name,
	}
	if c.SubjectType == SubjectPairwise {
		asked.Sector = c.Sector()
	}
	return asked, nil
}

// permissions are the scopes at those of the chosen servers that know them. Scopes
// that none of them knows are the tenant's own, or of no effect, and shown too.
func permissions(servers, chosen []ResourceServer, scopes []string) []Permission {
	all := make([]Permission, 0, len(scopes))
	for _, name := range scopes {
		if !slices.ContainsFunc(chosen, func(s ResourceServer) bool { return s.has(name) }) {
			all = append(all, Permission{Scope: name})
		}
	}
	for i := range chosen {
		s := &chosen[i]
		if s.scopeless() {
			all = append(all, Permission{Resource: s.Identifier})
		}
		for _, name := range scopes {
			if s.has(name) {
				all = append(all, Permission{Resource: s.Identifier, Scope: name})
			}
		}
	}
	return all
}

// Shown is the digest of what the page says of the client: the key that consents are
// remembered by, 32 bytes.
func (q *ConsentRequest) Shown() []byte {
	parts := []string{q.Name, q.LogoURI, q.PolicyURI, q.TosURI, q.RedirectHost, q.SubjectType, q.Sector}
	if q.Organization != "" {
		// What was allowed for one organization was allowed for no other. A new name of it is no
		// reason to ask again.
		parts = append(parts, q.Organization)
	}
	return digest("plinto/consent/v1", parts...)
}

// Digest names everything that the page says, in URL-safe text. The form of the page
// repeats it: what was allowed is what was shown, whatever changed meanwhile.
func (q *ConsentRequest) Digest() string {
	parts := []string{string(q.Shown())}
	if q.OrganizationName != "" {
		parts = append(parts, "organization", q.OrganizationName)
	}
	for _, p := range q.Permissions {
		parts = append(parts, p.Resource, p.Scope)
	}
	return base64.RawURLEncoding.EncodeToString(digest("plinto/consent-request/v1", parts...))
}

// digest hashes each part with its length in front: ("ab","c") and ("a","bc") differ.
func digest(purpose string, parts ...string) []byte {
	h := sha256.New()
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))) // parts are far below 4 GiB
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// RedirectHost is where a redirect URI leads, as users are shown it: its host with the
// port, or the scheme of an app. A client's name can be anything, this cannot.
func RedirectHost(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	if u.Host != "" {
		return u.Host
	}
	return u.Scheme + ":"
}

// A Consent is what a user allowed a client without being asked again, after a page
// that showed the client as it was then. One client has several where it has redirect
// URIs on several hosts.
type Consent struct {
	UserID       uuid.UUID
	ClientID     uuid.UUID // Client.ID
	Shown        []byte    // ConsentRequest.Shown
	Name         string    // of the client, as it was shown
	RedirectHost string
	Permissions  []Permission
	GrantedAt    time.Time
}

// Covers reports whether everything that q asks for was shown and allowed before.
func (c *Consent) Covers(q *ConsentRequest) bool {
	if c.Shown == nil || !slices.Equal(c.Shown, q.Shown()) {
		return false
	}
	return !slices.ContainsFunc(q.Permissions, func(p Permission) bool { return !slices.Contains(c.Permissions, p) })
}

// MaxConsents bounds what is remembered for one user and client: a client that keeps
// changing must not fill the table.
const MaxConsents = 10

// Consents remembers consents.
type Consents interface {
	// Of returns the consent after a page that showed exactly that of the client, with
	// no permissions when there is none.
	Of(ctx context.Context, userID, clientID uuid.UUID, shown []byte) (Consent, error)
	// Allow adds permissions to the consent. Of one user and client the newest
	// MaxConsents are kept.
	Allow(ctx context.Context, c Consent) error
	// List returns the consents of a user, newest first.
	List(ctx context.Context, userID uuid.UUID) ([]Consent, error)
	// Revoke forgets the consents and revokes the client's grants of the user, and
	// reports whether there were any.
	Revoke(ctx context.Context, userID, clientID uuid.UUID) (ended bool, err error)
	// Forget forgets every user's consents to a client.
	Forget(ctx context.Context, clientID uuid.UUID) error
}
