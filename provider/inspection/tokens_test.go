package inspection

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plinto/event"
	"plinto/internal/fault"
	"plinto/internal/testworld"
	"plinto/provider"
	"plinto/storage/storagetest"
)

func TestInspect_showsBothFormatsAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web")
	for name, token := range w.all(p) {
		i, err := w.InspectAccess(w.ctx, token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := i.Claims
		if c.ClientID != "web" || c.Issuer != "https://a.example" || c.Expiry-c.IssuedAt < 598 || c.JTI == "" || len(c.Audience) == 0 || len(i.Scopes()) == 0 {
			t.Errorf("%s: %+v", name, c)
		}
		if i.ForUser() && (c.Subject != w.user.PublicID() || c.AuthTime != w.session.AuthTime.Unix() || c.ACR == "" || i.User.Email != w.user.Email) ||
			!i.ForUser() && c.Subject != "web" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TOK-07, TOK-11: whatever ends, ends every token that hangs on it.
func TestInspect_everyEndIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, p testworld.Party){
		"user disabled": func(w *world, _ testworld.Party) {
			_, err := w.store.Users.SetDisabled(w.ctx, w.user.ID, true)
			must(w.t, err)
		},
		"session ended": func(w *world, _ testworld.Party) { must(w.t, w.ender.End(w.ctx, w.session.ID, event.SessionLoggedOut)) },
		"client disabled": func(w *world, p testworld.Party) {
			_, err := w.store.Clients.SetDisabled(w.ctx, p.ID, true)
			must(w.t, err)
		},
		"client's mark":  func(w *world, p testworld.Party) { must(w.t, w.store.Clients.Mark(w.ctx, p.ID)) },
		"client deleted": func(w *world, p testworld.Party) { must(w.t, w.store.Clients.Delete(w.ctx, p.ID)) },
		"tenant's mark": func(w *world, _ testworld.Party) {
			marked := *w.tenant
			marked.NotBefore = time.Now().Add(2 * time.Second)
			w.ctx = testworld.In(&marked)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.register("web")
			tokens := w.all(p)
			for kind, token := range tokens {
				if !w.active(token) {
					t.Fatalf("%s is not active to begin with", kind)
				}
			}
			end(w, p)
			for kind, token := range tokens {
				ofUser := kind[0] == 'u'
				if w.active(token) && (ofUser || name[:4] != "user" && name[:4] != "sess") {
					t.Errorf("%s is still active", kind)
				}
			}
		})
	}
}

// TOK-08: what was taken from a client is in none of its tokens that we are asked about.
func TestInspect_losesWhatItsClientLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web")
	tokens := w.all(p)
	for kind, token := range tokens {
		if i, err := w.InspectAccess(w.ctx, token); err != nil || !strings.HasSuffix(i.Claims.Scope, ":read") {
			t.Fatalf("control: %s: %v", kind, err)
		}
	}
	stored, err := w.store.Clients.Current(w.ctx, p.ClientID)
	must(t, err)
	stored.Scope = "openid offline_access"
	must(t, w.store.Clients.SetMetadata(w.ctx, *stored))
	for kind, token := range tokens {
		i, err := w.InspectAccess(w.ctx, token)
		if err != nil || strings.Contains(i.Claims.Scope, ":read") {
			t.Errorf("%s: %v, still has %q", kind, err, i.Claims.Scope)
		}
	}
}

func TestInspect_expiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.signedIn(w.register("web"), "openid offline_access").AccessToken
	w.later(870 * time.Second) // of 900; the machine may be slow
	if !w.active(token) {
		t.Error("gone too soon")
	}
	w.later(30 * time.Second)
	if w.active(token) {
		t.Error("expired, and active from memory")
	}
}

