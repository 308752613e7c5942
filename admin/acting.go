package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"plinto/internal/fault"
	"plinto/internal/gcra"
	"plinto/internal/tid"
	"plinto/organization"
	"plinto/tenant"
)

// TenantHeader names the tenant that a caller of the system tenant acts in, by slug or id.
const TenantHeader = "Plinto-Tenant"

// Errors of callers who ask to act in another tenant.
var (
	ErrNotSystem = fault.New(fault.Forbidden, "not_system", "Only callers of the system tenant can act in other tenants.")
	ErrNoTenant  = fault.New(fault.NotFound, "no_such_tenant", "There is no such tenant.")
)

// Tenants finds tenants, disabled ones too.
type Tenants interface {
	// BySlug returns tenant.ErrUnknown when there is none.
	BySlug(ctx context.Context, slug string) (*tenant.Tenant, error)
	// ByID returns tenant.ErrUnknown when there is none.
	ByID(ctx context.Context, id tenant.ID) (*tenant.Tenant, error)
}

// readsTold limits how often the audit logs are told that a caller reads in another tenant: once an
// hour for each operation. Changes are told every time.
var readsTold = gcra.Limit{Rate: 1, Period: time.Hour, Burst: 1}

// enter returns the request in the tenant that its header names, by the caller as that tenant sees
// it: the same request and caller when it names none. The permissions are those that the caller has
// in the system tenant. Besides that of the operation it needs tenants:read.
func (s *Server) enter(r *http.Request, op *Operation, c *Caller) (*http.Request, *Caller, error) {
	named := r.Header.Values(TenantHeader)
	if len(named) == 0 {
		return r, c, nil
	}
	home := tenant.Must(r.Context())
	switch {
	case len(named) > 1:
		return r, c, ErrParameters.At(fault.Field{Parameter: TenantHeader, Message: "is given more than once"})
	case home.Slug != tenant.SystemSlug:
		return r, c, ErrNotSystem
	case !slices.Contains(c.Rights, organization.TenantsRead):
		return r, c, needs(organization.TenantsRead)
	case op.System:
		return r, c, ErrParameters.At(fault.Field{Parameter: TenantHeader, Message: "cannot be used with this operation: its path names the tenant"})
	}
	in, err := find(r.Context(), s.Tenants, named[0])
	if err != nil {
		return r, c, err
	}
	if in.ID == home.ID {
		return r, c, nil
	}
	// Rights in an organization of the system tenant are none here. The others are those at the start
	// of the request: they are rows of another tenant, which the transaction of this one cannot read.
	guest := c.abroad(home)
	guest.Authority = organization.Authority{Rights: c.Rights}
	r = r.WithContext(tenant.With(r.Context(), in))
	return r, guest, ownTags(r, in)
}

// find finds a tenant by its slug or id. ErrNoTenant.
func find(ctx context.Context, in Tenants, name string) (t *tenant.Tenant, err error) {
	if id, bad := tid.Parse(tenant.Prefix, name); bad == nil {
		t, err = in.ByID(ctx, tenant.ID(id))
	} else if tenant.CheckSlug(name) == nil {
		t, err = in.BySlug(ctx, name)
	} else {
		return nil, ErrNoTenant
	}
	if isNot(err, tenant.ErrUnknown) {
		return nil, err
	}
	if err != nil {
		return nil, ErrNoTenant
	}
	return t, nil
}

// told appends to the log of the system tenant that a caller does something in another one, before it
// is done: whatever happens then, nothing is done that this log does not say. It reports whether the
// other tenant's log is to be told too.
func (s *Server) told(ctx context.Context, op *Operation, c *Caller, dry bool) (bool, error) {
	if c.Home == nil || op.System { // what is done to tenants is told by its handlers
		return false, nil
	}
	in := tenant.Must(ctx)
	bucket := gcra.Bucket{Key: "read " + in.ID.String() + " " + op.ID + " " + c.Name, Limit: readsTold}
	if (dry || !op.Writes()) && s.reads.Take(s.Now(), 1, bucket) > 0 {
		return false, nil
	}
	ctx = tenant.With(ctx, c.Home)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return tell(ctx, s.Outbox, op, in, c.Self) })
	return err == nil, err
}

// ETags in other tenants have the tenant in them, so that one of a tenant's settings is none of
// another's.
func tagOf(t *tenant.Tenant) string { return t.ID.String()[24:] + "-" }

// ownTags makes an If-Match in a tenant that of its handler. A tag of another tenant matches nothing.
func ownTags(r *http.Request, in *tenant.Tenant) error {
	given := r.Header.Get("If-Match")
	if given == "" || strings.TrimSpace(given) == "*" {
		return nil
	}
	own := []string{}
	for tag := range strings.SplitSeq(given, ",") {
		if version, ok := strings.CutPrefix(strings.TrimSpace(tag), `"`+tagOf(in)); ok {
			own = append(own, `"`+version)
		}
	}
	if len(own) == 0 {
		return ErrPrecondition
	}
	r.Header.Set("If-Match", strings.Join(own, ", "))
	return nil
}

// A tagging writes the tags of answers in a tenant.
type tagging struct {
	http.ResponseWriter
	in   *tenant.Tenant
	done bool
}

// WriteHeader implements http.ResponseWriter.
func (t *tagging) WriteHeader(status int) {
	if tag, ok := strings.CutPrefix(t.Header().Get("ETag"), `"`); ok && !t.done {
		t.Header().Set("ETag", `"`+tagOf(t.in)+tag)
	}
	t.done = true
	t.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *tagging) Write(p []byte) (int, error) {
	if !t.done {
		t.WriteHeader(http.StatusOK)
	}
	return t.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (t *tagging) Unwrap() http.ResponseWriter { return t.ResponseWriter }
