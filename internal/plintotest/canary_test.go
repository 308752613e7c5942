package plintotest

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"plinto/internal/testservice"
	"plinto/provider"
	"plinto/storage/storagetest"
	"plinto/tenant"
)

// canaries collects what must be found nowhere.
type canaries map[string]string

// stored returns the text of every row of every table and of every value in Redis.
func stored(t *testing.T, conn *pgx.Conn, redisURL string) string {
	t.Helper()
	var all strings.Builder
	names, err := conn.Query(t.Context(), `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(names, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		rows, err := conn.Query(t.Context(), `SELECT r::text FROM `+pgx.Identifier{name}.Sanitize()+` r`)
		if err != nil {
			t.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			all.WriteString(name + ": " + text + "\n")
		}
	}
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		value, _ := client.Get(t.Context(), key).Result() // what is no string is left to its key
		all.WriteString("redis: " + key + " " + value + "\n")
	}
	return all.String()
}

// LOG-01: secrets of every kind go through every flow; afterwards neither Postgres
// nor Redis nor any answer but the one that hands it out holds one.
func TestCanary_secretsAreKeptNowhere(t *testing.T) {
	t.Parallel()
	database, owner := storagetest.URL(t)
	redisURL := testservice.Redis(t)
	s := Start(t, Options{Database: database, Redis: redisURL, Settings: tenant.Settings{Registration: tenant.Registration{Mode: tenant.RegistrationOpen}}})
	s.User("alice@example.com")
	m := web("https://rp.test/cb")
	m.TokenEndpointAuthMethod = provider.AuthPost
	client, key := s.Client(m, FirstParty)
	found := canaries{"password": Password, "client secret": key, "wrong password": "a wrong password, typed"}

	// Sign-in: wrong, then right; the page that comes back shows no password.
	b := s.Browser()
	p := b.Open(s.AuthorizeURL(client, url.Values{"scope": {"openid offline_access"}, "code_challenge": {Challenge}}))
	p = p.Submit("submit", map[string]string{"username": "alice@example.com", "password": found["wrong password"]})
	if html, _ := p.Doc.Html(); strings.Contains(html, found["wrong password"]) {
		t.Error("the page shows the password that was typed")
	}
	p = p.Submit("submit", Alice())
	found["session"] = b.SessionCookie().Value
	found["code"] = p.Left.Query().Get("code")
	for name, form := range map[string]url.Values{
		"token":   {"grant_type": {"authorization_code"}, "code": {found["code"]}, "redirect_uri": {"https://rp.test/cb"}, "code_verifier": {Verifier}},
		"refused": {"grant_type": {"authorization_code"}, "code": {found["code"][:20] + "x"}, "redirect_uri": {"https://rp.test/cb"}, "code_verifier": {"a" + Verifier}},
	} {
		form.Set("client_id", client.ClientID)
		form.Set("client_secret", key)
		a := s.Send(http.MethodPost, "/oauth2/token", form)
		if name == "token" {
			for _, member := range []string{"access_token", "refresh_token", "id_token"} {
				found[member], _ = a.JSON[member].(string)
			}
		}
		s.silentAbout(t, name, a, canaries{"secret": key, "password": Password, "verifier": Verifier})
	}
	found["verifier"] = Verifier
	s.misuse(t, found, client)
	registered := s.Send(http.MethodPost, "/oauth2/register", nil, func(r *http.Request) {
		const text = `{"redirect_uris":["https://new.example/cb"]}`
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/json")
	})
	found["registration token"], _ = registered.JSON["registration_access_token"].(string)
	found["registered secret"], _ = registered.JSON["client_secret"].(string)
	pushed := s.Send(http.MethodPost, "/oauth2/par", url.Values{
		"client_id": {client.ClientID}, "client_secret": {key}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid"},
	})
	uri, _ := pushed.JSON["request_uri"].(string)
	found["request_uri"] = strings.TrimPrefix(uri, "urn:ietf:params:oauth:request_uri:")

	kept := stored(t, storagetest.Owner(t, owner), redisURL)
	if !strings.Contains(kept, "alice@example.com") || !strings.Contains(kept, "redis: ") {
		t.Fatal("control: what is kept was not read")
	}
	for name, value := range found {
		if len(value) < 20 {
			t.Errorf("control: %s is %q", name, value)
			continue
		}
		for _, spelling := range []string{value, hex.EncodeToString([]byte(value))} {
			if at := strings.Index(kept, spelling); at >= 0 {
				t.Errorf("%s is kept: %s", name, kept[max(0, at-200):at+20])
			}
		}
	}
}

// silentAbout fails the test if the answer holds one of them.
func (s *Server) silentAbout(t *testing.T, what string, a Answer, of canaries) {
	t.Helper()
	text := a.Text
	for name, values := range a.Header {
		text += name + strings.Join(values, " ")
	}
	for name, value := range of {
		if value != "" && strings.Contains(text, value) {
			t.Errorf("%s: the answer holds the %s: %s", what, name, text)
		}
	}
}

// misuse sends each secret where it does not belong. No answer repeats it.
func (s *Server) misuse(t *testing.T, of canaries, c *provider.Client) {
	t.Helper()
	for name, value := range of {
		alone := canaries{name: value}
		form := url.Values{"client_id": {value}, "client_secret": {value}, "grant_type": {value}, "token": {value}, "code": {value}, "scope": {value}, "username": {value}}
		for _, path := range []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par", "/login", "/consent", "/logout", "/setup"} {
			s.silentAbout(t, path+" with "+name, s.Send(http.MethodPost, path, form, With("Sec-Fetch-Site", "same-origin")), alone)
		}
		query := url.Values{"error": {value}, "error_description": {value}, "client_id": {value}, "redirect_uri": {value}, "flow": {value}, "request": {value}, "ui_locales": {value}}
		for _, path := range []string{"/oauth2/authorize", "/login", "/consent", "/logout", "/logged-out", "/oauth2/logout", "/nothing"} {
			s.silentAbout(t, path+" with "+name, s.Send(http.MethodGet, path+"?"+query.Encode(), nil), alone)
		}
		wrong := url.Values{"client_id": {c.ClientID}, "redirect_uri": {c.RedirectURIs[0]}, "response_type": {value}, "scope": {value}, "nonce": {value}}
		s.silentAbout(t, "authorize with "+name, s.Send(http.MethodGet, "/oauth2/authorize?"+wrong.Encode(), nil), alone)
		s.silentAbout(t, "bearer "+name, s.Send(http.MethodGet, "/oauth2/userinfo", nil, With("Authorization", "Bearer "+value+"x")), alone)
	}
}
