package manifest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"plinto/event/webhook"
	"plinto/internal/fault"
	"plinto/internal/secret"
	"plinto/tenant"
)

// secretOverlap is how long the previous secret of an endpoint signs when another one is
// declared.
const secretOverlap = 24 * time.Hour

// webhooks compares the declared endpoints with the stored ones.
func (s *scene) webhooks(ctx context.Context) error {
	var stored []webhook.Endpoint
	if !s.fresh && (len(s.declared.Webhooks) > 0 || s.prune) {
		var err error
		if stored, err = s.target().Webhooks.List(ctx); err != nil {
			return fmt.Errorf("list webhook endpoints: %w", err)
		}
	}
	is, left := matchWebhooks(s.declared.Webhooks, stored)
	for i := range s.declared.Webhooks {
		w := &s.declared.Webhooks[i]
		if err := s.target().Webhooks.Check(w.spec()); err != nil {
			s.problems.at(w.At.node, "%s", specProblem(err))
			continue
		}
		if is[i] == nil {
			s.newWebhook(w)
			continue
		}
		if err := s.webhook(ctx, w, is[i]); err != nil {
			return err
		}
	}
	if !s.prune || s.declared.Webhooks == nil {
		return nil
	}
	for _, e := range left {
		s.add(Change{Action: Delete, Kind: "webhook endpoint", Name: e.URL, key: e.ID.String(), write: func(ctx context.Context) error {
			return s.target().Webhooks.Delete(ctx, e.ID)
		}})
	}
	return nil
}

// matchWebhooks returns which stored endpoint each declared one is, nil for none, and the stored ones that are not
// declared. They are known by their URL; of several with one URL those first that are what is declared, then those that
// are but for being disabled, and then the oldest.
func matchWebhooks(declared []WebhookEndpoint, stored []webhook.Endpoint) (is, left []*webhook.Endpoint) {
	is, taken := make([]*webhook.Endpoint, len(declared)), make([]bool, len(stored))
	match := func(same func(*WebhookEndpoint, *webhook.Endpoint) bool) {
		for i := range declared {
			for k := range stored {
				if is[i] == nil && !taken[k] && stored[k].URL == declared[i].URL && same(&declared[i], &stored[k]) {
					is[i], taken[k] = &stored[k], true
				}
			}
		}
	}
	alike := func(w *WebhookEndpoint, e *webhook.Endpoint) bool {
		want := w.spec()
		return sameWebhook(&want, &e.Spec)
	}
	match(func(w *WebhookEndpoint, e *webhook.Endpoint) bool {
		return w.Disabled != e.DisabledAt.IsZero() && alike(w, e)
	})
	match(alike)
	match(func(*WebhookEndpoint, *webhook.Endpoint) bool { return true })
	for k := range stored {
		if !taken[k] {
			left = append(left, &stored[k])
		}
	}
	return is, left
}

func sameWebhook(a, b *webhook.Spec) bool {
	return len(differences(webhookView(a), webhookView(b))) == 0
}

// newWebhook plans an endpoint that is not there.
func (s *scene) newWebhook(w *WebhookEndpoint) {
	var id uuid.UUID
	change := compared("webhook endpoint", w.URL, false, nil, func(ctx context.Context) (err error) {
		id, err = s.createWebhook(ctx, w)
		return err
	})
	s.add(s.manage(ownedWebhooks, w.managed, change, func(context.Context) (uuid.UUID, error) { return id, nil }))
}

// specProblem words what is wrong with an endpoint.
func specProblem(err error) string {
	f, is := fault.As(err)
	switch {
	case !is:
		return err.Error()
	case len(f.Fields) > 0:
		return f.Fields[0].Pointer[1:] + " " + f.Fields[0].Message
	default:
		return f.Message
	}
}

