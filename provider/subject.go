package provider

import (
	"encoding/base64"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

// SubjectPairwise is the subject type of clients that must not be able to compare
// users with other clients (OpenID Connect Core 1.0 §8).
const SubjectPairwise = "pairwise"

// Subjects tell clients who a user is.
type Subjects struct{ key secret.TenantKey }

// NewSubjects derives the key of pairwise subjects from the root key.
func NewSubjects(root secret.Root) Subjects {
	return Subjects{key: root.TenantKey(secret.PairwiseSubjects)}
}

// Of returns the "sub" of a user for a client: the user's public id, or for a
// pairwise client a MAC of sector and user (OpenID Connect Core 1.0 §8.1), which
// is stable and needs no storage.
func (s Subjects) Of(t tenant.ID, c *Client, user uuid.UUID) string {
	if c.SubjectType != SubjectPairwise {
		u := identity.User{ID: user}
		return u.PublicID()
	}
	return base64.RawURLEncoding.EncodeToString(secret.MAC(s.key.Of(t), t.String(), c.Sector(), user.String()))
}
