package plintotest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/admin"
	"plinto/internal/testservice"
	"plinto/organization"
	"plinto/storage"
	"plinto/storage/schema"
	"plinto/storage/storagetest"
)

// A following is a server with a primary and a replica of its own.
type following struct {
	*Server
	primary, replica *testservice.PostgresServer
	token            string
}

func follow(t *testing.T, change ...func(*following, *Options)) *following {
	t.Helper()
	primary := testservice.NewPrimary(t)
	if _, err := schema.Migrate(t.Context(), primary.URL(), &schema.LoginRole{Name: storagetest.LoginRole}); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	f := &following{primary: primary, replica: primary.NewReplica(t)}
	o := Options{Database: primary.AsRole(storagetest.LoginRole), Replicas: []string{f.replica.AsRole(storagetest.LoginRole)}}
	for _, of := range change {
		of(f, &o)
	}
	f.Server = Start(t, o)
	rights := make([]string, len(organization.Permissions))
	for i, p := range organization.Permissions {
		rights[i] = string(p)
	}
	f.token = f.managementToken(strings.Join(rights, " "))
	return f
}

// ask sends a request of the management API that has to see what another one changed, where it says so.
func (f *following) ask(method, path, body, after string) (status int, readAfter, text string) {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.Issuer()+"/admin/v1"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+f.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if after != "" {
		r.Header.Set("Plinto-Read-After", after)
	}
	res, err := f.HTTP().Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Plinto-Read-After"), string(answer)
}

func (f *following) is(want int, method, path, after string) {
	f.t.Helper()
	if status, _, text := f.ask(method, path, "", after); status != want {
		f.t.Errorf("%s %s: %d, want %d: %s", method, path, status, want, text)
	}
}

// state is what is known of the replica.
func (f *following) state() storage.ReplicaState { return f.Store.Replicas()[0] }

// caughtUp has the replica have all there is, and the server know.
func (f *following) caughtUp() {
	f.t.Helper()
	f.replica.ResumeReplay(f.t, f.primary)
	f.Store.ProbeReplicas(f.t.Context())
	if out := f.state().Out; out != "" {
		f.t.Fatalf("the replica is not asked: %s", out)
	}
}

// Who changed something and says so sees it, whatever the replica shows; who does not may be shown
// what was there before, and nothing but what is shown comes from it.
func TestReplicas_showWhatTheirReaderChanged(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.caughtUp()
	f.replica.PauseReplay(t)
	status, after, made := f.ask(http.MethodPost, "/users", `{"email": "new@example.com"}`, "")
	if status != http.StatusCreated || after == "" {
		t.Fatalf("create: %d, read after %q: %s", status, after, made)
	}
	f.Store.ProbeReplicas(t.Context())
	_, id, _ := strings.Cut(made, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	f.is(http.StatusOK, http.MethodGet, "/users/"+id, after)
	f.is(http.StatusOK, http.MethodGet, "/users/"+id, "made up")
	f.is(http.StatusNotFound, http.MethodGet, "/users/"+id, "")
	if status, again, text := f.ask(http.MethodPatch, "/users/"+id, `{"email_verified": true}`, ""); status != http.StatusOK || again == after {
		t.Errorf("change: %d, read after %q: %s", status, again, text)
	}

	before := f.state()
	client, secret := f.Client(web("https://rp.example/cb"), FirstParty)
	ann := f.User("ann@example.com")
	tokens := f.Tokens(client, secret, "ann@example.com", "openid offline_access")
	f.disable(ann.PublicID())
	if p := f.Browser().Open(f.AuthorizeURL(client, nil)).Submit("submit", map[string]string{"username": "ann@example.com", "password": Password}); p.Left != nil {
		t.Error("who was blocked signs in")
	}
	if a := f.Send(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"]}}, As(client, secret)); a.StatusCode != http.StatusBadRequest {
		t.Errorf("who was blocked refreshes: %d %s", a.StatusCode, a.Text)
	}
	if got := f.state(); got.Answered != before.Answered || got.Failed != before.Failed {
		t.Errorf("signing in asked the replica: %+v, before %+v", got, before)
	}
	f.caughtUp()
	f.is(http.StatusOK, http.MethodGet, "/users/"+id, "")
	if f.state().Answered == before.Answered {
		t.Error("a replica that has caught up is not asked")
	}
}

func (f *following) disable(user string) {
	f.t.Helper()
	if status, _, text := f.ask(http.MethodPost, "/users/"+user+"/block", "", ""); status >= http.StatusBadRequest {
		f.t.Fatalf("block: %d %s", status, text)
	}
}

// A replica that is gone costs nobody an answer, and is asked again when it is back.
func TestReplicas_mayGoAndComeBack(t *testing.T) {
	t.Parallel()
	f := follow(t)
	f.caughtUp()
	client, _ := f.Client(web("https://rp.example/cb"), FirstParty)
	ann := f.User("ann@example.com")
	f.caughtUp()
	if err := f.replica.Stop(); err != nil {
		t.Fatal(err)
	}
	f.is(http.StatusOK, http.MethodGet, "/users/"+ann.PublicID(), "")
	if out := f.state().Out; out == "" {
		t.Error("a replica that is gone is asked")
	}
	f.is(http.StatusOK, http.MethodGet, "/users?limit=10", "")
	if f.Browser().SignIn(f.AuthorizeURL(client, nil), "ann@example.com").Get("code") == "" {
		t.Error("nobody signs in without the replica")
	}
	if err := f.replica.Start(); err != nil {
		t.Fatal(err)
	}
	f.caughtUp()
	before := f.state().Answered
	f.is(http.StatusOK, http.MethodGet, "/users/"+ann.PublicID(), "")
	if f.state().Answered == before {
		t.Error("a replica that came back is not asked")
	}
}

// readFromReplicas are the operations that are answered from replicas; every other one asks the primary alone.
var readFromReplicas = strings.Fields(`
	exportUsers exportUsersWithPasswords getStatistics getUser listAPIKeys listAuditLog listClients listConnections listJobs listOrganizations
	listRegistrationTokens listResourceServers listRoles listUserConsents listUserEmails listUserFactors listUserGrants listUserIdentities
	listUserOrganizations listUserRoles listUserSessions listUsers listWebhookEndpoints`)

func TestReplicas_answerTheseOperations(t *testing.T) {
	t.Parallel()
	f := follow(t)
	ann := f.User("ann@example.com")
	client, _ := f.Client(web("https://rp.example/cb"), FirstParty)
	f.caughtUp()
	contract, err := admin.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, op := range contract.Operations {
		path := strings.NewReplacer("{user_id}", ann.PublicID(), "{client}", client.ClientID, "{kind}", "password.changed").Replace(op.Path)
		if op.Method != http.MethodGet || op.System || strings.Contains(path, "{") {
			continue
		}
		before := f.state().Answered
		if status, _, text := f.ask(http.MethodGet, path, "", ""); status >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", op.ID, status, text)
		}
		if f.state().Answered > before {
			found = append(found, op.ID)
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(readFromReplicas, found); diff != "" {
		t.Errorf("operations that replicas answer (-want +got):\n%s", diff)
	}
	if s := f.state(); s.Failed+s.Refused > 0 {
		t.Errorf("the primary had to answer %d reads, %d of them writes", s.Failed, s.Refused)
	}
}
