package challenge_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"plinto/internal/plintotest"
	"plinto/internal/testworld"
)

// from sends a request from an address.
func (w *world) from(address string, form url.Values, more ...func(*http.Request)) plintotest.Answer {
	w.t.Helper()
	return w.Send(http.MethodPost, path, form, append(more, plintotest.With("X-Forwarded-For", address))...)
}

// fails sends a request that is no good from an address, n times, and returns the status of the last.
func (w *world) fails(n int, address string, more url.Values) (last plintotest.Answer) {
	w.t.Helper()
	for range n {
		last = w.from(address, with(url.Values{"client_id": {w.app.ClientID}, "auth_session": {"none"}}, more))
	}
	return last
}

// DSI-11: good requests are not counted. Bad ones keep those out who are new in their network, and not who signed in before.
func TestTurns_onlyBadOnesCount_DSI_11(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Proxied: true})
	known := w.text(w.posts(w.request(password()), ""), "device_token")
	for n := range 650 {
		if a := w.from("198.51.100.7", w.request(nil)); a.StatusCode != http.StatusBadRequest {
			t.Fatalf("the %dth good request: %d %s", n+1, a.StatusCode, a.Text)
		}
	}
	// Ten come back in a second, so it takes some more than 600.
	if a := w.fails(900, "198.51.100.7", nil); a.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("the 900th bad request: %d %s", a.StatusCode, a.Text)
	}
	a := w.from("198.51.100.7", w.request(nil))
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("after them: %d %s", a.StatusCode, a.Text)
	}
	w.answers(w.from("198.51.100.7", w.request(with(url.Values{"device_token": {known}}, password()))), "")
	w.answers(w.from("203.0.113.7", w.request(nil)), "insufficient_authorization sign_in")
	if a := w.fails(90, "203.0.113.7", url.Values{"device_token": {known}}); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("who signed in before has no limit of their own: %d %s", a.StatusCode, a.Text)
	}
}

// DSI-12: a server says where its users are: whoever guesses there keeps none of the others out.
func TestUserIP_isWhatTheLimitsGoBy_DSI_12(t *testing.T) {
	t.Parallel()
	w := newWorld(t, plintotest.Options{Proxied: true})
	server, secret := w.Client(testworld.Web("https://rp.example/cb"), direct)
	sends := func(ip, user, password string) plintotest.Answer {
		form := w.request(url.Values{"client_id": {server.ClientID}, "username": {user}, "password": {password}})
		if ip != "" {
			form.Set("user_ip", ip)
		}
		return w.from("192.0.2.1", form, plintotest.As(server, secret))
	}
	var last plintotest.Answer
	for n := range 21 { // each for a name of its own: the limit is the network's
		last = sends("198.51.100.7", fmt.Sprintf("nobody-%d@example.com", n), "not it")
	}
	if last.JSON["error"] != "redirect_to_web" && last.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("the 21st guess: %d %s", last.StatusCode, last.Text)
	}
	w.answers(sends("203.0.113.7", alice, plintotest.Password), "")
	w.answers(sends("", alice, plintotest.Password), "")
	var ip string
	if err := w.Owner.QueryRow(t.Context(), `SELECT ip FROM sessions ORDER BY id LIMIT 1`).Scan(&ip); err != nil || ip != "203.0.113.7" {
		t.Errorf("the session is of %q (%v)", ip, err)
	}
	for name, form := range map[string]url.Values{
		"no address": {"user_ip": {"somewhere"}}, "two": {"user_ip": {"203.0.113.7, 203.0.113.8"}}, "a zone": {"user_ip": {"fe80::1%eth0"}},
	} {
		if a := w.from("192.0.2.1", w.request(with(form, url.Values{"client_id": {server.ClientID}})), plintotest.As(server, secret)); a.JSON["error"] != "invalid_request" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.Text)
		}
	}
	if a := w.from("192.0.2.1", w.request(url.Values{"user_ip": {"203.0.113.7"}})); a.JSON["error"] != "invalid_request" {
		t.Errorf("a public client says where it is: %d %s", a.StatusCode, a.Text)
	}
}
