package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"plinto/organization"
	"plinto/tenant"
)

// MGT-08: another server that takes its time holds no transaction.
func TestClients_sectorsAreReadOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var reads, held atomic.Int32
	listed := `["https://a.example/cb","https://b.example/cb"]`
	site := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		reads.Add(1)
		if !w.nobodyIsIdle() {
			held.Add(1)
		}
		fmt.Fprint(rw, listed)
	}))
	t.Cleanup(site.Close)
	body := m{"redirect_uris": []string{"https://a.example/cb", "https://b.example/cb"}, "subject_type": "pairwise", "sector_identifier_uri": site.URL + "/sector"}
	made := w.post("/clients", body).is(201)
	at := "/clients/" + made.text("id")
	tag := made.Header.Get("ETag")
	w.patch(at, m{"client_name": "Shop"}).is(200)
	w.send(request{method: "PATCH", path: at, body: m{"redirect_uris": []string{"https://a.example/cb"}}, header: map[string]string{"If-Match": tag}}).is(412)
	w.patch(at, m{"redirect_uris": []string{"https://a.example/cb", "https://c.example/cb"}}).is(400, "client_metadata_invalid")
	w.patch(at, m{"redirect_uris": []string{"https://a.example/cb"}}).is(200)
	w.patch(at, m{"sector_identifier_uri": site.URL + "/other"}).is(200)
	if reads.Load() != 4 || held.Load() != 0 {
		t.Errorf("read %d times, %d of them in a transaction", reads.Load(), held.Load())
	}
}

// nobodyIsIdle reports whether at some moment no transaction waits for its server.
func (w *world) nobodyIsIdle() bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		if w.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`) == 0 {
			return true
		}
		<-tick.C
	}
	return false
}

// MGT-09: administrators of tenants name no servers inside the installation's network; operators do.
func TestClients_ofTenantsNameNoInternalServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.NewTenant("acme", "", tenant.Settings{})
	inside := m{"redirect_uris": []string{"https://a.example/cb"}, "backchannel_logout_uri": "https://10.1.2.3/logout"}
	w.post("/clients", inside).is(400, "client_metadata_invalid")
	made := w.post("/clients", m{"redirect_uris": []string{"https://a.example/cb", "http://127.0.0.1/cb", "myapp:/cb"}, "application_type": "native"}).is(201)
	w.patch("/clients/"+made.text("id"), m{"jwks_uri": "https://192.168.1.9/keys", "token_endpoint_auth_method": "private_key_jwt"}).is(400, "client_metadata_invalid")
	o := w.operator(organization.TenantsRead, organization.ClientsRead, organization.ClientsWrite)
	o.in(acme.Slug, request{method: "POST", path: "/clients", body: inside}).is(201)
	o.in("", request{method: "POST", path: "/clients", body: inside}).is(201)
}
