package browser

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

const (
	flowBase = "plinto_f"
	// flowKept is how long a browser keeps a flow. It is longer than the flow is valid, so
	// that a user who comes back to an old page can start it again.
	flowKept = 2 * time.Hour
)

// ErrNoFlow reports a flow that this browser did not start, or that is over.
var ErrNoFlow = fault.New(fault.Invalid, "flow_expired", "This sign-in has expired or was started in another browser.")

// ErrForged reports a form that did not come from our page (CSRF).
var ErrForged = fault.New(fault.Forbidden, "forged_form", "This form was not sent from our page.")

// A goneError is ErrNoFlow with what is known of the flow, for the page that says so.
type goneError struct {
	id       uuid.UUID // uuid.Nil: no flow was named
	clientID string
	flow     *provider.Flow // it has expired, and can be started again; or nil
}

func (e *goneError) Error() string { return ErrNoFlow.Error() }

func (e *goneError) Unwrap() error { return ErrNoFlow }

// startsAgain reports whether the same request can be made once more. A pushed one is
// good for one flow.
func (e *goneError) startsAgain() bool { return e.flow != nil && e.flow.Request.Pushed == nil }

// NewCSRF returns the random value that every form of a flow repeats.
func NewCSRF() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// NewFlow begins a flow for a request.
func (b *Browser) NewFlow(request provider.Request) *provider.Flow {
	return provider.NewFlow(request, NewCSRF(), b.Now())
}

// begunAt is when the flow of that id was begun.
func begunAt(id uuid.UUID) time.Time {
	var ms [8]byte
	copy(ms[2:], id[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(ms[:])))
}

// Flow returns the flow named by the request's "flow" parameter when this
// browser started it; ErrNoFlow otherwise.
func (b *Browser) Flow(r *http.Request) (*provider.Flow, error) {
	return b.flow(r, r.URL.Query().Get("flow"))
}

// PostedFlow returns the flow of a posted form after checking its CSRF value
// against the one sealed with the flow. ErrNoFlow, ErrForged.
func (b *Browser) PostedFlow(r *http.Request, form web.Form) (*provider.Flow, error) {
	flow, err := b.flow(r, form.Get("flow"))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(flow.CSRF), []byte(form.Get("csrf"))) != 1 {
		return nil, ErrForged
	}
	return flow, nil
}

func (b *Browser) flow(r *http.Request, handle string) (*provider.Flow, error) {
	id, clientID, ok := provider.ParseHandle(handle)
	gone := &goneError{id: id, clientID: clientID}
	if !ok {
		return nil, gone
	}
	flow, err := b.open(r, id)
	switch {
	case errors.Is(err, provider.ErrFlowGone):
		return nil, gone
	case err != nil:
		return nil, err
	}
	gone.clientID = flow.Request.ClientID
	switch age := b.Now().Sub(flow.StartedAt); {
	case age > flowKept:
		return nil, gone
	case age > provider.FlowTTL:
		gone.flow = flow
		return nil, gone
	}
	return flow, nil
}

// open returns the flow of that id, out of its cookie or its row. provider.ErrFlowGone.
func (b *Browser) open(r *http.Request, id uuid.UUID) (*provider.Flow, error) {
	text, ok := b.scope(r).Read(r, flowName(id))
	if !ok {
		return b.openRow(r, id)
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) == 0 {
		return nil, provider.ErrFlowGone
	}
	plain, err := b.Box.Open(sealed, "flow", tenant.Must(r.Context()).ID.String(), id.String())
	if err != nil {
		return nil, provider.ErrFlowGone
	}
	return readFlow(plain, id)
}

// writeFlow is the flow as it is sealed. Characters that HTML minds stay one byte each.
func writeFlow(flow *provider.Flow) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(flow); err != nil {
		panic(err) // a Flow holds nothing that cannot be written
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func readFlow(plain []byte, id uuid.UUID) (*provider.Flow, error) {
	flow := new(provider.Flow)
	if err := json.Unmarshal(plain, flow); err != nil || flow.ID != id {
		return nil, provider.ErrFlowGone
	}
	return flow, nil
}

// SaveFlow keeps the flow: in a cookie of its own while the browser has room for it, else
// in a row. A flow stays where it is, unless it no longer fits there.
// provider.ErrFlowGone when another tab changed its row meanwhile; provider.ErrFlowsFull.
func (b *Browser) SaveFlow(w http.ResponseWriter, r *http.Request, flow *provider.Flow) error {
	if flow.Row > 0 {
		return b.changeRow(r, flow)
	}
	sealed := b.Box.Seal(writeFlow(flow), "flow", tenant.Must(r.Context()).ID.String(), flow.ID.String())
	cookie := base64.RawURLEncoding.EncodeToString(sealed)
	if b.makeRoom(w, r, flow.ID, len(cookie)) {
		b.scope(r).Set(w, flowName(flow.ID), cookie, flowKept)
		return nil
	}
	err := b.keepRow(w, r, flow)
	if errors.Is(err, provider.ErrFlowsFull) && b.forceRoom(w, r, flow.ID, len(cookie)) {
		b.scope(r).Set(w, flowName(flow.ID), cookie, flowKept)
		return nil
	}
	if err == nil {
		b.clearFlow(w, r, flow.ID)
	}
	return err
}

// DropFlow removes a finished flow.
func (b *Browser) DropFlow(w http.ResponseWriter, r *http.Request, flow *provider.Flow) {
	b.clearFlow(w, r, flow.ID)
	if flow.Row > 0 {
		b.dropRow(r, flow.ID)
		flow.Row = 0
	}
	b.keepMark(w, r)
}

// clearFlow takes the cookie of a flow away, if there is one.
func (b *Browser) clearFlow(w http.ResponseWriter, r *http.Request, id uuid.UUID) {
	if _, err := r.Cookie(b.scope(r).Name(flowName(id))); err == nil {
		b.scope(r).Clear(w, flowName(id))
	}
}

func flowName(id uuid.UUID) string { return flowBase + "_" + hex.EncodeToString(id[:]) }
