package browser

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plinto/internal/fault"
	"plinto/internal/web"
	"plinto/provider"
	"plinto/tenant"
)

const (
	flowBase = "plinto_f"
	flowTTL  = 30 * time.Minute
	// A cookie holds 4 KiB. A request with a long state and claims takes more,
	// and is cut over several.
	flowChunk  = 3500
	flowChunks = 4
	// maxFlows bounds how many unfinished flows a browser carries along.
	maxFlows = 5
)

// ErrNoFlow reports a flow that this browser did not start, or that is over.
var ErrNoFlow = fault.New(fault.Invalid, "flow_expired", "This sign-in has expired or was started in another browser.")

// ErrForged reports a form that did not come from our page (CSRF).
var ErrForged = fault.New(fault.Forbidden, "forged_form", "This form was not sent from our page.")

// NewCSRF returns the random value that every form of a flow repeats.
func NewCSRF() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Flow returns the flow named by the request's "flow" parameter when this
// browser started it; ErrNoFlow otherwise.
func (b *Browser) Flow(r *http.Request) (*provider.Flow, error) {
	return b.flow(r, r.URL.Query().Get("flow"))
}

// PostedFlow returns the flow of a posted form after checking its CSRF value
// against the one sealed in the browser's cookie. ErrNoFlow, ErrForged.
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

func (b *Browser) flow(r *http.Request, text string) (*provider.Flow, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return nil, ErrNoFlow
	}
	var sealed strings.Builder
	for i := range flowChunks {
		part, ok := b.scope(r).Read(r, flowName(id, i))
		if !ok {
			break
		}
		sealed.WriteString(part)
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed.String())
	if err != nil || len(raw) == 0 {
		return nil, ErrNoFlow
	}
	t := tenant.Must(r.Context())
	plain, err := b.Box.Open(raw, "flow", t.ID.String(), id.String())
	if err != nil {
		return nil, ErrNoFlow
	}
	flow := new(provider.Flow)
	if err := json.Unmarshal(plain, flow); err != nil || flow.ID != id {
		return nil, ErrNoFlow
	}
	if b.Now().Sub(flow.StartedAt) > flowTTL {
		return nil, ErrNoFlow
	}
	return flow, nil
}

// SaveFlow keeps the flow in the browser.
func (b *Browser) SaveFlow(w http.ResponseWriter, r *http.Request, flow *provider.Flow) {
	plain, err := json.Marshal(flow)
	if err != nil {
		panic(err) // a Flow holds nothing that cannot be written
	}
	t := tenant.Must(r.Context())
	text := base64.RawURLEncoding.EncodeToString(b.Box.Seal(plain, "flow", t.ID.String(), flow.ID.String()))
	b.dropOldFlows(w, r, flow.ID)
	cookies := b.scope(r)
	for i := 0; i < flowChunks; i++ {
		if text == "" {
			if _, ok := cookies.Read(r, flowName(flow.ID, i)); ok {
				cookies.Clear(w, flowName(flow.ID, i))
			}
			continue
		}
		part := text[:min(flowChunk, len(text))]
		text = text[len(part):]
		cookies.Set(w, flowName(flow.ID, i), part, flowTTL)
	}
}

// DropFlow removes a finished flow from the browser.
func (b *Browser) DropFlow(w http.ResponseWriter, r *http.Request, id uuid.UUID) {
	for i := range flowChunks {
		if _, ok := b.scope(r).Read(r, flowName(id, i)); ok {
			b.scope(r).Clear(w, flowName(id, i))
		}
	}
}

// dropOldFlows forgets the oldest flows beyond maxFlows. Flow ids are UUIDv7, so
// their order is their age.
func (b *Browser) dropOldFlows(w http.ResponseWriter, r *http.Request, keep uuid.UUID) {
	var ids []uuid.UUID
	for _, c := range r.Cookies() {
		_, tail, found := strings.Cut(c.Name, flowBase+"_")
		if !found || len(tail) < 32 {
			continue
		}
		raw, err := hex.DecodeString(tail[:32])
		if err != nil {
			continue
		}
		if id := uuid.UUID(raw); id != keep && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	sortIDs(ids)
	for len(ids) >= maxFlows {
		b.DropFlow(w, r, ids[0])
		ids = ids[1:]
	}
}

func flowName(id uuid.UUID, chunk int) string {
	name := flowBase + "_" + hex.EncodeToString(id[:])
	if chunk > 0 {
		name += "_" + strconv.Itoa(chunk)
	}
	return name
}
