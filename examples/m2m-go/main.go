// A program that gets tokens for itself with x/oauth2: by a secret, and by a key (private_key_jwt, RFC 7523).
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"log"
	"net/url"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

//go:embed key.pem
var key []byte

var issuer = cmp.Or(os.Getenv("ISSUER"), "http://localhost:8080/t/demo")

// byKey is a source of tokens for a client with a key. Assertions are good once: each request has a new one.
type byKey struct{ clientID string }

func (b byKey) Token() (*oauth2.Token, error) {
	private, err := jwt.ParseRSAPrivateKeyFromPEM(key)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	assertion := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: b.clientID, Subject: b.clientID, Audience: jwt.ClaimStrings{issuer}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Minute)),
	})
	assertion.Header["kid"] = "one"
	signed, err := assertion.SignedString(private)
	if err != nil {
		return nil, err
	}
	config := clientcredentials.Config{
		TokenURL: issuer + "/oauth2/token", Scopes: []string{"orders:read"}, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {signed},
		},
	}
	return config.Token(context.Background())
}

func main() {
	secret := clientcredentials.Config{
		ClientID:     cmp.Or(os.Getenv("CLIENT_ID"), "service"),
		ClientSecret: cmp.Or(os.Getenv("CLIENT_SECRET"), "service-secret-0123456789abcdef0"),
		TokenURL:     issuer + "/oauth2/token",
		Scopes:       []string{"orders:read"},
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	for name, source := range map[string]oauth2.TokenSource{
		"secret": secret.TokenSource(context.Background()),
		"key":    oauth2.ReuseTokenSource(nil, byKey{cmp.Or(os.Getenv("KEY_CLIENT_ID"), "service-key")}),
	} {
		// oauth2.NewClient(ctx, source) is an http.Client that puts the token into every request, and gets the next one in time.
		token, err := source.Token()
		if err != nil {
			log.Fatal("by ", name, ": ", err)
		}
		fmt.Println("by", name+":", token.TokenType, token.Extra("scope"), "until", token.Expiry.Format(time.RFC3339))
	}
}
