package app

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"plinto/event/webhook"
	"plinto/internal/egress"
	"plinto/storage"
	"plinto/storage/queue"
)

// sendWebhooks registers what sends events to the endpoints of tenants.
func (p *parts) sendWebhooks() error {
	client, err := egress.New(webhookEgress(p.cfg.Egress))
	if err != nil {
		return fmt.Errorf("make egress client of webhooks: %w", err)
	}
	s := p.cfg.Store
	s.Handle(&webhook.Subscriber{Endpoints: s.Webhooks, Deliveries: s.WebhookDeliveries, Now: p.cfg.Now})
	s.Handle(&webhook.Eraser{Erase: s.Webhooks.Erase})
	drainer := &webhook.Drainer{
		Service: p.webhooks, Drains: s.Webhooks, Log: slog.Default(),
		Sender: &webhook.Sender{Transport: func(by egress.Owner) http.RoundTripper { return client.For(by) }, Now: p.cfg.Now},
	}
	s.Do(queue.Task{Name: storage.DrainTask, Run: drainer.Drain})
	return nil
}

// webhookEgress are the limits of sending webhooks. It has places of its own: slow endpoints
// take none from what a sign-in waits for. A tenant's endpoints share a quarter of them.
func webhookEgress(o egress.Options) egress.Options {
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	o.HeaderTimeout = o.Timeout
	o.MaxBody = math.MaxInt64 - 1 // the sender reads 64 KiB
	o.Idle = 8
	o.Places = egress.Places{All: 256, Tenant: 64, Kind: 64, Client: 8}
	return o
}
