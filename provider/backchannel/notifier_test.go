package backchannel

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/egress"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/provider/seal"
	"plinto/tenant"
)

var (
	now     = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	session = uuid.MustParse("0193f000-0000-7000-8000-000000000001")
	user    = identity.User{ID: uuid.MustParse("0193f000-0000-7000-8000-000000000002")}
)

// A world is a notifier whose neighbours are this value itself.
type world struct {
	provider.Clients // only ByClientID is asked
	client           *provider.Client
	how              seal.Sealing
	typ              string
	payload          []byte
	sent             []*http.Request
	body             string
	answer           func() (*http.Response, error)
	recorded         []event.Event
	by               egress.Owner
}

func (w *world) ByClientID(_ context.Context, id string) (*provider.Client, error) {
	if w.client == nil || id != w.client.ClientID {
		return nil, provider.ErrClientNotFound
	}
	return w.client, nil
}

func (w *world) Seal(_ context.Context, _ *provider.Client, how seal.Sealing, typ string, payload []byte) (string, error) {
	w.how, w.typ, w.payload = how, typ, payload
	return "the.logout.token", nil
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	w.sent, w.body = append(w.sent, r), string(body)
	if err != nil {
		return nil, err
	}
	return w.answer()
}

func (w *world) Append(_ context.Context, events ...event.Event) error {
	w.recorded = append(w.recorded, events...)
	return nil
}

func (w *world) InTx(ctx context.Context, f func(context.Context) error) error { return f(ctx) }

func newWorld() (*world, *Notifier) {
	w := &world{client: &provider.Client{
		ID: uuid.MustParse("0193f000-0000-7000-8000-000000000003"), ClientID: "shop",
		Metadata: provider.Metadata{BackchannelLogoutURI: "https://rp.example/out?x=1", IDTokenSignedAlg: "PS256", SubjectType: "public"},
	}}
	root, _ := secret.NewRoot()
	return w, &Notifier{
		Clients: w, Subjects: provider.NewSubjects(root), Sealer: w, Outbox: w, Tx: w,
		Transport: func(by egress.Owner) http.RoundTripper { w.by = by; return w },
		Now:       func() time.Time { return now },
	}
}

func status(code int) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return &http.Response{StatusCode: code, Body: http.NoBody, Header: http.Header{"Location": {"https://elsewhere.example/"}}}, nil
	}
}

func queued(age time.Duration) event.Event {
	return event.Event{
		ID: uuid.New(), OccurredAt: now.Add(-age), Subject: user.PublicID(),
		Fact: event.LogoutQueued{SessionID: session, ClientID: "shop"},
	}
}

func in() context.Context {
	return tenant.With(context.Background(), &tenant.Tenant{ID: tenant.ID(uuid.New()), Slug: "a", Issuer: "https://op.example"})
}

// Back-Channel Logout 1.0 §2.4 and §2.5.
func TestHandle_postsALogoutToken(t *testing.T) {
	t.Parallel()
	w, n := newWorld()
	w.answer = status(http.StatusOK)
	if err := n.Handle(in(), queued(0)); err != nil {
		t.Fatal(err)
	}
	if len(w.sent) != 1 || w.sent[0].Method != http.MethodPost || w.sent[0].URL.String() != w.client.BackchannelLogoutURI ||
		w.sent[0].Header.Get("Content-Type") != "application/x-www-form-urlencoded" || w.body != (url.Values{"logout_token": {"the.logout.token"}}).Encode() {
		t.Errorf("sent %v with %q", w.sent, w.body)
	}
	if w.by.Tenant == "" || w.by.Kind != egress.Logout || w.by.Client != "shop" {
		t.Errorf("sent on behalf of %+v", w.by)
	}
	if w.typ != "logout+jwt" || w.how.SignAlg != "PS256" || w.how.EncryptAlg != "" {
		t.Errorf("sealed as %q by %+v", w.typ, w.how)
	}
	var got map[string]any
	if err := json.Unmarshal(w.payload, &got); err != nil {
		t.Fatal(err)
	}
	if jti, _ := got["jti"].(string); len(jti) < 20 {
		t.Errorf("jti %q", jti)
	}
	delete(got, "jti")
	want := map[string]any{
		"iss": "https://op.example", "aud": "shop", "sub": user.PublicID(), "sid": provider.SID(session, w.client.ID),
		"iat": float64(now.Unix()), "exp": float64(now.Unix() + 120), "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("claims differ (-want +got):\n%s", diff)
	}
	if len(w.recorded) != 0 {
		t.Errorf("recorded %v", w.recorded)
	}
}

