package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plinto/cmd/plinto/manifest"
)

func TestOrganizations_thatCannotBeAreRefusedWhereTheyStand(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"policy: {mfa: off}":                       "policy can only ask for more",
		`policy: {mfa: "off"}`:                     "policy can only ask for more",
		"policy: {session_ttl: 1s}":                "at least five minutes",
		"policy: {sign_in_methods: [otp]}":         "sign_in_methods are",
		"policy: {idle: 1h}":                       "policy.idle: is unknown",
		"public_metadata: [1]":                     "public_metadata: must be a mapping",
		"domains: [co.uk]":                         "are nobody's own",
		"domains: [192.0.2.1]":                     "not a domain name",
		"domains: [a.example, A.example]":          "declared twice",
		`external_id: "a\u202e"`:                   "external id has",
		`name: "` + strings.Repeat("n", 201) + `"`: "name of at most 200",
	} {
		_, _, err := manifest.Parse("x.yaml", []byte("tenants:\n  - slug: a\n    organizations:\n      - slug: o\n        "+fields+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", fields, err, want)
		}
	}
	_, _, err := manifest.Parse("x.yaml", []byte("tenants: [{slug: a, settings: {domain_label: a.b}}]"))
	if err == nil || !strings.Contains(err.Error(), "domain_label: must be one label") {
		t.Errorf("a label of two: %v", err)
	}
}

func TestOrganizations_areChangedAndPruned(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const before = "tenants:\n  - slug: demo\n    organizations:\n      - {slug: acme, external_id: x, suspended: true, public_metadata: {plan: pro}, policy: {mfa: required}, domains: [a.example, b.example]}\n"
	s.apply(before, false)
	if again, _ := s.apply(before, true); len(changes(again)) != 0 {
		t.Errorf("again: %v", changes(again))
	}
	plan, _ := s.apply("tenants:\n  - slug: demo\n    organizations:\n      - {slug: acme, public_metadata: {plan: free}, domains: [b.example, c.example]}\n", true)
	want := []string{
		`update organization demo/acme [external_id: "x" > ] [policy: {"mfa":"required"} > ] [public_metadata: {"plan":"pro"} > {"plan":"free"}] [suspended: true > ]`,
		"create domain demo/acme/c.example", "delete domain demo/acme/a.example",
	}
	if diff := cmp.Diff(want, changes(plan)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
