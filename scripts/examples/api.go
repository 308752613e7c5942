package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// fetch sends one request, with a form if there is one and an Authorization header if there is one, and
// follows no redirect.
func fetch(ctx context.Context, method, address string, form url.Values, authorization string) (status int, body string, err error) {
	var content io.Reader
	if form != nil {
		content = strings.NewReader(form.Encode())
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return 0, "", err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, string(text), err
}

// token asks the issuer for an access token of a client, for a resource.
func token(ctx context.Context, issuer string, c client, resource, scope string) (string, error) {
	status, body, err := fetch(ctx, http.MethodPost, issuer+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "client_secret": {c.ClientSecret},
		"resource": {resource}, "scope": {scope},
	}, "")
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.AccessToken == "" {
		return "", fmt.Errorf("no token for %s: %d %s", resource, status, body)
	}
	return answer.AccessToken, nil
}

// api asks an API with the right token, and wants it to refuse whatever else somebody might send.
func (t *trial) api(ctx context.Context) error {
	other, scope := t.seed.elsewhere(t.Resource)
	if other == "" {
		return errors.New("seed.yaml has no other resource server, whose tokens the API has to refuse")
	}
	good, err := token(ctx, t.issuer, t.client, t.Resource, t.Scope)
	if err != nil {
		return err
	}
	foreign, err := token(ctx, t.issuer, t.client, other, scope)
	if err != nil {
		return err
	}
	for _, try := range []struct {
		what, authorization string
		refused             bool
	}{
		{"a good token", "Bearer " + good, false},
		{"no token", "", true},
		{"a token for another API", "Bearer " + foreign, true},
		{"a token that was changed", "Bearer " + changed(good), true},
	} {
		status, body, err := fetch(ctx, http.MethodGet, t.address()+t.Start, nil, try.authorization)
		switch {
		case err != nil:
			return fmt.Errorf("with %s: %w", try.what, err)
		case try.refused && status != http.StatusUnauthorized:
			return fmt.Errorf("with %s it answered %d, not 401: %s", try.what, status, body)
		case !try.refused && (status != http.StatusOK || !strings.Contains(body, t.Expect)):
			return fmt.Errorf("with %s it answered %d, without %q: %s", try.what, status, t.Expect, body)
		}
	}
	return nil
}

// changed returns a JWT whose signature does not fit any more: its first byte is another.
func changed(jwt string) string {
	at := strings.LastIndex(jwt, ".") + 1
	first := "A"
	if jwt[at:at+1] == first {
		first = "B"
	}
	return jwt[:at] + first + jwt[at+1:]
}