// MIX-04, MIX-06, MIX-10.
func TestInspect_takesNothingElseForAnAccessToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.register("web")
	out := w.signedIn(p, "openid offline_access")
	opaque := w.all(p)["user's opaque"]
	long := make([]byte, 1<<20)
	for i := range long {
		long[i] = '.'
	}
	for name, token := range map[string]string{
		"ID token": out.IDToken, "refresh token": out.RefreshToken, "code": w.code(p, "openid offline_access"), "nothing": "", "dots": "..", "a megabyte of dots": string(long),
		"cut JWT": out.AccessToken[:len(out.AccessToken)-1], "longer JWT": out.AccessToken + "A", "padded JWT": out.AccessToken + "=", "JWT and a dot": out.AccessToken + ".",
		"cut": opaque[:len(opaque)-1], "longer": opaque + "A", "padded": opaque + "=", "dotted": opaque + ".", "other prefix": "plrt_" + opaque[5:], "NUL": opaque + "\x00",
	} {
		if w.active(token) {
			t.Errorf("%s is active", name)
		}
	}
	b := testworld.In(storagetest.Create(t, w.store, testworld.Tenant("b")))
	for _, token := range []string{out.AccessToken, opaque} {
		if _, err := w.InspectAccess(b, token); !errors.Is(err, provider.ErrTokenUnknown) {
			t.Errorf("another tenant: %v", err)
		}
	}
}

// A counter of the signatures that are checked.
type verifications struct {
	provider.Signer
	n    atomic.Int32
	fail error
}

func (v *verifications) Verify(ctx context.Context, token, typ string) ([]byte, error) {
	v.n.Add(1)
	if v.fail != nil {
		return nil, v.fail
	}
	return v.Signer.Verify(ctx, token, typ)
}

func TestInspect_verifiesASignatureOnceUntilKeysChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	counted := &verifications{Signer: w.keys}
	w.Verifier = counted
	token := w.signedIn(w.register("web"), "openid offline_access").AccessToken
	for range 5 {
		if !w.active(token) {
			t.Fatal("not active")
		}
	}
	if n := counted.n.Load(); n != 1 {
		t.Errorf("%d verifications, want 1", n)
	}
	w.DropVerified()
	counted.fail = fault.New(fault.Unavailable, "x", "")
	if _, err := w.InspectAccess(w.ctx, token); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want that the keys are away", err)
	}
}

// RFC 7009 §2.1; TOK-15.
func TestRevoke_endsTheTokenOfItsClientOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c1, c2 := w.register("c1"), w.register("c2")
	tokens := w.all(c1)
	whole := w.signedIn(c1, "openid offline_access")
	for name, token := range tokens {
		if err := w.Revoke(w.ctx, c2.Client, token); !errors.Is(err, provider.ErrClientMismatch) || !w.active(token) {
			t.Errorf("%s by another client: %v", name, err)
		}
		for range 2 { // twice is fine
			must(t, w.Revoke(w.ctx, c1.Client, token))
			if w.active(token) {
				t.Errorf("%s is still active", name)
			}
		}
	}
	if err := w.Revoke(w.ctx, c2.Client, whole.RefreshToken); !errors.Is(err, provider.ErrClientMismatch) {
		t.Errorf("refresh token by another client: %v", err)
	}
	if _, err := w.InspectRefresh(w.ctx, c2.Client, whole.RefreshToken); !errors.Is(err, provider.ErrTokenUnknown) {
		t.Errorf("another client inspects a refresh token: %v", err)
	}
	if f, err := w.InspectRefresh(w.ctx, c1.Client, whole.RefreshToken); err != nil || f.Grant.UserID != w.user.ID || f.Expiry.Before(time.Now()) {
		t.Errorf("got %+v, %v", f, err)
	}
	must(t, w.Revoke(w.ctx, c1.Client, whole.RefreshToken))
	if w.active(whole.AccessToken) {
		t.Error("the access token outlives its revoked grant")
	}
	for _, unknown := range []string{"", "x", "plrt_x", "plat_x", "a.b.c", whole.RefreshToken} {
		must(t, w.Revoke(w.ctx, c1.Client, unknown))
	}
}

// What an inspection may cost Postgres, once clients, resource servers and keys are in
// memory (docs/performance.md).
func TestInspect_isOneStatementAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, token := range w.all(w.register("web")) {
		inspect := func() {
			if !w.active(token) {
				t.Errorf("%s is not active", name)
			}
		}
		inspect() // verifies the signature
		n := w.counted.Count(inspect)
		for range 4 { // what is announced meanwhile is read again, once
			n = min(n, w.counted.Count(inspect))
		}
		if n > 1 {
			t.Errorf("%s: %d statements, want at most 1", name, n)
		}
	}
}
