// A web application that signs people in with the relying party of zitadel/oidc.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

func main() {
	home := "http://localhost:" + cmp.Or(os.Getenv("PORT"), "4103")
	hashKey, sealKey := []byte(rand.Text()+"......"), []byte(rand.Text()+"......")      // 32 bytes each, new at every start
	cookies := httphelper.NewCookieHandler(hashKey, sealKey, httphelper.WithUnsecure()) // without the last one where https is used
	party, err := rp.NewRelyingPartyOIDC(context.Background(),
		cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo"),
		cmp.Or(os.Getenv("CLIENT_ID"), "go-zitadel"),
		cmp.Or(os.Getenv("CLIENT_SECRET"), "go-zitadel-secret-0123456789abcdef0"),
		home+"/callback", []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
		rp.WithCookieHandler(cookies), rp.WithPKCEFromDiscovery(cookies), rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		log.Fatal(err)
	}
	signedIn := func(w http.ResponseWriter, r *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty, info *oidc.UserInfo) {
		// A real application keeps these in a session of its own.
		err := cookies.SetCookie(w, "user", info.Email)
		if err == nil {
			err = cookies.SetCookie(w, "id_token", tokens.IDToken)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusFound)
	}
	http.Handle("GET /login", rp.AuthURLHandler(rand.Text, party))
	http.Handle("GET /callback", rp.CodeExchangeHandler(rp.UserinfoCallback(signedIn), party))
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		user, err := cookies.CheckCookie(r, "user")
		if err != nil {
			fmt.Fprint(w, `Not signed in. <a href="/login">Sign in</a>`)
			return
		}
		fmt.Fprintf(w, `Signed in as %s. <a href="/logout">Sign out</a>`, html.EscapeString(user))
	})
	http.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		idToken, err := cookies.CheckCookie(r, "id_token")
		if err != nil {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		cookies.DeleteCookie(w, "user")
		cookies.DeleteCookie(w, "id_token")
		next, err := rp.EndSession(r.Context(), party, idToken, home+"/", "", "", nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, next.String(), http.StatusFound)
	})
	log.Fatal(http.ListenAndServe("localhost:"+cmp.Or(os.Getenv("PORT"), "4103"), nil))
}
