package provider

import (
	"encoding/json"
	"testing"
)

func TestNames_operatorsAreWarnedOfWhatStrangersMayNotHave(t *testing.T) {
	t.Parallel()
	m := Metadata{
		ClientName: "Ac\u202eme", RedirectURIs: []string{"https://rp.example/cb"},
		Extra: map[string]json.RawMessage{"client_name#fr": json.RawMessage(`"Ac\u200bme"`)},
	}.WithDefaults()
	if problems := m.Validate(Rules{Operator: true}); len(problems) != 0 {
		t.Errorf("an operator may not have it: %v", problems)
	}
	for what, problems := range map[string][]Problem{"warnings": m.Warnings(), "registration": m.Validate(Rules{})} {
		members := map[string]bool{}
		for _, p := range problems {
			members[p.Member] = true
		}
		if !members["client_name"] || !members["client_name#fr"] {
			t.Errorf("%s: %v, want client_name and client_name#fr", what, problems)
		}
	}
}

func TestDisplayName_showsNothingThatIsNotSeen(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "client_1", "Acme": "Acme", "\u202eemcA\u200b\n Inc": "emcA Inc", "\u200b": "client_1"} {
		c := Client{ClientID: "client_1", Metadata: Metadata{ClientName: name}}
		if got := c.DisplayName(); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
