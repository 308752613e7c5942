package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/mux"

	"plinto/admin/api"
	"plinto/event"
	"plinto/identity"
	"plinto/identity/bulk"
	"plinto/internal/fault"
	"plinto/internal/freshness"
	"plinto/internal/gcra"
	"plinto/internal/idempotency"
	"plinto/internal/owner"
	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/tenant"
)

// Dependencies are what the API is made of. All are required.
type Dependencies struct {
	Callers     Authenticator
	Tenants     Tenants
	Idempotency *idempotency.Service
	Cursors     Cursors
	Positions   *freshness.Positions
	Outbox      event.Outbox
	Tx          identity.Transactor
	Now         func() time.Time
	Services    Services
}

// An Authenticator finds out who calls.
type Authenticator interface {
	// Authenticate returns the caller of a request with a good token or key. A *web.OAuthError
	// with the challenge of RFC 6750 §3; with the caller too when only the scope is missing.
	Authenticate(r *http.Request, needs organization.Permission) (*Caller, error)
}

// Limits of a caller at one instance.
var limit = gcra.Limit{Rate: 1200, Period: time.Minute, Burst: 600}

// limitPolicy says so: as many requests at once, earned back within that many seconds.
var limitPolicy = []string{`"caller";q=` + strconv.Itoa(limit.Burst) + `;w=` + strconv.Itoa(int((limit.Period * time.Duration(limit.Burst) / time.Duration(limit.Rate)).Seconds()))}

// refusalsTold limits how often the audit log is told of one caller's refusals.
var refusalsTold = gcra.Limit{Rate: 10, Period: time.Minute, Burst: 10}

const maxCallers = 10_000 // whose requests are counted at once

// Errors of requests.
var (
	ErrNoRoute  = fault.New(fault.NotFound, "no_such_route", "There is nothing at this address.")
	ErrTooOften = fault.New(fault.TooMany, "rate_limited", "You have sent too many requests. Please wait a moment.")
)

// A Server serves the API.
type Server struct {
	Dependencies
	contract *Contract
	routes   *mux.Router
	limiter  *gcra.Limiter
	reads    *gcra.Limiter // in other tenants, of which the logs were told
}

// New returns the server of the API.
func New(contract *Contract, d Dependencies) (*Server, error) {
	s := &Server{Dependencies: d, contract: contract, routes: mux.NewRouter(), limiter: gcra.New(maxCallers), reads: gcra.New(maxCallers)}
	failed := func(_ http.ResponseWriter, r *http.Request, err error) { callOf(r.Context()).err = err }
	strict := api.NewStrictHandlerWithOptions(&handlers{d}, nil, api.StrictHTTPServerOptions{
		// The contract takes 1.0 for an integer, which Go does not.
		RequestErrorHandlerFunc:  func(w http.ResponseWriter, r *http.Request, err error) { failed(w, r, ErrBody.With(err)) },
		ResponseErrorHandlerFunc: failed,
	})
	api.HandlerWithOptions(strict, api.GorillaServerOptions{BaseURL: paths.Management, BaseRouter: s.routes, ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
		failed(w, r, ErrParameters.With(err))
	}})
	return s, nil
}

// Contract returns what the server serves.
func (s *Server) Contract() *Contract { return s.contract }

// A call is one request on its way.
type call struct {
	op   *Operation
	err  error // of the handler
	told bool  // that it is done by a caller of the system tenant is to be in the log
	// upload is the file that came with it, of an operation that takes one; nil else.
	upload *bulk.Upload
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// ServeHTTP implements http.Handler, for paths below an issuer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		web.PublicPreflight(w, r, "GET, POST, PUT, PATCH, DELETE")
		return
	}
	web.AllowAnyOrigin(w) // it depends on the token, which a browser does not add by itself
	w.Header().Add("Access-Control-Expose-Headers", "ETag, Location, RateLimit, RateLimit-Policy, Idempotent-Replayed, "+readAfter)
	if err := s.serve(w, r); err != nil {
		web.WriteProblem(w, r, err, tenant.Must(r.Context()).Issuer+paths.ManagementDocs+"/errors/")
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	var match mux.RouteMatch
	if !s.routes.Match(r, &match) || match.MatchErr != nil {
		if match.MatchErr == mux.ErrMethodMismatch { //nolint:errorlint // mux compares it so
			return s.contract.notAllowed(r.URL.Path)
		}
		return ErrNoRoute
	}
	pattern, err := match.Route.GetPathTemplate()
	if err != nil {
		return fmt.Errorf("find route: %w", err)
	}
	op := s.contract.Find(r.Method, pattern[len(paths.Management):])
	if op == nil {
		return ErrNoRoute // of the generated routes, but not of the contract: nobody's
	}
	web.SetRoute(r, pattern)
	caller, err := s.Callers.Authenticate(r, op.Permission)
	if caller == nil {
		return err
	}
	if err == nil {
		r, caller, err = s.enter(r, op, caller)
	}
	if limited := s.count(w, tenant.Must(r.Context()), caller); limited != nil {
		return limited
	}
	if err == nil {
		err = s.admitted(w, r, match, op, caller)
	}
	return s.refused(r.Context(), op, caller, err)
}

