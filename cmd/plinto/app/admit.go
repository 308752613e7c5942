package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"

	"plinto/internal/admission"
	"plinto/internal/clientip"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
)

// placesPerProcessor is how many requests are worked on at once for each of GOMAXPROCS. Most of them
// wait for Postgres at any moment.
const placesPerProcessor = 32

// bodyAhead is how much of a body is read before its request gets a place, so that who sends slowly
// holds none: more than any form or document but those of the management API has.
const bodyAhead = 64 << 10

// bodyAtOnce is the memory that a body gets at most before it came: who announces a long one and sends nothing costs no more.
const bodyAtOnce = 4 << 10

func newGate(cfg *Config) *admission.Gate {
	places := cfg.RequestSlots
	if places == 0 {
		places = placesPerProcessor * runtime.GOMAXPROCS(0)
	}
	return admission.New(admission.Options{Places: places}, cfg.Operations.Registry)
}

// admit waits for a place for a request to what is at rest below the issuer of a tenant. The returned context is
// for it, and done is called at its end. Documents that are answered from memory need no place: they are served
// whatever else happens. admission.ErrOverloaded.
func (a *App) admit(ctx context.Context, r *http.Request, rest string, t *tenant.Tenant) (_ context.Context, done func(), err error) {
	if strings.HasPrefix(rest, "/.well-known/") {
		return ctx, func() {}, nil
	}
	if err := a.gate.Check(); err != nil {
		return ctx, nil, err
	}
	var body *restOfBody
	if r.Body != http.NoBody && !isUpload(rest) {
		body = readAhead(r.Body, r.ContentLength)
		r.Body = body
	}
	in, done, ok := a.gate.TryEnter(ctx)
	if !ok {
		networks := clientip.Networks(a.cfg.Clients.Address(r))
		if in, done, err = a.gate.Enter(ctx, string(t.ID[:]), networks[len(networks)-1].Key); err != nil {
			return ctx, nil, err
		}
	}
	if body != nil {
		body.ctx = in
	}
	return in, done, nil
}

// isUpload reports whether a path takes files, which are read from callers with the right alone.
func isUpload(path string) bool { return strings.HasSuffix(path, paths.Management+"/users/import") }

// refuse answers err in the words of what was called.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h := func(http.ResponseWriter, *http.Request) error { return err }
	switch {
	case strings.HasPrefix(r.URL.Path, paths.Management+"/"):
		web.JSON(h).ServeHTTP(w, r)
	case a.router.isAPI(r.URL.Path):
		answerAPI(err).ServeHTTP(w, r)
	default:
		a.drawn(h).ServeHTTP(w, r)
	}
}

// readAhead reads a body that is short, or the beginning of a long one. What reading failed with is
// told to whoever reads. length is what the request says of it, or -1.
func readAhead(body io.ReadCloser, length int64) *restOfBody {
	var start bytes.Buffer
	if length >= 0 { // one allocation for nearly every body, with the room that ReadFrom wants to find its end
		start.Grow(int(min(length, bodyAtOnce)) + bytes.MinRead)
	}
	_, err := start.ReadFrom(io.LimitReader(body, bodyAhead))
	switch {
	case err != nil:
		return &restOfBody{Reader: io.MultiReader(&start, failing{err}), Closer: body}
	case start.Len() < bodyAhead:
		return &restOfBody{Reader: &start, Closer: body}
	}
	rest := &restOfBody{Closer: body}
	rest.Reader = io.MultiReader(&start, waiting{rest, body})
	return rest
}

// A restOfBody is a body of which the beginning was read already.
type restOfBody struct {
	io.Reader
	io.Closer
	ctx context.Context //nolint:containedctx // of the request whose body it is
}

// waiting reads what may come slowly: the request gives its place back.
type waiting struct {
	of   *restOfBody
	from io.Reader
}

// Read implements io.Reader.
func (w waiting) Read(p []byte) (int, error) {
	admission.Release(w.of.ctx)
	return w.from.Read(p)
}

type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }
