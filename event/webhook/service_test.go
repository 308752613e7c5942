package webhook_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/internal/tid"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

func TestService_refusesWhatIsNoEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client, err := egress.New(egress.Options{})
	must(t, err)
	w.service.CheckURL = client.CheckURL
	good := webhook.Spec{URL: "https://example.com/hook", Events: []string{"user.*"}}
	for name, c := range map[string]struct {
		change func(*webhook.Spec)
		secret string
		want   error
	}{
		"http":                 {change: func(s *webhook.Spec) { s.URL = "http://example.com/" }, want: webhook.ErrURL},
		"this machine":         {change: func(s *webhook.Spec) { s.URL = "https://127.0.0.1/" }, want: webhook.ErrURL},
		"our network":          {change: func(s *webhook.Spec) { s.URL = "https://10.1.2.3/" }, want: webhook.ErrURL},
		"no events":            {change: func(s *webhook.Spec) { s.Events = nil }, want: webhook.ErrSpec},
		"an unknown type":      {change: func(s *webhook.Spec) { s.Events = []string{"user.teleported"} }, want: webhook.ErrSpec},
		"an unknown subject":   {change: func(s *webhook.Spec) { s.Events = []string{"us.*"} }, want: webhook.ErrSpec},
		"half a subject":       {change: func(s *webhook.Spec) { s.Events = []string{"us*"} }, want: webhook.ErrSpec},
		"what is never sent":   {change: func(s *webhook.Spec) { s.Events = []string{"sign_up.requested"} }, want: webhook.ErrSpec},
		"a payload":            {change: func(s *webhook.Spec) { s.Payload = "fat" }, want: webhook.ErrSpec},
		"a long description":   {change: func(s *webhook.Spec) { s.Description = strings.Repeat("x", 201) }, want: webhook.ErrSpec},
		"a short secret":       {secret: "whsec_" + strings.Repeat("A", 28), want: webhook.ErrSecret},
		"a secret of no kind":  {secret: strings.Repeat("A", 44), want: webhook.ErrSecret},
		"a secret, no base64":  {secret: "whsec_" + strings.Repeat("!", 44), want: webhook.ErrSecret},
		"one that is all good": {secret: "whsec_" + strings.Repeat("A", 44)},
	} {
		spec := good
		if c.change != nil {
			c.change(&spec)
		}
		if _, _, err := w.service.Create(w.ctx, spec, secret.NewString(c.secret)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestService_tellsOfEveryChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.endpoint(w.ctx, "https://a.example/", "*")
	_, err := w.service.Update(w.ctx, e.ID, func(s *webhook.Spec) { s.Description = "new" })
	must(t, err)
	_, err = w.service.Update(w.ctx, e.ID, func(s *webhook.Spec) { s.Description = "new" })
	must(t, err)
	_, err = w.service.Rotate(w.ctx, e.ID, time.Hour, secret.String{})
	must(t, err)
	for range 2 {
		must(t, w.service.Disable(w.ctx, e.ID, webhook.ByOperator))
	}
	if _, err := w.service.Test(w.ctx, e.ID); !errors.Is(err, webhook.ErrDisabled) {
		t.Errorf("test of a disabled endpoint: got %v", err)
	}
	for range 2 {
		must(t, w.service.Enable(w.ctx, e.ID))
	}
	_, err = w.service.Test(w.ctx, e.ID)
	must(t, err)
	must(t, w.service.Delete(w.ctx, e.ID))
	rows, err := w.owner.Query(t.Context(), `SELECT type FROM audit_log WHERE subject = $1 ORDER BY occurred_at, id`, e.PublicID())
	must(t, err)
	var got []string
	for rows.Next() {
		var kind string
		must(t, rows.Scan(&kind))
		got = append(got, strings.TrimPrefix(kind, "webhook_endpoint."))
	}
	if diff := cmp.Diff([]string{"created", "updated", "secret_rotated", "disabled", "enabled", "tested", "deleted"}, got); diff != "" {
		t.Error(diff)
	}
	for what, err := range map[string]error{
		"enable": w.service.Enable(w.ctx, e.ID), "disable": w.service.Disable(w.ctx, e.ID, ""), "delete": w.service.Delete(w.ctx, e.ID),
	} {
		if !errors.Is(err, webhook.ErrNotFound) {
			t.Errorf("%s of what is gone: %v", what, err)
		}
	}
}

// Two who change what they read: one finds out.
func TestService_losesNoChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.endpoint(w.ctx, "https://a.example/", "*")
	stale, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	_, err = w.service.Rotate(w.ctx, e.ID, 0, secret.String{})
	must(t, err)
	if err := w.store.Webhooks.SetSecrets(w.ctx, stale); !errors.Is(err, fault.ErrChanged) {
		t.Errorf("got %v, want ErrChanged: the new secret would be the old one again", err)
	}
}

