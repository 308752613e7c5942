package mail

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/event"
)

// silent says why the user whom an event is about gets no mail of it. Everything else is mailed.
var silent = map[event.Type]string{
	"api_key.revoked":                  "takes rights away",
	"authentication.failed":            "happens all the time, and changes nothing; limits answer it",
	"authorization.granted":            "every sign-in at an application",
	"client_authentication.failed":     "about a client",
	"code.reuse_detected":              "the client's fault; what was granted has ended",
	"consent.denied":                   "changes nothing",
	"consent.revoked":                  "takes rights away",
	"device.forgotten":                 "takes rights away",
	"factor.imported":                  "an operator brings the user from elsewhere",
	"factor.renamed":                   "changes nothing but a label",
	"grant.revoked":                    "takes rights away",
	"passkey.counter_fell":             "may be nothing: for the operator, who can ask",
	"password.breached":                "the page says so where the policy asks something of the user; else it is for the operator",
	"password.required":                "the next sign-in says so",
	"recovery_codes.removed":           "done by who reads these mails, and said on the page",
	"password.taken":                   "done by who reads these mails, and said on the page",
	"recovery_link.issued":             "handed over by an operator; the password that it sets is mailed",
	"session.created":                  "see authentication.succeeded",
	"session.ended":                    "takes rights away",
	"token.refresh_repeated":           "changes nothing",
	"token.revoked":                    "takes rights away",
	"user.created":                     "sign-up has its letter, and an operator who makes a user invites them",
	"user.deleted":                     "nobody is left to tell; it was mailed when it was scheduled",
	"user.disabled":                    "an operator's act, who tells why",
	"user.email_added":                 "not proved yet: the address gets a letter, and user.email_verified is mailed",
	"user.emails_taken_back":           "done by who reads these mails, and said on the page",
	"user.enabled":                     "an operator's act",
	"user.role_assigned":               "what somebody may do in the installation is not how they sign in",
	"user.role_removed":                "takes rights away",
	"user.signed_out":                  "takes rights away",
	"organization.member_set":          "what somebody may do in an organization is not how they sign in",
	"organization.member_removed":      "takes rights away",
	"organization.invitation_accepted": "done on the page",
	"user_import.started":              operators,
	"user_import.ended":                operators,
	"users.exported":                   operators,
	"organization.invitation_created":  "organization.invitation_requested is the letter",
	"organization.invitation_revoked":  "takes rights away",
	"backchannel_logout.queued":        "about a client",
	"backchannel_logout.failed":        "about a client",
	"request.refused":                  "changes nothing",
	"command.refused":                  operators,
	"management.refused":               operators,
	"management.acted":                 operators,
	"audit.exported":                   operators,
	"audit.read":                       operators,
	"resource.owner_changed":           operators,
	"initial_token.issued":             operators,
	"initial_token.revoked":            operators,
	"webhook_endpoint.created":         operators,
	"webhook_endpoint.updated":         operators,
	"webhook_endpoint.enabled":         operators,
	"webhook_endpoint.secret_rotated":  operators,
	"webhook_endpoint.deleted":         operators,
	"webhook_endpoint.tested":          operators,
	"webhook_endpoint.replayed":        operators,
	"organization.created":             operators,
	"organization.updated":             operators,
	"organization.deleted":             operators,
	"organization.suspended":           operators,
	"organization.unsuspended":         operators,
	"resource_server.updated":          operators,
	"resource_server.deleted":          operators,
	"role.created":                     operators,
	"role.updated":                     operators,
	"role.deleted":                     operators,
	"tenant.created":                   operators,
	"tenant.updated":                   operators,
	"tenant.deleted":                   operators,
	"tenant.disabled":                  operators,
	"tenant.enabled":                   operators,
	"tenant.moved":                     operators,
	"tenant.backed_up":                 operators,
	"tenant.restored":                  operators,
	"connection.created":               operators,
	"connection.updated":               operators,
	"connection.disabled":              operators,
	"connection.unavailable":           operators,
	"connection.metadata_changed":      operators,
	"connection.available":             operators,
	"connection.enabled":               operators,
	"connection.deleted":               operators,
	"key.created":                      operators,
	"key.activated":                    operators,
	"key.retired":                      operators,
	"root_key.rewrapped":               operators,
	"client.created":                   operators,
	"client.updated":                   operators,
	"client.deleted":                   operators,
	"client.disabled":                  operators,
	"client.enabled":                   operators,
	"client.secret_added":              operators,
	"client.secret_revoked":            operators,
	"domain.added":                     operators,
	"domain.verified":                  operators,
	"domain.failed":                    operators,
	"domain.lapsed":                    operators,
	"domain.removed":                   operators,
}

