package clientauth

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"plinto/provider"
)

// Which secret a client uses of two is noted where that ends: once, however many requests there are, and of no other.
func TestClientAuth_notesTheUseOfASecretThatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noted := 0
	w.Uses = w.store.Clients
	w.Later = func(ctx context.Context, _ time.Duration, do func(context.Context)) {
		noted++
		do(ctx)
	}
	r := &provider.Registrar{Clients: w.store.Clients, Writes: w.store.Clients, Consents: w.store.Consents, Secrets: w.Secrets, Outbox: w.store.Outbox, Tx: w.store.DB}
	bySecret := func(p party, plain string) error {
		_, err := w.request(form(), basicAuth(p.ClientID, plain))
		return err
	}
	byAssertion := func(p party, plain string) error {
		p.Secret = plain
		f := form("client_assertion_type", assertionType, "client_assertion", signedBy(t, p, w.tenant.Issuer, time.Now()))
		_, err := w.Authenticate(w.ctx, httptest.NewRequest("POST", w.tenant.Path+"/oauth2/token", nil), f)
		return err
	}
	for method, shows := range map[string]func(party, string) error{provider.AuthBasic: bySecret, provider.AuthSecretJWT: byAssertion} {
		p := w.register(method, authMethod(method))
		must(t, shows(p, p.Secret)) // it does not end yet
		added, err := r.RotateSecret(w.ctx, p.ClientID, false)
		must(t, err)
		w.rotated(p)
		must(t, shows(p, added.Plain))
		if err := shows(p, added.Plain+"x"); err == nil {
			t.Fatalf("%s: a wrong secret is good", method)
		}
		if noted != 0 {
			t.Errorf("%s: %d uses of secrets that do not end are noted", method, noted)
		}
		must(t, shows(p, p.Secret))
		must(t, shows(p, p.Secret))
		c, err := w.store.Clients.Current(w.ctx, p.ClientID)
		must(t, err)
		if len(c.Secrets) != 2 || noted != 1 || time.Since(c.Secrets[1].UsedAt) > time.Minute || !c.Secrets[0].UsedAt.IsZero() {
			t.Errorf("%s: noted %d times: %+v", method, noted, c.Secrets)
		}
		noted = 0
	}
}

// rotated waits until copies of the client in memory have both secrets.
func (w *world) rotated(p party) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := w.store.Clients.ByClientID(w.ctx, p.ClientID)
		must(w.t, err)
		if len(c.Secrets) == 2 {
			return
		}
		select {
		case <-tick.C:
		case <-w.t.Context().Done():
			w.t.Fatal("the copy of the client is not renewed")
		}
	}
}
