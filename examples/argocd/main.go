// The sign-in of Argo CD's server without the rest of it: the packages that argocd-server serves /auth/login and
// /auth/callback with, and the claims that its RBAC looks at.
package main

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/cache"
	httputil "github.com/argoproj/argo-cd/v3/util/http"
	"github.com/argoproj/argo-cd/v3/util/oidc"
	"github.com/argoproj/argo-cd/v3/util/settings"
	"sigs.k8s.io/yaml"
)

// claims are those that argocd-rbac-cm can name in scopes.
type claims struct {
	Email    string   `json:"email"`
	OrgRoles []string `json:"org_roles"`
}

// read makes Argo CD's settings of its ConfigMap, with the issuer and the secret of the environment.
func read(file string) (*settings.ArgoCDSettings, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var configMap struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &configMap); err != nil {
		return nil, err
	}
	signature := make([]byte, 32)
	rand.Read(signature)
	config := strings.NewReplacer(
		"https://id.example.com", cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo"),
		"$oidc.plinto.clientSecret", cmp.Or(os.Getenv("CLIENT_SECRET"), "argocd-secret-0123456789abcdef01"),
	).Replace(configMap.Data["oidc.config"])
	return &settings.ArgoCDSettings{URL: "http://localhost:4107", OIDCConfigRAW: config, ServerSignature: signature}, nil
}

func main() {
	s, err := read("argocd-cm.yaml")
	if err != nil {
		log.Fatal(err)
	}
	app, err := oidc.NewClientApp(s, "", nil, "/", cache.NewInMemoryCache(time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	provider := oidc.NewOIDCProvider(s.IssuerURL(), http.DefaultClient)
	http.HandleFunc("/auth/login", app.HandleLogin)
	http.HandleFunc("/auth/callback", app.HandleCallback)
	http.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := httputil.JoinCookies(common.AuthCookieName, r.Cookies())
		if err != nil || raw == "" {
			fmt.Fprint(w, "Not signed in")
			return
		}
		token, err := provider.Verify(raw, s)
		var c claims
		if err == nil {
			err = token.Claims(&c)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "Signed in as %s, in %s", html.EscapeString(c.Email), html.EscapeString(strings.Join(c.OrgRoles, " ")))
	})
	log.Fatal(http.ListenAndServe("localhost:4107", nil))
}
