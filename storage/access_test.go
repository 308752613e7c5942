package storage

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"plinto/provider"
	"plinto/provider/grants"
)

func (w *world) token(s story) provider.AccessToken {
	return provider.AccessToken{
		Hash: random(), JTI: uuid.NewString(), GrantID: s.grant.ID, ClientID: s.client, Subject: s.user.PublicID(),
		Scopes: []string{"openid"}, Audience: []string{"https://api.example.com"}, ExpiresAt: now().Add(time.Hour),
	}
}

// opaque stores an access token of the story's grant.
func (w *world) opaque(s story) []byte {
	w.t.Helper()
	token := w.token(s)
	must(w.t, w.access.Create(w.ctx(), token))
	return token.Hash
}

func TestAccessToken_isInspectedInOneStatement(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	want := w.token(s)
	must(t, w.access.Create(w.ctx(), want))
	want.Client = "c" + s.client.String() // as world.client made it
	n := w.counted.Count(func() {
		token, grant, user, err := w.access.Inspect(w.ctx(), want.Hash)
		must(t, err)
		if diff := cmp.Diff(want, token, cmpopts.IgnoreFields(provider.AccessToken{}, "IssuedAt")); diff != "" {
			t.Errorf("token differs (-want +got):\n%s", diff)
		}
		if time.Since(token.IssuedAt).Abs() > time.Minute {
			t.Errorf("issued at %v, want about now", token.IssuedAt)
		}
		if diff := cmp.Diff(s.grant, grant, cmpopts.IgnoreFields(provider.Grant{}, "CreatedAt")); diff != "" {
			t.Errorf("grant differs (-want +got):\n%s", diff)
		}
		if user.ID != s.user.ID || user.Email != s.user.Email {
			t.Errorf("got user %v, want %v", user, s.user)
		}
	})
	if n != 1 {
		t.Errorf("got %d statements, want 1", n)
	}
}

func TestAccessToken_ofAClientItselfHasNoUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := provider.AccessToken{Hash: random(), JTI: "j", ClientID: w.client(), Subject: "client:c", ExpiresAt: now().Add(time.Hour)}
	must(t, w.access.Create(w.ctx(), token))
	got, grant, user, err := w.access.Inspect(w.ctx(), token.Hash)
	must(t, err)
	if got.GrantID != uuid.Nil || got.Subject != token.Subject || grant.ID != uuid.Nil || user.ID != uuid.Nil {
		t.Errorf("got %+v, %+v, %+v; want neither grant nor user", got, grant, user)
	}
	for _, sql := range []string{
		`UPDATE clients SET not_before = now() WHERE id = $1`,
		`UPDATE clients SET disabled_at = now(), not_before = '-infinity' WHERE id = $1`,
	} {
		w.sql(sql, token.ClientID)
		if _, _, _, err := w.access.Inspect(w.ctx(), token.Hash); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("after %s: got %v, want ErrTokenUnknown", sql, err)
		}
	}
}

// fallen is what ends everything that hangs on a grant.
var fallen = map[string]string{
	"grant revoked":     `UPDATE grants SET revoked_at = now() WHERE id = $1`,
	"grant expired":     `UPDATE grants SET expires_at = now() WHERE id = $1`,
	"user disabled":     `UPDATE users SET disabled_at = now() WHERE id = (SELECT user_id FROM grants WHERE id = $1)`,
	"user not before":   `UPDATE users SET not_before = now() WHERE id = (SELECT user_id FROM grants WHERE id = $1)`,
	"user deleted":      `DELETE FROM users WHERE id = (SELECT user_id FROM grants WHERE id = $1)`,
	"client disabled":   `UPDATE clients SET disabled_at = now() WHERE id = (SELECT client_id FROM grants WHERE id = $1)`,
	"client not before": `UPDATE clients SET not_before = now() WHERE id = (SELECT client_id FROM grants WHERE id = $1)`,
	"client deleted":    `DELETE FROM clients WHERE id = (SELECT client_id FROM grants WHERE id = $1)`,
}

