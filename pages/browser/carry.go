package browser

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"plinto/internal/paths"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

// carryTTL is how long a posted request may take to come back by GET.
const carryTTL = 5 * time.Minute

// A carried is a posted request on its way back, and since when.
type carried struct {
	Request provider.Request `json:"q"`
	At      time.Time        `json:"t"`
}

// Carry sends the browser back by GET with a request that was posted. A form that another
// site posts comes without our SameSite=Lax cookies, so the cookies of the browser are not
// known and none is set yet. The request is sealed into the URL, or stored in a row when it
// is long. Whoever gets the URL could have posted the form as well.
func (b *Browser) Carry(w http.ResponseWriter, r *http.Request, request provider.Request) error {
	t := tenant.Must(r.Context())
	query := url.Values{}
	if text := b.Seal(r, "carried", carried{request, b.Now()}); len(text) <= maxSealed {
		query.Set("request", text)
	} else {
		flow, key := b.NewFlow(request), secret.Token(rowPrefix)
		if err := b.storeRow(r, flow, key, carryTTL); err != nil {
			return err
		}
		query.Set("flow", flow.Handle())
		query.Set("key", key)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", t.Path+paths.Continue+"?"+query.Encode())
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Continued returns the flow that the dispatcher is asked to go on with, and whether it
// is a new one: of a request that was carried, or one that had expired. ErrNoFlow.
func (b *Browser) Continued(w http.ResponseWriter, r *http.Request) (flow *provider.Flow, fresh bool, err error) {
	query := r.URL.Query()
	switch {
	case query.Has("request"):
		flow, err = b.carriedByAddress(r, query.Get("request"))
		return flow, true, err
	case query.Has("key"):
		flow, err = b.carriedByRow(r, query.Get("flow"), query.Get("key"))
		return flow, true, err
	}
	flow, err = b.Flow(r)
	var gone *goneError
	if errors.As(err, &gone) && gone.startsAgain() {
		b.clearFlow(w, r, gone.id)
		return b.NewFlow(gone.flow.Request), true, nil
	}
	return flow, false, err
}

func (b *Browser) carriedByAddress(r *http.Request, text string) (*provider.Flow, error) {
	var c carried
	if !b.Unseal(r, "carried", text, &c) {
		return nil, &goneError{}
	}
	if b.Now().Sub(c.At) > carryTTL {
		return nil, &goneError{clientID: c.Request.ClientID}
	}
	return b.NewFlow(c.Request), nil
}

func (b *Browser) carriedByRow(r *http.Request, handle, key string) (*provider.Flow, error) {
	id, clientID, ok := provider.ParseHandle(handle)
	if !ok || !secret.WellFormed(rowPrefix, key) {
		return nil, &goneError{}
	}
	found, err := b.openRowWith(r, id, key)
	if errors.Is(err, provider.ErrFlowGone) {
		return nil, &goneError{clientID: clientID}
	}
	if err != nil {
		return nil, err
	}
	return b.NewFlow(found.Request), nil
}
