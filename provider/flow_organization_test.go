package provider

import (
	"testing"

	"github.com/google/uuid"

	"plinto/identity"
)

// ORT-01: a flow is for what its user is in today, however it was chosen.
func TestSettle_takesNothingThatIsNotTheUsersOwn(t *testing.T) {
	t.Parallel()
	acme, globex, closed := Membership{ID: uuid.New(), Name: "Acme"}, Membership{ID: uuid.New(), Name: "Globex"}, Membership{ID: uuid.New(), Suspended: true}
	client := func(mode string) *Client { return &Client{FirstParty: true, Metadata: Metadata{Organization: mode}} }
	session := &identity.Session{UserID: uuid.New()}
	none, wants, must := client(""), client(OrganizationOptional), client(OrganizationRequired)
	named := Flow{Request: Request{Organization: "acme"}}
	for name, c := range map[string]struct {
		flow   Flow
		client *Client
		in     []Membership
		want   uuid.UUID
		step   Decision
	}{
		"not asked for":                  {Flow{}, none, nil, uuid.Nil, Decision{Step: StepRespond}},
		"named":                          {named, none, []Membership{acme}, acme.ID, Decision{Step: StepRespond}},
		"named, not a member":            {named, none, nil, uuid.Nil, Decision{Step: StepRefuse, Error: "access_denied"}},
		"named, suspended":               {named, none, []Membership{closed}, uuid.Nil, Decision{Step: StepOrganization}},
		"optional, of none":              {Flow{}, wants, nil, uuid.Nil, Decision{Step: StepRespond}},
		"optional, suspended":            {Flow{}, wants, []Membership{closed}, uuid.Nil, Decision{Step: StepRespond}},
		"optional, of one":               {Flow{}, wants, []Membership{acme}, uuid.Nil, Decision{Step: StepOrganization}},
		"optional, without":              {Flow{Alone: true}, wants, []Membership{acme}, uuid.Nil, Decision{Step: StepRespond}},
		"required, of none":              {Flow{}, must, nil, uuid.Nil, Decision{Step: StepOrganization}},
		"required, of one":               {Flow{}, must, []Membership{acme, closed}, acme.ID, Decision{Step: StepRespond}},
		"required, of two":               {Flow{}, must, []Membership{acme, globex}, uuid.Nil, Decision{Step: StepOrganization}},
		"required, without":              {Flow{Alone: true}, must, []Membership{acme, globex}, uuid.Nil, Decision{Step: StepOrganization}},
		"picked":                         {Flow{Picked: globex.ID}, must, []Membership{acme, globex}, globex.ID, Decision{Step: StepRespond}},
		"picked, left meanwhile":         {Flow{Picked: globex.ID}, must, []Membership{acme}, uuid.Nil, Decision{Step: StepOrganization}},
		"picked, suspended meanwhile":    {Flow{Picked: closed.ID}, must, []Membership{acme, closed}, uuid.Nil, Decision{Step: StepOrganization}},
		"settled earlier, and left":      {Flow{Organization: globex}, must, nil, uuid.Nil, Decision{Step: StepOrganization}},
		"settled earlier, not asked for": {Flow{Organization: globex}, none, nil, uuid.Nil, Decision{Step: StepRespond}},
		"silent":                         {Flow{Request: Request{Prompt: []string{PromptNone}}}, must, nil, uuid.Nil, Decision{Step: StepRefuse, Error: "interaction_required"}},
	} {
		facts := Facts{Client: c.client, Session: session, Memberships: c.in}
		c.flow.Settle(facts)
		if got := c.flow.Next(facts); c.flow.Organization.ID != c.want || got != c.step {
			t.Errorf("%s: settled on %q, then %+v; want %s, %+v", name, c.flow.Organization.Name, got, c.want, c.step)
		}
	}
}

// What one user chose is not what the next one gets.
func TestPickOrganization_isOfWhoPicked(t *testing.T) {
	t.Parallel()
	picked := func() (f Flow) { f.PickOrganization(uuid.New(), uuid.New()); return f }
	bound, switched, other := picked(), picked(), picked()
	bound.Bind(&identity.Session{ID: uuid.New(), UserID: uuid.New()})
	switched.SwitchUser()
	if bound.Picked != uuid.Nil || switched.Picked != uuid.Nil {
		t.Error("another user goes on with it")
	}
	facts := Facts{Client: &Client{Metadata: Metadata{Organization: OrganizationRequired}}, Session: &identity.Session{UserID: uuid.New()}}
	if got := other.Next(facts).Step; got != StepSignIn {
		t.Errorf("with the session of another user: step %d, want StepSignIn", got)
	}
}