func TestService_boundsTheEndpointsOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range webhook.MaxEndpoints - 1 {
		w.endpoint(w.ctx, "https://a.example/", "*")
	}
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			_, _, errs[i] = w.service.Create(w.ctx, webhook.Spec{URL: "https://b.example/", Events: []string{"*"}}, secret.String{})
		})
	}
	all.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, webhook.ErrTooMany) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d of four made the last one", made)
	}
}

// What a copy of the database holds of a secret opens nothing.
func TestSecrets_areStoredSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, secrets := w.endpoint(w.ctx, "https://a.example/", "*")
	raw := string(secrets.Secret)
	var dump string
	must(t, w.owner.QueryRow(t.Context(), `SELECT encode(sealed, 'escape') || url || description FROM webhook_endpoints`).Scan(&dump))
	var sealed []byte
	must(t, w.owner.QueryRow(t.Context(), `SELECT sealed FROM webhook_endpoints`).Scan(&sealed))
	for _, part := range []string{raw, strings.TrimPrefix(secrets.Text().Reveal(), webhook.SecretPrefix), string(secrets.Key.Seed())} {
		if strings.Contains(string(sealed), part) || strings.Contains(dump, part) {
			t.Error("the secret shows in the database")
		}
	}
	if shown := fmt.Sprint(secrets.Text()); strings.Contains(shown, "whsec_") {
		t.Errorf("printed as %s", shown)
	}
	// Those of one endpoint do not open as another's.
	other, _ := w.endpoint(w.ctx, "https://b.example/", "*")
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	stored.ID = other.ID
	if _, err := w.service.Vault.Live(tenant.Must(w.ctx).ID, &stored, w.clock()); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("got %v, want ErrSealed", err)
	}
}

// Nobody sees, changes or makes anything of another tenant's endpoints and deliveries.
func TestService_isolatesTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, _ := w.endpoint(w.ctx, r.URL, "*")
	other := w.tenant("other")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.told(other, event.Event{Fact: event.UserEnabled{}})
	d, _ := w.only(w.ctx, e)
	_, updating := w.service.Update(other, e.ID, func(s *webhook.Spec) { s.URL = "https://evil.example/" })
	_, rotating := w.service.Rotate(other, e.ID, 0, secret.String{})
	_, testing := w.service.Test(other, e.ID)
	_, replaying := w.service.Replay(other, e.ID, webhook.Selection{})
	for what, err := range map[string]error{
		"update": updating, "rotate": rotating, "test": testing, "replay": replaying, "enable": w.service.Enable(other, e.ID),
		"disable": w.service.Disable(other, e.ID, ""), "delete": w.service.Delete(other, e.ID),
	} {
		if !errors.Is(err, webhook.ErrNotFound) {
			t.Errorf("%s: got %v, want ErrNotFound", what, err)
		}
	}
	if _, _, err := w.store.WebhookDeliveries.ByID(other, d.ID); !errors.Is(err, webhook.ErrNoDelivery) {
		t.Errorf("delivery: got %v", err)
	}
	page, err := w.store.WebhookDeliveries.List(other, e.ID, uuid.Nil, "", 10)
	if err != nil || len(page) != 0 {
		t.Errorf("list: got %v, %v", page, err)
	}
	w.drain(other, e)
	if len(r.got) != 0 {
		t.Error("another tenant's turn sent something")
	}
	w.drain(w.ctx, e)
	if w.drain(w.ctx, e); len(r.got) != 1 {
		t.Errorf("%d requests, want one", len(r.got))
	}
}

// A test is sent to the endpoint it is about alone, whatever that wants.
func TestService_testsOneEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	storagetest.Run(t, w.store)
	tested, other := w.receive(nil), w.receive(nil)
	e, _ := w.endpoint(w.ctx, tested.URL, "user.created")
	another, _ := w.endpoint(w.ctx, other.URL, "*")
	id, err := w.service.Test(w.ctx, e.ID)
	must(t, err)
	got := tested.next(t)
	if got.header.Get("Webhook-Id") != webhook.EventID(id) || !strings.Contains(string(got.body), "webhook_endpoint.tested") {
		t.Errorf("got %s", got.body)
	}
	// Deliveries of an event are queued together.
	if n := w.count(`SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = $1`, another.ID); n != 0 {
		t.Errorf("%d deliveries to the other endpoint", n)
	}
}

