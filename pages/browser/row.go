package browser

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"plinto/event"
	"plinto/internal/clientip"
	"plinto/internal/secret"
	"plinto/provider"
	"plinto/tenant"
)

const (
	// rowBase names the cookie with the browser's secret. All flows of a browser that
	// are rows share it.
	rowBase   = "plinto_b"
	rowPrefix = "plfs_"
)

// row returns the key by which a stored flow of the browser is found, and the box that
// decrypts it. Both are derived from the browser's secret and a key of the server, so
// neither the database alone nor a browser with another secret can decrypt the flow.
func (b *Browser) row(r *http.Request, id uuid.UUID, browserSecret string) (browser []byte, box *secret.Box, err error) {
	t := tenant.Must(r.Context()).ID.String()
	key := secret.MAC(b.DeviceKey, "flow-row", t, id.String(), browserSecret)
	if box, err = secret.NewBox([32]byte(key)); err != nil {
		return nil, nil, fmt.Errorf("make box of flow: %w", err)
	}
	return secret.MAC(b.DeviceKey, "flow-browser", t, browserSecret)[:16], box, nil
}

// browserSecret returns the secret that opens the browser's rows, or "".
func (b *Browser) browserSecret(r *http.Request) string {
	text, ok := b.scope(r).Read(r, rowBase)
	if !ok || !secret.WellFormed(rowPrefix, text) {
		return ""
	}
	return text
}

// openRow returns a flow that is a row. provider.ErrFlowGone.
func (b *Browser) openRow(r *http.Request, id uuid.UUID) (*provider.Flow, error) {
	return b.openRowWith(r, id, b.browserSecret(r))
}

func (b *Browser) openRowWith(r *http.Request, id uuid.UUID, browserSecret string) (*provider.Flow, error) {
	if browserSecret == "" {
		return nil, provider.ErrFlowGone
	}
	browser, box, err := b.row(r, id, browserSecret)
	if err != nil {
		return nil, err
	}
	stored, err := b.Flows.Find(r.Context(), id, browser)
	if err != nil {
		return nil, err
	}
	plain, err := box.Open(stored.Sealed, "flow")
	if err != nil {
		return nil, provider.ErrFlowGone
	}
	flow, err := readFlow(plain, id)
	if err != nil {
		return nil, err
	}
	flow.Row = stored.Version
	return flow, nil
}

// keepRow stores a flow, and sees to it that the browser has what opens it.
func (b *Browser) keepRow(w http.ResponseWriter, r *http.Request, flow *provider.Flow) error {
	browserSecret := b.browserSecret(r)
	if browserSecret == "" {
		browserSecret = secret.Token(rowPrefix)
	}
	left := provider.FlowTTL - b.Now().Sub(flow.StartedAt)
	if err := b.storeRow(r, flow, browserSecret, max(left, time.Second)); err != nil {
		return err
	}
	b.scope(r).Set(w, rowBase, browserSecret, provider.FlowTTL)
	return nil
}

func (b *Browser) storeRow(r *http.Request, flow *provider.Flow, browserSecret string, ttl time.Duration) error {
	browser, box, err := b.row(r, flow.ID, browserSecret)
	if err != nil {
		return err
	}
	err = b.Flows.Keep(r.Context(), provider.StoredFlow{
		ID: flow.ID, Browser: browser, Network: clientip.KeyOf(event.OriginFrom(r.Context()).IP), Sealed: box.Seal(writeFlow(flow), "flow"),
	}, ttl)
	if err == nil {
		flow.Row = 1
	}
	return err
}

// changeRow replaces the flow in its row. provider.ErrFlowGone when another tab was
// there first.
func (b *Browser) changeRow(r *http.Request, flow *provider.Flow) error {
	browser, box, err := b.row(r, flow.ID, b.browserSecret(r))
	if err != nil {
		return err
	}
	err = b.Flows.Change(r.Context(), provider.StoredFlow{
		ID: flow.ID, Browser: browser, Sealed: box.Seal(writeFlow(flow), "flow"), Version: flow.Row,
	})
	if err == nil {
		flow.Row++
	}
	return err
}

// dropRow deletes a row that is over. It would end by itself, and gives no second code.
func (b *Browser) dropRow(r *http.Request, id uuid.UUID) {
	if browser, _, err := b.row(r, id, b.browserSecret(r)); err == nil {
		_ = b.Flows.Drop(r.Context(), id, browser) // the answer to the client must not depend on it
	}
}