// admitted serves a request whose caller is known.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, match mux.RouteMatch, op *Operation, c *Caller) error {
	if op.System && tenant.Must(r.Context()).Slug != tenant.SystemSlug {
		return ErrNotSystem
	}
	if !c.May(op, organizationOf(match.Vars)) {
		return needs(op.Permission)
	}
	body, err := op.Check(r)
	if err != nil {
		return err
	}
	forced := r.URL.Query().Get("force") == "true" // Check knows for which operations
	if forced && !slices.Contains(c.Rights, organization.ManifestsOverride) {
		return needs(organization.ManifestsOverride)
	}
	if op.System {
		c = c.abroad(tenant.Must(r.Context()))
	}
	ctx := organization.WithAuthority(event.WithActor(r.Context(), c.Actor), c.Authority)
	ctx = context.WithValue(ctx, callerKey{}, c)
	if in := c.Confined(op); in != uuid.Nil {
		ctx = tenant.Confine(ctx, in)
	}
	if forced {
		ctx = owner.Force(ctx)
	}
	told, err := s.told(ctx, op, c, dry(r))
	if err != nil {
		return err
	}
	if c.Home != nil && !op.System {
		w = &tagging{ResponseWriter: w, in: tenant.Must(ctx)}
	}
	r = mux.SetURLVars(r.WithContext(context.WithValue(ctx, callKey{}, &call{op: op, told: told})), match.Vars)
	if op.Writes() {
		return s.write(w, r, match, body)
	}
	if told {
		if err := s.Tx.InTx(ctx, func(ctx context.Context) error { return tell(ctx, s.Outbox, op, tenant.Must(ctx), c.Actor) }); err != nil {
			return err
		}
	}
	if op.Displays() {
		r = r.WithContext(freshness.Display(r.Context(), s.after(r))) //nolint:contextcheck // it is that of r, with more
	}
	return handle(match.Handler, w, r, body)
}

// organizationOf returns the organization that a path names, or uuid.Nil.
func organizationOf(vars map[string]string) uuid.UUID {
	id, err := tid.Parse(organization.Prefix, vars["organization_id"])
	if err != nil {
		return uuid.Nil
	}
	return id
}

// count counts the request of a caller, and says in the headers what it has left
// (draft-ietf-httpapi-ratelimit-headers). Two tenants can have clients of one name.
func (s *Server) count(w http.ResponseWriter, t *tenant.Tenant, c *Caller) error {
	now, bucket := s.Now(), gcra.Bucket{Key: t.ID.String() + " " + c.Name, Limit: limit}
	wait := s.limiter.Take(now, 1, bucket)
	left, full := s.limiter.Left(now, bucket)
	w.Header()["Ratelimit-Policy"] = limitPolicy
	w.Header().Set("RateLimit", `"caller";r=`+strconv.Itoa(left)+`;t=`+strconv.Itoa(int((full+time.Second-1)/time.Second)))
	if wait == 0 {
		return nil
	}
	return ErrTooOften.After(wait)
}

// refused has the audit log of the caller's tenant say that a request was refused for want of a right,
// and returns why.
func (s *Server) refused(ctx context.Context, op *Operation, c *Caller, why error) error {
	code := forbidden(why)
	if code == "" {
		return why
	}
	by, right := c.Actor, op.Permission
	if lack := new(missing); errors.As(why, &lack) {
		right = lack.right
	}
	if c.Home != nil {
		ctx, by = tenant.With(ctx, c.Home), c.Self
	}
	if s.limiter.Take(s.Now(), 1, gcra.Bucket{Key: "refused " + tenant.Must(ctx).ID.String() + " " + c.Name, Limit: refusalsTold}) > 0 {
		return why
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Outbox.Append(ctx, event.Event{
			Fact: event.ManagementRefused{Operation: op.ID, Permission: string(right)}, Outcome: "failure", Reason: code, Actor: by,
		})
	})
	if err != nil {
		return err
	}
	return why
}

// forbidden returns the code of an error that says that a right is missing, or "".
func forbidden(err error) string {
	var answer *web.OAuthError
	if f, ok := fault.As(err); ok && f.Kind == fault.Forbidden {
		return f.Code
	} else if errors.As(err, &answer) && answer.Status == http.StatusForbidden {
		return answer.Code
	}
	return ""
}