// An event that no endpoint of the tenant wants leaves nothing but its audit row.
func TestService_costsNothingWhereNobodyListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, _ := w.endpoint(w.ctx, "https://a.example/", "user.enabled")
	jobs := func() int {
		return w.count(`SELECT count(*) FROM river_job WHERE args ->> 'subscriber' = 'webhooks'`)
	}
	before := jobs()
	w.stored(w.ctx, event.Event{Fact: event.UserUpdated{Fields: []string{"name"}}})
	if n := jobs() - before; n != 0 {
		t.Errorf("%d jobs for a type that nobody wants", n)
	}
	w.stored(w.ctx, event.Event{Fact: event.UserEnabled{}})
	if n := jobs() - before; n != 1 {
		t.Errorf("%d jobs for a type that one endpoint wants, want 1", n)
	}
	must(t, w.service.Disable(w.ctx, e.ID, webhook.ByOperator))
	w.stored(w.ctx, event.Event{Fact: event.UserEnabled{}})
	if n := jobs() - before; n != 1 {
		t.Errorf("%d jobs when the endpoint is disabled", n)
	}
}

// Somebody has to decide of each type whether it leaves the server.
func TestDeliverable_isDecidedForEveryType(t *testing.T) {
	t.Parallel()
	never := map[event.Type]bool{
		"sign_up.requested": true, "sign_in.code_requested": true, "recovery.requested": true, "email.requested": true, "device.code_requested": true, "organization.invitation_requested": true, "backchannel_logout.queued": true,
		"tenant.created": true, "tenant.deleted": true,
	}
	sent := map[event.Type]bool{}
	for _, name := range strings.Fields(sentTypes) {
		sent[event.Type(name)] = true
	}
	for _, f := range event.Types() {
		if never[f.Type()] == sent[f.Type()] {
			t.Errorf("%s: decide whether it is sent to endpoints, and say so here", f.Type())
		}
		if got := webhook.Deliverable(f); got != sent[f.Type()] {
			t.Errorf("%s: deliverable %v, want %v", f.Type(), got, sent[f.Type()])
		}
	}
}

const sentTypes = `connection.certificate_expiring connection.metadata_changed connection.metadata_failing connection.created connection.updated connection.disabled connection.enabled connection.deleted identity.linked identity.unlinked connection.unavailable connection.available api_key.created api_key.revoked api_key.expiring client.secret_expiring audit.exported audit.read authentication.failed authentication.succeeded authorization.granted backchannel_logout.failed client_authentication.failed client.created
client.deleted client.disabled command.refused request.refused client.enabled client.secret_added client.updated code.reuse_detected consent.denied consent.granted consent.revoked device.remembered
device.forgotten factor.added factor.imported factor.removed factor.renamed grant.revoked initial_token.issued initial_token.revoked key.activated key.created key.retired management.acted management.refused resource.owner_changed role.created role.deleted
role.updated user.role_assigned user.role_removed organization.created organization.suspended organization.unsuspended organization.invitation_created organization.invitation_revoked
organization.invitation_accepted domain.added domain.verified domain.failed domain.lapsing domain.lapsed domain.removed organization.deleted client.secret_revoked
organization.member_removed organization.member_set organization.updated passkey.counter_fell password.breached password.changed password.removed password.required password.taken recovery_code.used recovery_codes.removed recovery_codes.replaced recovery_link.issued resource_server.deleted resource_server.updated root_key.rewrapped
session.created session.ended tenant.backed_up tenant.disabled tenant.enabled tenant.moved tenant.restored tenant.updated token.refresh_repeated token.reuse_detected token.revoked user.created user.deleted user.deletion_cancelled user.deletion_scheduled user.disabled
user_import.ended user_import.started users.exported user.email_added user.email_removed user.email_verified user.emails_taken_back user.enabled user.primary_email_changed user.signed_out user.updated webhook_endpoint.created webhook_endpoint.deleted webhook_endpoint.disabled
webhook_endpoint.enabled webhook_endpoint.replayed webhook_endpoint.secret_rotated webhook_endpoint.tested webhook_endpoint.updated`

func userID(id uuid.UUID) string { return tid.Format("user", id) }