// webhook compares one endpoint with the stored one.
func (s *scene) webhook(ctx context.Context, w *WebhookEndpoint, stored *webhook.Endpoint) error {
	want := w.spec()
	fields := differences(webhookView(&stored.Spec), webhookView(&want))
	switches := w.Disabled == stored.DisabledAt.IsZero()
	if switches {
		fields = append(fields, switched(w.Disabled))
	}
	rotates := false
	if !w.Secret.Empty() {
		live, err := s.target().Webhooks.Vault.Live(tenant.Must(ctx).ID, stored, time.Now())
		if err != nil {
			return fmt.Errorf("compare webhook endpoint %s: %w", w.URL, err)
		}
		if rotates = live[0].Text() != w.Secret; rotates {
			fields = append(fields, Field{"secret", "", `"(given)"`})
		}
	}
	change := compared("webhook endpoint", w.URL, true, fields, func(ctx context.Context) error {
		hooks := s.target().Webhooks
		if _, err := hooks.Update(ctx, stored.ID, func(spec *webhook.Spec) { *spec = want }); err != nil {
			return err
		}
		if rotates {
			if _, err := hooks.Rotate(ctx, stored.ID, secretOverlap, w.Secret); err != nil {
				return err
			}
		}
		switch {
		case switches && w.Disabled:
			return hooks.Disable(ctx, stored.ID, webhook.ByOperator)
		case switches:
			return hooks.Enable(ctx, stored.ID)
		}
		return nil
	})
	change.key = stored.ID.String()
	s.add(s.manage(ownedWebhooks, w.managed, change, func(context.Context) (uuid.UUID, error) { return stored.ID, nil }))
	return nil
}

func (s *scene) createWebhook(ctx context.Context, w *WebhookEndpoint) (uuid.UUID, error) {
	hooks := s.target().Webhooks
	e, secrets, err := hooks.Create(ctx, w.spec(), w.Secret)
	if err != nil {
		return uuid.Nil, err
	}
	if w.Secret.Empty() {
		s.plan.generated = append(s.plan.generated, GeneratedSecret{Tenant: s.declared.Slug, Webhook: w.URL, Secret: secrets.Text().Reveal()})
	}
	if w.Disabled {
		return e.ID, hooks.Disable(ctx, e.ID, webhook.ByOperator)
	}
	return e.ID, nil
}

// spec returns what is declared of an endpoint, as it is stored.
func (w *WebhookEndpoint) spec() webhook.Spec {
	return webhook.NewSpec(w.URL, w.Description, w.Payload, w.Events)
}

// twin reports whether nothing tells the two apart.
func (w *WebhookEndpoint) twin(o WebhookEndpoint) bool {
	want, other := w.spec(), o.spec()
	return o.URL == w.URL && o.Disabled == w.Disabled && sameWebhook(&want, &other)
}

func webhookView(s *webhook.Spec) map[string]any {
	return map[string]any{"description": s.Description, "events": s.Events, "payload": s.Payload}
}

func exportWebhooks(ctx context.Context, target *Target, by marked) (list, error) {
	stored, err := target.Webhooks.List(ctx)
	var out list
	for i := range stored {
		e := &stored[i]
		out = append(out, by(ownedWebhooks, e.ID.String(), mapping{
			{"url", e.URL}, {"description", e.Description}, {"events", texts(e.Events)}, {"payload", e.Payload}, {"disabled", !e.DisabledAt.IsZero()},
		}))
	}
	return out, err
}

// A WebhookEndpoint is a declared endpoint. Without a secret it gets one, which is shown once.
type WebhookEndpoint struct {
	managed `yaml:",inline"`

	URL         string        `yaml:"url"`
	Description string        `yaml:"description"`
	Events      []string      `yaml:"events"`
	Payload     string        `yaml:"payload"`
	Disabled    bool          `yaml:"disabled"`
	Secret      secret.String `yaml:"secret"`

	At place
}

func (v *validator) webhooks(t *Tenant) {
	for i := range t.Webhooks {
		w := &t.Webhooks[i]
		if w.At.node == nil {
			continue
		}
		if slices.ContainsFunc(t.Webhooks[:i], w.twin) {
			v.problems.at(w.At.find("url"), "the webhook endpoint %q is declared twice: two of one URL differ in their description, events or payload, or one is disabled", w.URL)
		}
		if _, err := webhook.NewSecrets(w.Secret); err != nil {
			v.problems.at(w.At.find("secret"), "must be whsec_ and 24 to 64 bytes in base64; leave it out and Plinto makes one")
		}
	}
}
