// A server that knows who its callers are as kube-apiserver does, with the same code: it reads a structured
// authentication configuration, checks bearer tokens, and answers what `kubectl auth whoami` asks. It has no
// other objects.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// fromConfig makes the authenticator of the first issuer of a configuration.
func fromConfig(ctx context.Context, file string) (authenticator.Request, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	object, err := runtime.Decode(serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder(), text)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok || len(config.JWT) != 1 {
		return nil, errors.New("no AuthenticationConfiguration with one issuer")
	}
	options := oidc.Options{JWTAuthenticator: config.JWT[0], SupportedSigningAlgs: oidc.AllValidSigningAlgorithms()}
	if authority := config.JWT[0].Issuer.CertificateAuthority; authority != "" {
		if options.CAContentProvider, err = dynamiccertificates.NewStaticCAContent("issuer", []byte(authority)); err != nil {
			return nil, err
		}
	}
	tokens, err := oidc.New(ctx, options)
	if err != nil {
		return nil, err
	}
	return group.NewAuthenticatedGroupAdder(bearertoken.New(tokens)), nil
}

func main() {
	who, err := fromConfig(context.Background(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, ok, err := who.AuthenticateRequest(r)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case err != nil || !ok:
			log.Println(r.URL.Path, err)
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonUnauthorized, Code: http.StatusUnauthorized, Message: "Unauthorized"})
		case r.URL.Path == "/apis/authentication.k8s.io/v1/selfsubjectreviews":
			answer := authentication.SelfSubjectReview{TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "SelfSubjectReview"}}
			answer.Status.UserInfo = authentication.UserInfo{Username: caller.User.GetName(), UID: caller.User.GetUID(), Groups: caller.User.GetGroups()}
			w.WriteHeader(http.StatusCreated)
			_ = json.NewEncoder(w).Encode(answer)
		default:
			http.NotFound(w, r)
		}
	}))
	server.StartTLS()
	log.Println("listening on", server.URL)
	select {}
}
