package browser

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// A clientsRead has one client, and counts how often it is asked.
type clientsRead struct {
	provider.Clients
	asked int
}

func (c *clientsRead) ByClientID(_ context.Context, id string) (*provider.Client, error) {
	c.asked++
	if id != "web" {
		return nil, provider.ErrClientNotFound
	}
	return &provider.Client{ClientID: id}, nil
}

// A sessionsRead has one session, and counts how often it is asked.
type sessionsRead struct {
	identity.Sessions
	session identity.Session
	asked   int
}

func (s *sessionsRead) Current(context.Context, []byte) (identity.Session, error) {
	s.asked++
	return s.session, nil
}

func (s *sessionsRead) Touch(context.Context, identity.Session) error { return nil }

// posting returns a request that posts a form with the browser's cookies.
func (v *visitor) posting(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, site.String()+"/login", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range v.jar.Cookies(site) {
		r.AddCookie(c)
	}
	return r.WithContext(tenant.With(r.Context(), main))
}

// SES-06: a step gets a form only of the browser that began the flow, with the value that
// its page repeats.
func TestSubmit_takesFormsOfOurPageOnly(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.b.Clients = &clientsRead{}
	flow := v.b.NewFlow(provider.Request{ClientID: "web"})
	v.do(main, func(w http.ResponseWriter, r *http.Request) {
		if err := v.b.SaveFlow(w, r, flow); err != nil {
			t.Fatal(err)
		}
	})
	stranger := newVisitor(t)
	stranger.b = v.b
	for name, tt := range map[string]struct {
		by     *visitor
		form   url.Values
		called bool
		err    error
		status int // of the page that says why not
	}{
		"our page":        {by: v, form: url.Values{"flow": {flow.Handle()}, "csrf": {flow.CSRF}}, called: true},
		"without csrf":    {by: v, form: url.Values{"flow": {flow.Handle()}}, err: ErrForged},
		"another's csrf":  {by: v, form: url.Values{"flow": {flow.Handle()}, "csrf": {NewCSRF()}}, err: ErrForged},
		"another browser": {by: stranger, form: url.Values{"flow": {flow.Handle()}, "csrf": {flow.CSRF}}, status: http.StatusBadRequest},
		"no flow":         {by: v, form: url.Values{"csrf": {flow.CSRF}}, status: http.StatusBadRequest},
		"twice":           {by: v, form: url.Values{"flow": {flow.Handle(), flow.Handle()}, "csrf": {flow.CSRF}}, err: fault.Invalid},
	} {
		called, w := false, httptest.NewRecorder()
		err := v.b.Submit(func(_ context.Context, visit *Visit) error {
			called = visit.Flow.ID == flow.ID && visit.Form.Get("csrf") == flow.CSRF
			return nil
		})(w, tt.by.posting(tt.form))
		if called != tt.called || !errors.Is(err, tt.err) || tt.status != 0 && w.Code != tt.status {
			t.Errorf("%s: called %v, %v, status %d; want %v, %v, status %d", name, called, err, w.Code, tt.called, tt.err, tt.status)
		}
	}
}

func TestVisit_readsClientAndSessionOnce(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	clients := &clientsRead{}
	sessions := &sessionsRead{session: identity.Session{ID: uuid.New(), RotatedAt: v.now, CreatedAt: v.now}}
	v.b.Clients, v.b.Sessions = clients, sessions
	for name, cookie := range map[string]string{"somebody": secret.Token(identity.SessionPrefix), "nobody": ""} {
		clients.asked, sessions.asked = 0, 0
		r := v.posting(nil)
		want := 0
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: v.b.Cookies(r).Name(sessionBase), Value: cookie})
			want = 1
		}
		visit := &Visit{W: httptest.NewRecorder(), R: r, Flow: v.b.NewFlow(provider.Request{ClientID: "web"}), browser: v.b}
		for range 2 {
			client, err := visit.Client(r.Context())
			if err != nil || client.ClientID != "web" {
				t.Errorf("%s: the client is %v, %v", name, client, err)
			}
			session, err := visit.Session()
			if err != nil || (session != nil) != (cookie != "") {
				t.Errorf("%s: the session is %v, %v", name, session, err)
			}
		}
		if clients.asked != 1 || sessions.asked != want {
			t.Errorf("%s: read the client %d times and the session %d times, want 1 and %d", name, clients.asked, sessions.asked, want)
		}
	}
}

func TestVisit_saysThatTheClientIsGone(t *testing.T) {
	t.Parallel()
	v := newVisitor(t)
	v.b.Clients = &clientsRead{}
	visit := &Visit{Flow: v.b.NewFlow(provider.Request{ClientID: "deleted"}), browser: v.b}
	if _, err := visit.Client(t.Context()); !errors.Is(err, provider.ErrClientNotFound) {
		t.Errorf("got %v, want %v", err, provider.ErrClientNotFound)
	}
}