const operators = "about the installation, for its operators"

// takesNothingBack are mails without "This wasn't me", and why.
var takesNothingBack = map[event.Type]string{
	"token.reuse_detected":       "an application used a token twice: nobody signed in, and what was granted has ended",
	"user.primary_email_changed": "the new address may be an intruder's; the mail to the old one has the link",
}

// Each type of event has a decision: a mail about it, a letter that it asks for, or a reason why
// there is none. A new type fails this test until somebody has decided.
func TestEvents_areMailedOrHaveAReason(t *testing.T) {
	t.Parallel()
	notices := map[event.Type]bool{}
	for _, fact := range new(Notifier).Subscription().Types {
		notices[fact.Type()] = true
	}
	mailed := map[event.Type]bool{}
	for _, s := range []event.Subscriber{new(Notifier), new(OldAddress), new(Letters), new(Contact), new(Manager), new(KeyOwner)} {
		for _, fact := range s.Subscription().Types {
			mailed[fact.Type()] = true
		}
	}
	for _, fact := range event.Types() {
		kind := fact.Type()
		if _, decided := silent[kind]; decided == mailed[kind] {
			t.Errorf("%s: mailed %v, a reason for silence %v: want one of them", kind, mailed[kind], decided)
		}
		delete(silent, kind)
		if _, decided := takesNothingBack[kind]; notices[kind] && decided == reportable(fact) {
			t.Errorf("%s: takes something back %v, a reason for not %v: want one of them", kind, reportable(fact), decided)
		}
	}
	for kind := range silent {
		t.Errorf("%s is no event", kind)
	}
}

// What the user is told of and why, where it depends on the event.
func TestNotifier_tellsWhatChangedHowOneSignsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fact event.Fact
		want bool
	}{
		"another user name":    {event.UserUpdated{Fields: []string{"name", "username"}}, true},
		"another name":         {event.UserUpdated{Fields: []string{"name"}}, false},
		"offline access":       {event.ConsentGranted{Scopes: []string{"openid", "offline_access"}}, true},
		"access while present": {event.ConsentGranted{Scopes: []string{"openid"}}, false},
		"a remembered browser": {event.DeviceRemembered{}, true},
		"no password":          {event.PasswordRemoved{}, true},
		"a key of the user's":  {event.APIKeyCreated{User: "user_1"}, true},
		"a key of the tenant":  {event.APIKeyCreated{}, false},
	} {
		s := new(Notifier).Subscription()
		if got := s.Wants(&event.Event{Fact: c.fact}); got != c.want {
			t.Errorf("%s: wanted %v, want %v", name, got, c.want)
		}
	}
}

// A client may call itself what it likes: its name is one line, beside the host it is at.
func TestNotifier_namesTheAppThatGotAccess(t *testing.T) {
	t.Parallel()
	var sender kept
	n := notifier(&sender, Recipient{Email: "alice@example.com"})
	n.NotMe = func(context.Context, *event.Event, string) (string, error) { return "https://id.example/not-me", nil }
	must(t, n.Handle(acme(t), event.Event{ID: uuid.New(), Fact: event.ConsentGranted{
		ClientName: "Calendar\r\n<a href=//evil.example>", RedirectHost: "calendar.example", Scopes: []string{"offline_access"},
	}}))
	m := sender.messages[0]
	for _, want := range []string{"App: Calendar <a href=//evil.example>", "Host: calendar.example", "https://id.example/not-me"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("%q is not in\n%s", want, m.Text)
		}
	}
	if strings.Contains(m.HTML, "<a href=//evil") {
		t.Error("markup got through")
	}
}
