// An API that takes access tokens (RFC 9068), checked with golang-jwt/jwt and MicahParks/keyfunc.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

type claims struct {
	Scope    string `json:"scope"` // separated by spaces
	ClientID string `json:"client_id"`
	jwt.RegisteredClaims
}

func main() {
	issuer := cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo")
	audience := cmp.Or(os.Getenv("AUDIENCE"), "https://api.example.com")
	keys, err := keyfunc.NewDefaultCtx(context.Background(), []string{issuer + "/.well-known/jwks.json"}) // fetched again for keys it does not know
	if err != nil {
		log.Fatal(err)
	}
	parser := jwt.NewParser(jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithValidMethods([]string{"ES256"}))

	// needs lets requests through that bring a token for this API with a scope.
	needs := func(scope string, next func(http.ResponseWriter, *http.Request, claims)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			raw, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !found {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "an access token is needed", http.StatusUnauthorized)
				return
			}
			var c claims
			token, err := parser.ParseWithClaims(raw, &c, keys.Keyfunc)
			if err == nil && token.Header["typ"] != "at+jwt" {
				err = jwt.ErrTokenUnverifiable // an ID token, say, is no access token
			}
			if err != nil {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				http.Error(w, err.Error(), http.StatusUnauthorized)
				return
			}
			if !slices.Contains(strings.Fields(c.Scope), scope) {
				w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+scope+`"`)
				http.Error(w, "the token lacks the scope "+scope, http.StatusForbidden)
				return
			}
			next(w, r, c)
		}
	}
	http.HandleFunc("GET /orders", needs("orders:read", func(w http.ResponseWriter, _ *http.Request, c claims) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"orders": []string{"tea", "cake"}, "for": c.Subject, "by": c.ClientID})
	}))
	log.Fatal(http.ListenAndServe("localhost:"+cmp.Or(os.Getenv("PORT"), "4102"), nil))
}