func TestHandle_judgesTheAnswer(t *testing.T) {
	t.Parallel()
	refused := func(err error) func() (*http.Response, error) {
		return func() (*http.Response, error) { return nil, err }
	}
	for name, c := range map[string]struct {
		answer func() (*http.Response, error)
		age    time.Duration
		again  bool   // whether the queue repeats it
		reason string // what is recorded, or ""
	}{
		"ok":               {status(200), 0, false, ""},
		"no content":       {status(204), 0, false, ""},
		"refused":          {status(400), 0, false, "refused"},
		"broken":           {status(500), 0, true, ""},
		"busy":             {status(503), time.Minute, true, ""},
		"other success":    {status(202), 0, true, ""},
		"redirect":         {status(307), 0, true, ""},
		"not found":        {status(404), 0, true, ""},
		"broken for long":  {status(503), tryFor, false, "failed_there"},
		"always elsewhere": {status(302), time.Hour, false, "redirected"},
		"unreachable":      {refused(egress.ErrUnreachable), 0, true, ""},
		"gone for long":    {refused(egress.ErrUnreachable), time.Hour, false, "unreachable"},
		"internal address": {refused(egress.ErrURL), 0, false, "uri_not_allowed"},
	} {
		w, n := newWorld()
		w.answer = c.answer
		e := queued(c.age)
		failed := event.Fact(event.LogoutFailed{SessionID: session, ClientID: "shop"})
		err := n.Handle(in(), e)
		if (err != nil) != c.again || len(w.sent) != 1 {
			t.Errorf("%s: got %v after %d requests", name, err, len(w.sent))
		}
		if err != nil && strings.Contains(err.Error(), "the.logout.token") {
			t.Errorf("%s: the token is in %v", name, err)
		}
		switch {
		case c.reason == "" && len(w.recorded) == 0:
		case c.reason != "" && len(w.recorded) == 1 && w.recorded[0].Fact == failed && w.recorded[0].Reason == c.reason && w.recorded[0].Outcome == "failure" && w.recorded[0].Subject == e.Subject:
		default:
			t.Errorf("%s: recorded %+v, want %q", name, w.recorded, c.reason)
		}
	}
}

func TestHandle_isDoneWithWhoeverIsGone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world, *event.Event){
		"deleted client":  func(w *world, _ *event.Event) { w.client = nil },
		"disabled client": func(w *world, _ *event.Event) { w.client.DisabledAt = now },
		"no URI any more": func(w *world, _ *event.Event) { w.client.BackchannelLogoutURI = "" },
		"no session":      func(_ *world, e *event.Event) { e.Fact = event.LogoutQueued{ClientID: "shop"} },
		"no user":         func(_ *world, e *event.Event) { e.Subject = "client_1" },
	} {
		w, n := newWorld()
		e := queued(0)
		change(w, &e)
		if err := n.Handle(in(), e); err != nil || len(w.sent) != 0 || len(w.recorded) != 0 {
			t.Errorf("%s: %v, %d requests, recorded %v", name, err, len(w.sent), w.recorded)
		}
	}
}

// A process that only writes events knows the subscription without a notifier.
func TestSubscription_isOfQueuedLogoutsInTheirLane(t *testing.T) {
	t.Parallel()
	s := new(Notifier).Subscription()
	for fact, want := range map[event.Fact]bool{event.LogoutQueued{}: true, event.SessionEnded{}: false, event.LogoutFailed{}: false} {
		if got := s.Wants(&event.Event{Fact: fact}); got != want {
			t.Errorf("%s: wanted %v, want %v", fact.Type(), got, want)
		}
	}
	if s.Name != "backchannel.logout" || s.Lane != event.LaneLogout {
		t.Errorf("got %q in lane %q", s.Name, s.Lane)
	}
}

var errDown = errors.New("down")

type brokenSealer struct{}

func (brokenSealer) Seal(context.Context, *provider.Client, seal.Sealing, string, []byte) (string, error) {
	return "", errDown
}

func TestHandle_triesAgainWhenTheTokenCannotBeMade(t *testing.T) {
	t.Parallel()
	w, n := newWorld()
	n.Sealer = brokenSealer{}
	if err := n.Handle(in(), queued(0)); !errors.Is(err, errDown) || len(w.sent) != 0 {
		t.Errorf("got %v after %d requests", err, len(w.sent))
	}
	if err := n.Handle(in(), queued(time.Hour)); err != nil || len(w.recorded) != 1 || w.recorded[0].Reason != "token_not_made" {
		t.Errorf("got %v, recorded %v", err, w.recorded)
	}
}