// TOK-07, TOK-11.
func TestEveryToken_diesWithWhatItStandsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := func(name string, s story, opaque []byte) {
		t.Helper()
		if _, _, _, err := w.access.Inspect(w.ctx(), opaque); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: opaque token: got %v, want ErrTokenUnknown", name, err)
		}
		if _, _, err := w.access.InspectJWT(w.ctx(), "jti", s.grant.ID); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: JWT: got %v, want ErrTokenUnknown", name, err)
		}
		if _, _, err := w.refresh.Inspect(w.ctx(), s.refresh); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: refresh token: got %v, want ErrTokenUnknown", name, err)
		}
		if _, err := w.rotate(s, s.refresh, random()); !errors.Is(err, provider.ErrGrantRevoked) && !errors.Is(err, provider.ErrRefreshUnknown) {
			t.Errorf("%s: rotation: got %v, want ErrGrantRevoked or ErrRefreshUnknown", name, err)
		}
	}
	for name, sql := range fallen {
		s := w.redeemed()
		opaque := w.opaque(s)
		if _, _, err := w.access.InspectJWT(w.ctx(), "jti", s.grant.ID); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		w.sql(sql, s.grant.ID)
		check(name, s, opaque)
	}
	s := w.redeemed()
	opaque := w.opaque(s)
	w.tenants[0].NotBefore = time.Now().Add(time.Minute)
	check("tenant not before", s, opaque)
}

func TestAccessToken_isUnknownOnceRevokedOrExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	revoked, expired := w.opaque(s), w.opaque(s)
	must(t, w.spends.RevokeOpaque(w.ctx(), revoked, grants.RevokedToken{}))
	must(t, w.spends.RevokeOpaque(w.ctx(), revoked, grants.RevokedToken{})) // unknown by now
	w.sql(`UPDATE access_tokens SET expires_at = now() WHERE hash = $1`, expired)
	for name, hash := range map[string][]byte{"revoked": revoked, "expired": expired, "made up": random()} {
		if _, _, _, err := w.access.Inspect(w.ctx(), hash); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: got %v, want ErrTokenUnknown", name, err)
		}
	}
}

func TestJWT_isUnknownOnceRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	for name, grant := range map[string]uuid.UUID{"of a user": s.grant.ID, "of a client": uuid.Nil} {
		jti := uuid.NewString()
		n := w.counted.Count(func() {
			found, user, err := w.access.InspectJWT(w.ctx(), jti, grant)
			must(t, err)
			if found.ID != grant || (grant != uuid.Nil) != (user.ID == s.user.ID) {
				t.Errorf("%s: got grant %v of user %v", name, found.ID, user.ID)
			}
		})
		if n != 1 {
			t.Errorf("%s: got %d statements, want 1", name, n)
		}
		must(t, w.spends.RevokeJWT(w.ctx(), now().Add(time.Hour), grants.RevokedToken{JTI: jti}))
		must(t, w.spends.RevokeJWT(w.ctx(), now().Add(time.Hour), grants.RevokedToken{JTI: jti}))
		if _, _, err := w.access.InspectJWT(w.ctx(), jti, grant); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("%s: got %v, want ErrTokenUnknown", name, err)
		}
		if _, _, err := w.access.InspectJWT(w.other(), jti, uuid.Nil); err != nil {
			t.Errorf("%s: revoked for another tenant too: %v", name, err)
		}
	}
}

// MIX-04.
func TestAccessTokens_areUnknownToOtherTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.issued()
	hash := w.opaque(s)
	if _, _, _, err := w.access.Inspect(w.other(), hash); !errors.Is(err, provider.ErrTokenUnknown) {
		t.Errorf("opaque: got %v, want ErrTokenUnknown", err)
	}
	if _, _, err := w.access.InspectJWT(w.other(), "jti", s.grant.ID); !errors.Is(err, provider.ErrTokenUnknown) {
		t.Errorf("JWT: got %v, want ErrTokenUnknown", err)
	}
	must(t, w.spends.RevokeOpaque(w.other(), hash, grants.RevokedToken{}))
	if err := w.access.Create(w.other(), w.token(s)); err == nil {
		t.Error("another tenant stored a token for this tenant's grant")
	}
	if _, _, user, err := w.access.Inspect(w.ctx(), hash); err != nil || user.ID != s.user.ID {
		t.Errorf("after another tenant's tries: got %v, %v", user, err)
	}
}
