package register

import (
	"context"
	"net/http"
	"strings"
	"time"

	"plinto/identity"
	"plinto/internal/fault"
	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/provider/access"
	"plinto/tenant"
)

// A Handler serves paths.Register and what is below it. Everything is required.
type Handler struct {
	Registrar     *provider.Registrar
	InitialTokens provider.InitialTokens
	Scopes        provider.ScopePolicy
	Secrets       provider.SecretHasher
	Limiter       identity.Limiter
	Fetcher       provider.Fetcher
	// Address returns the caller's address.
	Address func(*http.Request) string
	// Loopback: clients may name hosts of this machine; for development.
	Loopback bool
	// Ours reports whether Plinto answers on a host (with its port, unless it is the
	// default), for whichever tenant: no client can be there.
	Ours func(ctx context.Context, host string) (bool, error)
	Now  func() time.Time
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	methods := map[string]web.Handler{http.MethodPost: h.register}
	id, one := strings.CutPrefix(r.URL.Path, paths.Register+"/")
	if one {
		methods = map[string]web.Handler{
			http.MethodGet:    func(w http.ResponseWriter, r *http.Request) error { return h.read(w, r, id) },
			http.MethodPut:    func(w http.ResponseWriter, r *http.Request) error { return h.replace(w, r, id) },
			http.MethodDelete: func(w http.ResponseWriter, r *http.Request) error { return h.remove(w, r, id) },
		}
	}
	allowed := "POST"
	if one {
		allowed = "GET, PUT, DELETE"
	}
	if r.Method == http.MethodOptions {
		web.PublicPreflight(w, r, allowed)
		return
	}
	// Any page may read the answer: what is told here is told to who registered or
	// has the registration's token, and a browser adds neither by itself.
	web.AllowAnyOrigin(w)
	serve, ok := methods[r.Method]
	if !ok {
		w.Header().Set("Allow", allowed+", OPTIONS")
		web.MethodNotAllowed(w, r)
		return
	}
	web.OAuth(serve).ServeHTTP(w, r)
}

var errOff = fault.New(fault.Forbidden, "registration_off", "Dynamic registration is off.")

// limits of callers: openings without a token, and guesses at tokens, which have
// 256 bits.
var limitGuesses = identity.Limit{Name: "registration-guess", Count: 60, Period: time.Minute, Burst: 60}

// limitChanges is of changes by registration tokens, of one client and from one
// network: each writes the client and an audit row, and makes every instance read the
// client again.
var limitChanges = identity.Limit{Name: "registration-change", Count: 60, Period: time.Hour, Burst: 30}

// change counts a change of a client that showed its registration token, or says that
// there were too many.
func (h *Handler) change(r *http.Request, clientID string) error {
	buckets := append(limitChanges.Networks(h.Address(r), ""), limitChanges.Of("client "+clientID))
	return tooMany(h.Limiter.Take(r.Context(), buckets...))
}

func limitOpen(perHour int) identity.Limit {
	return identity.Limit{Name: "registration", Count: perHour, Period: time.Hour, Burst: perHour}
}

// take counts a call, or says that there were too many.
func (h *Handler) take(r *http.Request, limit identity.Limit) error {
	return tooMany(h.Limiter.Take(r.Context(), limit.Networks(h.Address(r), "")...))
}

// tooMany is the error of a caller that has to wait, or nil.
func tooMany(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return fault.New(fault.TooMany, "too_many_registrations", "There were too many registrations, or changes of them. Please wait.").After(wait)
}

// admit says whether the caller may register, and returns the hash of the initial
// access token by which, or nil when registration is open to all.
func (h *Handler) admit(r *http.Request) ([]byte, error) {
	t := tenant.Must(r.Context())
	mode := t.Settings.Registration.Mode
	if mode != tenant.RegistrationOpen && mode != tenant.RegistrationToken {
		return nil, &web.OAuthError{Code: "access_denied", Description: "dynamic registration is off", Status: http.StatusNotFound, Cause: errOff}
	}
	if len(r.Header["Authorization"]) == 0 {
		if mode == tenant.RegistrationToken {
			return nil, challenge(r, "", nil)
		}
		return nil, h.take(r, limitOpen(t.Settings.Registration.Rate()))
	}
	token, ok := bearer(r, provider.InitialTokenPrefix)
	if !ok {
		return nil, h.guessed(r, provider.ErrInitialTokenUnknown)
	}
	hash := provider.InitialTokenHash(t.ID, token)
	// Looked at before the work, spent with the client's creation.
	if err := h.InitialTokens.Check(r.Context(), hash); err != nil {
		return nil, h.guessed(r, err)
	}
	return hash, nil
}

// guessed counts a token that was not one of ours and refuses it. Other errors pass.
func (h *Handler) guessed(r *http.Request, err error) error {
	if fault.KindOf(err) != fault.Unauthenticated {
		return err
	}
	if limited := h.take(r, limitGuesses); limited != nil {
		return limited
	}
	return challenge(r, "invalid_token", err)
}

// challenge refuses a caller whose token is not one of ours, or who brought none ("").
func challenge(r *http.Request, code string, cause error) error {
	e := access.Challenge(r, http.StatusUnauthorized, code, "a valid token is needed in the Authorization header")
	e.Cause = cause
	return e
}

// bearer returns the token of the Authorization header, if it is one of ours with
// that prefix. Tokens are taken from nowhere else.
func bearer(r *http.Request, prefix string) (string, bool) {
	headers := r.Header["Authorization"]
	if len(headers) != 1 {
		return "", false
	}
	scheme, token := web.Credentials(headers[0])
	return token, strings.EqualFold(scheme, "Bearer") && secret.WellFormed(prefix, token)
}

// find returns the registration that the caller's token is for.
func (h *Handler) find(r *http.Request, id string) (*provider.Registration, string, error) {
	if len(r.Header["Authorization"]) == 0 {
		return nil, "", challenge(r, "", nil)
	}
	token, ok := bearer(r, provider.RegistrationTokenPrefix)
	if !ok {
		return nil, "", h.guessed(r, provider.ErrRegistrationTokenUnknown)
	}
	hash := provider.RegistrationTokenHash(tenant.Must(r.Context()).ID, token)
	found, err := h.Registrar.Registrations.Find(r.Context(), id, hash)
	if err != nil {
		return nil, "", h.guessed(r, err)
	}
	return found, token, nil
}

// rules are what holds for a client that registers with those metadata. A client on
// a host of ours, another tenant's included, would get codes sent to pages that are
// not its own.
func (h *Handler) rules(ctx context.Context, m provider.Metadata) (provider.Rules, error) {
	ours, err := m.HostsOf(ctx, h.Ours)
	return provider.Rules{Loopback: h.Loopback, IssuerHosts: ours}, err
}
