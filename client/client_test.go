package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

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
