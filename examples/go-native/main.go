// A program on a command line that signs its user in with their browser (RFC 8252): on a free port of
// this machine, with PKCE.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	issuer := cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo")
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		log.Fatal(err)
	}
	// The client registered http://127.0.0.1/callback: any port of that address goes.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	config := oauth2.Config{
		ClientID:    cmp.Or(os.Getenv("CLIENT_ID"), "native"),
		Endpoint:    provider.Endpoint(),
		RedirectURL: "http://" + listener.Addr().String() + "/callback",
		Scopes:      []string{oidc.ScopeOpenID, "email", oidc.ScopeOfflineAccess},
	}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams // there is no secret
	state, nonce, pkce := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	fmt.Println("Open this in your browser:", config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(pkce)))

	codes := make(chan string, 1)
	go func() {
		log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := r.URL.Query()
			if r.URL.Path != "/callback" || answer.Get("state") != state || answer.Get("iss") != issuer {
				http.Error(w, "This is not the answer that is waited for.", http.StatusBadRequest)
				return
			}
			if problem := answer.Get("error"); problem != "" {
				http.Error(w, problem, http.StatusForbidden)
				log.Fatal(problem, ": ", answer.Get("error_description"))
			}
			fmt.Fprintln(w, "You are signed in. Close this window.")
			select {
			case codes <- answer.Get("code"):
			default: // it came twice
			}
		})))
	}()
	tokens, err := config.Exchange(ctx, <-codes, oauth2.VerifierOption(pkce))
	if err != nil {
		log.Fatal(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	if err != nil || id.Nonce != nonce {
		log.Fatal("the ID token is not good: ", err)
	}
	info, err := provider.UserInfo(ctx, config.TokenSource(ctx, tokens))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Signed in as", info.Email)
}
