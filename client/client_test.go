package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oapi-codegen/nullable"
	"golang.org/x/oauth2"

	"plinto/client"
	"plinto/internal/plintotest"
	"plinto/organization"
	"plinto/provider"
)

// connect returns a client of a new server's API, with rights.
func connect(t *testing.T, rights ...organization.Permission) (*client.ClientWithResponses, *plintotest.Server) {
	t.Helper()
	s := plintotest.Start(t)
	scopes := make([]string, len(rights))
	for i, right := range rights {
		scopes[i] = string(right)
	}
	c, secret := s.Client(provider.Metadata{
		GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{client.Base(s.Issuer())}, Scope: strings.Join(scopes, " "),
	})
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, s.HTTP())
	api, err := client.New(client.Base(s.Issuer()), client.Credentials(ctx, s.Issuer(), c.ClientID, secret, scopes...), client.WithTransport(s.HTTP().Transport))
	if err != nil {
		t.Fatal(err)
	}
	return api, s
}

func TestClient_createsReadsAndChangesAUser(t *testing.T) {
	t.Parallel()
	api, _ := connect(t, organization.UsersRead, organization.UsersWrite)
	made, err := api.CreateUserWithResponse(t.Context(), nil, client.UserCreate{Email: nullable.NewNullableWithValue("ann@example.com"), Username: nullable.NewNullableWithValue("ann")})
	if err != nil || made.JSON201 == nil || made.JSON201.Email != "ann@example.com" {
		t.Fatalf("got %+v, %v", made, err)
	}
	id, tag := made.JSON201.ID, made.HTTPResponse.Header.Get("ETag")
	patch := client.UserPatch{Username: nullable.NewNullNullable[string]()}
	changed, err := api.UpdateUserWithResponse(t.Context(), id, &client.UpdateUserParams{IfMatch: &tag}, patch)
	if err != nil || changed.JSON200.Username != "" || changed.JSON200.Email != "ann@example.com" {
		t.Fatalf("got %+v, %v", changed, err)
	}
	_, err = api.UpdateUserWithResponse(t.Context(), id, &client.UpdateUserParams{IfMatch: &tag}, patch)
	if refused := refusal(t, err); refused.Code != "precondition_failed" || refused.Status != http.StatusPreconditionFailed {
		t.Errorf("got %v", refused)
	}
	read, err := api.GetUserWithResponse(t.Context(), id)
	if err != nil || read.JSON200.Username != "" || read.HTTPResponse.Header.Get("ETag") == tag {
		t.Errorf("got %+v, %v", read, err)
	}
}

func refusal(t *testing.T, err error) *client.Error {
	t.Helper()
	var refused *client.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal of the API", err)
	}
	return refused
}

func TestClient_tellsWhatTheAPIRefuses(t *testing.T) {
	t.Parallel()
	api, _ := connect(t, organization.UsersRead)
	_, err := api.ListUsersWithResponse(t.Context(), &client.ListUsersParams{Limit: new(1000)})
	refused := refusal(t, err)
	if refused.Code != "invalid_parameters" || len(refused.Errors) != 1 || refused.Errors[0].Parameter != "limit" || refused.RequestID == "" {
		t.Errorf("got %+v", refused)
	}
	if text := refused.Error(); !strings.Contains(text, "400 invalid_parameters") || !strings.Contains(text, "limit must be at most 100") {
		t.Errorf("got %q", text)
	}
	_, err = api.CreateUserWithResponse(t.Context(), nil, client.UserCreate{})
	if refused := refusal(t, err); refused.Code != "insufficient_scope" || refused.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("got %+v", refused)
	}
}

func TestClient_goesThroughListsByCursors(t *testing.T) {
	t.Parallel()
	api, s := connect(t, organization.UsersRead)
	var want []string
	for i := range 7 {
		user := s.User(fmt.Sprintf("user%d@example.com", i))
		want = append(want, user.PublicID())
	}
	all := api.AllUsers(t.Context(), &client.ListUsersParams{Limit: new(3), Order: new(client.ListUsersParamsOrder("asc"))})
	for range 2 { // a sequence can be gone through again
		var got []string
		for u, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, u.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	for u, err := range api.AllUsers(t.Context(), nil) {
		if err != nil || u.ID != want[6] {
			t.Errorf("the newest is %s, want %s: %v", u.ID, want[6], err)
		}
		break
	}
	failures := 0
	for _, err := range api.AllUsers(t.Context(), &client.ListUsersParams{After: new("forged")}) {
		if failures++; refusal(t, err).Code != "invalid_cursor" {
			t.Errorf("got %v", err)
		}
	}
	if failures != 1 {
		t.Errorf("failed %d times", failures)
	}
}

func TestNew_wantsAnAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "auth.example.com", "/admin/v1", "ftp://auth.example.com", "https://%"} {
		if _, err := client.New(address, oauth2.StaticTokenSource(nil)); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

// LEAK-11: an issuer that sends us elsewhere gets the secret, and no other server.
func TestClient_followsNoRedirect_LEAK_11(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sent.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"theirs","token_type":"Bearer","expires_in":60}`))
	}))
	t.Cleanup(other.Close)
	issuer := httptest.NewServer(http.RedirectHandler(other.URL+"/x?of=us", http.StatusTemporaryRedirect))
	t.Cleanup(issuer.Close)
	want := "redirected to " + other.URL + "/x, which is not followed"
	for name, ctx := range map[string]context.Context{
		"of everybody": t.Context(),
		"given":        context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Timeout: time.Minute}),
	} {
		if token, err := client.Credentials(ctx, issuer.URL, "app", "secret").Token(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("client %s: token %v, %v", name, token, err)
		}
	}
	api, err := client.New(client.Base(issuer.URL), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "secret"}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.ListUsersWithResponse(t.Context(), nil)
	if refused := refusal(t, err); refused.Detail != want {
		t.Errorf("got %v, want %q", refused, want)
	}
	if sent.Load() != 0 {
		t.Errorf("the other server was sent %d requests", sent.Load())
	}
}
