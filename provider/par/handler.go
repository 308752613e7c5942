package par

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"plinto/event"
	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/assembly"
	"plinto/provider/clientauth"
)

// A Handler serves the endpoint.
type Handler struct {
	Clients   *clientauth.Authenticator
	Assembler *assembly.Assembler
	Limiter   identity.Limiter
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if web.AllowCrossOrigin(w, r, "POST") {
		web.OAuth(h.push).ServeHTTP(w, r)
	}
}

// answer is RFC 9126 §2.2.
type answer struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
}

func (h *Handler) push(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r, web.MaxForm, "resource")
	if err != nil {
		return err
	}
	h.Clients.AllowOrigin(w, r, form)
	client, err := h.Clients.Authenticate(r.Context(), r, form)
	if err != nil {
		return err
	}
	web.AllowOrigin(w, r, client.Origins())
	if err := h.count(r, client); err != nil {
		return err
	}
	request, err := h.Assembler.Push(r.Context(), client, form)
	if err != nil {
		return refused(err)
	}
	uri, err := h.Assembler.Keep(r.Context(), client, request)
	if err != nil {
		return err
	}
	body, err := json.Marshal(answer{RequestURI: uri, ExpiresIn: int64(provider.PushedTTL / time.Second)})
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(body) // a client that is gone cannot be told
	return nil
}

// Limits of what can be had kept, a minute's worth at a time (RFC 9126 §7.2).
var (
	limitPushed = identity.Limit{Name: "push", Count: 600, Period: time.Minute, Burst: 600}
	// limitPushedNetwork is of all clients together that push from one network: who may
	// register clients has as many as they like.
	limitPushedNetwork = identity.Limit{Name: "push-network", Count: 3000, Period: time.Minute, Burst: 3000}
)

// count counts a push, or says that there were too many. A public client's id is
// everybody's to send, so it is counted by address besides: a stranger must not use
// up what the client's own users need.
func (h *Handler) count(r *http.Request, client *provider.Client) error {
	address := event.OriginFrom(r.Context()).IP
	buckets := limitPushedNetwork.Networks(address, "")
	if client.Public() {
		buckets = append(buckets, limitPushed.Networks(address, client.ClientID)...)
	} else {
		buckets = append(buckets, limitPushed.Of(client.ClientID))
	}
	wait := h.Limiter.Take(r.Context(), buckets...)
	if wait <= 0 {
		return nil
	}
	return fault.New(fault.TooMany, "too_many_pushes", "The client pushed too many requests. Please wait.").After(wait)
}

// refused says in JSON what the authorization endpoint would have said.
func refused(err error) error {
	var refusal *assembly.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	code := refusal.Code
	if code == "invalid_redirect_uri" { // not registered for this endpoint (RFC 9126 §2.3)
		code = "invalid_request"
	}
	return &web.OAuthError{Code: code, Description: refusal.Description, Status: http.StatusBadRequest}
}
