package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/event/webhook"
	"plinto/tenant"
)

const hooked = `
tenants:
  - slug: acme
    webhook_endpoints:
      - url: https://a.example/hook
        events: [user.created, user.*]
      - url: https://b.example/hook
        description: orders
        events: ["*"]
        payload: thin
        disabled: true
        secret: whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
`

func TestWebhooks_areDeclared(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, secrets := s.apply(hooked, false)
	if len(secrets) != 1 || secrets[0].Webhook != "https://a.example/hook" || !strings.HasPrefix(secrets[0].Secret, webhook.SecretPrefix) {
		t.Errorf("shown %+v, want the secret that was made", secrets)
	}
	for _, c := range s.plan(hooked, true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("applied again: %+v", c)
		}
	}
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	list := func() []webhook.Endpoint {
		all, err := s.target.Webhooks.List(tenant.With(t.Context(), found))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := list(); len(all) != 2 || all[1].Payload != webhook.Thin || all[1].DisabledReason != webhook.ByOperator || len(all[0].Events) != 2 {
		t.Errorf("stored %+v", all)
	}
	changed := strings.NewReplacer("disabled: true", "disabled: false", "orders", "bills", "AAAA\n", "AAAB\n").Replace(hooked)
	plan, secrets := s.apply(changed, false)
	if n := plan.Count(manifest.Update); n != 1 || len(secrets) != 0 {
		t.Errorf("%d updates, shown %v", n, secrets)
	}
	for _, c := range plan.Changes {
		for _, f := range c.Fields {
			if strings.Contains(f.From+f.To, "AAAA") {
				t.Errorf("the plan shows a secret: %+v", f)
			}
		}
	}
	if all := list(); all[1].Description != "bills" || !all[1].DisabledAt.IsZero() || all[1].PreviousSealed == nil {
		t.Errorf("stored %+v", all[1])
	}
	var out strings.Builder
	if err := manifest.Export(t.Context(), s.target, &out, true, "acme"); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "whsec_") {
		t.Error("the export holds a secret")
	}
	for _, c := range s.plan(out.String(), true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("exported and applied: %+v", c)
		}
	}
	if plan, _ := s.apply("tenants: [{slug: acme, webhook_endpoints: []}]", true); plan.Count(manifest.Delete) != 2 || len(list()) != 0 {
		t.Errorf("pruned %+v", plan.Changes)
	}
}

// Several endpoints may have one URL. They are told apart by what else is declared of them.
func TestWebhooks_ofOneURLAreToldApart(t *testing.T) {
	t.Parallel()
	const users, clients, all = `{url: "https://a.example/", events: ["user.*"]}`, `{url: "https://a.example/", events: ["client.*"], managed_by: other}`, `{url: "https://a.example/", events: ["*"]}`
	manifestOf := func(endpoints ...string) string {
		return "owner: ours\ntenants: [{slug: acme, webhook_endpoints: [" + strings.Join(endpoints, ", ") + "]}]"
	}
	s := newScene(t)
	if _, secrets := s.apply(manifestOf(users, clients), false); len(secrets) != 2 || secrets[0].Secret == secrets[1].Secret {
		t.Fatalf("shown %+v", secrets)
	}
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	stored := func() map[string]webhook.Endpoint { // by their events
		all, err := s.target.Webhooks.List(tenant.With(t.Context(), found))
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]webhook.Endpoint{}
		for _, e := range all {
			by[strings.Join(e.Events, " ")] = e
		}
		return by
	}
	first := stored()
	for name, doc := range map[string]string{"again": manifestOf(users, clients), "in another order": manifestOf(clients, users)} {
		for _, c := range s.plan(doc, true).Changes {
			if c.Action != manifest.Unchanged {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	var out strings.Builder
	if err := manifest.Export(t.Context(), s.target, &out, true, "acme"); err != nil {
		t.Fatal(err)
	}
	for _, c := range s.plan(out.String(), true).Changes {
		if c.Action != manifest.Unchanged {
			t.Errorf("exported and applied: %+v in %s", c, out.String())
		}
	}
	s.apply(manifestOf(all, clients), true) // the first is changed, and not the second
	second := stored()
	if len(second) != 2 || second["*"].ID != first["user.*"].ID || second["client.*"].ID != first["client.*"].ID {
		t.Errorf("one is changed: %v, then %v", first, second)
	}
	s.apply(manifestOf(clients), true)
	if third := stored(); len(third) != 1 || third["client.*"].ID != first["client.*"].ID {
		t.Errorf("one is taken out: %v", third)
	}
}

// So are those of which one is disabled, as an export says it.
func TestWebhooks_ofOneURLAreToldApartByBeingDisabled(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	manifestOf := func(endpoints string) string {
		return "tenants: [{slug: acme, webhook_endpoints: [" + endpoints + "]}]"
	}
	const off, on = `{url: "https://a.example/", events: ["*"], disabled: true}`, `{url: "https://a.example/", events: ["*"]}`
	s.apply(manifestOf(on+", "+off), false)
	found, err := s.target.Tenants.BySlug(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := manifest.Export(t.Context(), s.target, &out, true, "acme"); err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string]string{"again": manifestOf(on + ", " + off), "in another order": manifestOf(off + ", " + on), "exported": out.String()} {
		for _, c := range s.plan(doc, true).Changes {
			if c.Action != manifest.Unchanged {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	s.apply(manifestOf(off), true) // takes out the one that is not disabled
	left, err := s.target.Webhooks.List(tenant.With(t.Context(), found))
	if err != nil || len(left) != 1 || left[0].DisabledAt.IsZero() {
		t.Errorf("left %+v, %v", left, err)
	}
}

func TestWebhooks_thatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, c := range map[string]struct{ endpoint, want string }{
		"our network":     {`{url: "https://10.0.0.1/", events: ["*"]}`, "https URL of a public host"},
		"no events":       {`{url: "https://a.example/"}`, "events must have 1 to"},
		"unknown events":  {`{url: "https://a.example/", events: [user.flown]}`, "no type of events"},
		"a bad secret":    {`{url: "https://a.example/", events: ["*"], secret: hunter2}`, "whsec_"},
		"declared twice":  {`{url: "https://a.example/", events: ["*"]}, {url: "https://a.example/", events: ["*"]}`, "declared twice"},
		"a bad payload":   {`{url: "https://a.example/", events: ["*"], payload: fat}`, "full or thin"},
		"an unknown name": {`{url: "https://a.example/", event: ["*"]}`, "event"},
	} {
		m, _, err := manifest.Parse("plinto.yaml", []byte("tenants: [{slug: acme, webhook_endpoints: ["+c.endpoint+"]}]"))
		if err == nil {
			_, err = m.Plan(t.Context(), s.target, false)
		}
		var problems *manifest.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
