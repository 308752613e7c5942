package app

import (
	"encoding/json"
	"net/http"

	"plinto/identity/passkey"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

// maxAppClients is how many clients of a tenant the documents about apps name.
const maxAppClients = 100

var errNoApps = fault.New(fault.NotFound, "no_apps", "No app uses the passkeys of this host.")

// An assetLink is a statement of Digital Asset Links v1 about an Android app.
type assetLink struct {
	Relation []string `json:"relation"`
	Target   assetApp `json:"target"`
}

type assetApp struct {
	Namespace    string   `json:"namespace"`
	Package      string   `json:"package_name"`
	Fingerprints []string `json:"sha256_cert_fingerprints"`
}

// passkeyRelations are what Android takes for passkeys: the first alone shares passwords only.
var passkeyRelations = []string{"delegate_permission/common.get_login_creds", "delegate_permission/common.handle_all_urls"}

// assetLinks serves GET /.well-known/assetlinks.json.
func (p *published) assetLinks(w http.ResponseWriter, r *http.Request) error {
	clients, err := p.appClients(w, r)
	if clients == nil || err != nil {
		return err
	}
	links, seen := []assetLink{}, map[provider.AndroidApp]bool{}
	for i := range clients {
		for _, a := range clients[i].Apps() {
			if !seen[a] {
				seen[a] = true
				links = append(links, assetLink{passkeyRelations, assetApp{"android_app", a.Package, []string{a.Print()}}})
			}
		}
	}
	return sendApps(w, links, len(links))
}

// appleAssociation serves GET /.well-known/apple-app-site-association.
func (p *published) appleAssociation(w http.ResponseWriter, r *http.Request) error {
	clients, err := p.appClients(w, r)
	if clients == nil || err != nil {
		return err
	}
	apps, seen := []string{}, map[string]bool{}
	for i := range clients {
		for _, a := range clients[i].AppleApps {
			if !seen[a] {
				seen[a] = true
				apps = append(apps, a)
			}
		}
	}
	return sendApps(w, map[string]map[string][]string{"webcredentials": {"apps": apps}}, len(apps))
}

// appClients returns the clients whose apps use the tenant's passkeys; nil: it was answered. Tenants that
// share a host have none: the documents are of the host.
func (p *published) appClients(w http.ResponseWriter, r *http.Request) ([]provider.Client, error) {
	if !web.AllowMethods(w, r, "GET, HEAD") {
		return nil, nil
	}
	t := tenant.Must(r.Context())
	if t.Host == "" || !passkey.Available(t) {
		return nil, errNoApps
	}
	clients, err := p.clients.WithApps(r.Context(), maxAppClients)
	if err == nil && len(clients) == 0 {
		err = errNoApps
	}
	return clients, err
}

// sendApps sends a document about so many apps, which may be kept for an hour.
func sendApps(w http.ResponseWriter, document any, apps int) error {
	if apps == 0 {
		return errNoApps
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	return json.NewEncoder(w).Encode(document)
}
