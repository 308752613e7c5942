// A web application that signs people in with coreos/go-oidc and x/oauth2.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"log"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type app struct {
	issuer, home, endSession string
	provider                 *oidc.Provider
	verifier                 *oidc.IDTokenVerifier
	config                   oauth2.Config
	sessions                 sync.Map // from the value of a cookie to a session; a real application has them in its database
}

type session struct {
	idToken string             // for signing out
	tokens  oauth2.TokenSource // refreshes access tokens when they end
}

func main() {
	port := cmp.Or(os.Getenv("PORT"), "4101")
	a := app{issuer: cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo"), home: "http://localhost:" + port}
	var err error
	if a.provider, err = oidc.NewProvider(context.Background(), a.issuer); err != nil {
		log.Fatal(err)
	}
	var more struct {
		EndSession string `json:"end_session_endpoint"` // go-oidc does not read it by itself
	}
	if err := a.provider.Claims(&more); err != nil {
		log.Fatal(err)
	}
	a.endSession = more.EndSession
	a.config = oauth2.Config{
		ClientID:     cmp.Or(os.Getenv("CLIENT_ID"), "go-oidc"),
		ClientSecret: cmp.Or(os.Getenv("CLIENT_SECRET"), "go-oidc-secret-0123456789abcdef0"),
		Endpoint:     a.provider.Endpoint(),
		RedirectURL:  a.home + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}
	a.verifier = a.provider.Verifier(&oidc.Config{ClientID: a.config.ClientID})
	http.HandleFunc("GET /{$}", a.show)
	http.HandleFunc("GET /login", a.login)
	http.HandleFunc("GET /callback", a.callback)
	http.HandleFunc("GET /logout", a.logout)
	log.Fatal(http.ListenAndServe("localhost:"+port, nil))
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	state, nonce, pkce := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	set(w, "state", state)
	set(w, "nonce", nonce)
	set(w, "pkce", pkce)
	http.Redirect(w, r, a.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(pkce)), http.StatusFound)
}

func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	answer := r.URL.Query()
	if s := get(r, "state"); s == "" || answer.Get("state") != s || answer.Get("iss") != a.issuer {
		http.Error(w, "This sign-in was not begun here.", http.StatusBadRequest)
		return
	}
	if problem := answer.Get("error"); problem != "" {
		http.Error(w, problem+": "+answer.Get("error_description"), http.StatusForbidden)
		return
	}
	tokens, err := a.config.Exchange(r.Context(), answer.Get("code"), oauth2.VerifierOption(get(r, "pkce")))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := a.verifier.Verify(r.Context(), raw)
	if err != nil || id.Nonce != get(r, "nonce") {
		http.Error(w, "The ID token is not good.", http.StatusBadGateway)
		return
	}
	key := rand.Text()
	a.sessions.Store(key, session{raw, a.config.TokenSource(context.Background(), tokens)})
	set(w, "session", key)
	http.Redirect(w, r, "/", http.StatusFound)
}

func (a *app) show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	found, ok := a.sessions.Load(get(r, "session"))
	if !ok {
		fmt.Fprint(w, `Not signed in. <a href="/login">Sign in</a>`)
		return
	}
	info, err := a.provider.UserInfo(r.Context(), found.(session).tokens)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintf(w, `Signed in as %s. <a href="/logout">Sign out</a>`, html.EscapeString(info.Email))
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	found, ok := a.sessions.LoadAndDelete(get(r, "session"))
	if !ok {
		http.Redirect(w, r, "/", http.StatusFound)
		return
	}
	question := url.Values{"id_token_hint": {found.(session).idToken}, "post_logout_redirect_uri": {a.home + "/"}}
	http.Redirect(w, r, a.endSession+"?"+question.Encode(), http.StatusFound)
}

// set sets a cookie. Where the application is served by https, as it should be, it is Secure too.
func set(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func get(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}
