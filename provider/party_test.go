package provider

import "testing"

// Two are told apart by what both of them show, and never by an address.
func TestParty_isPlainlyAnotherByWhatBothShow(t *testing.T) {
	t.Parallel()
	a, b := []byte("a"), []byte("b")
	for name, c := range map[string]struct {
		p, q Party
		want bool
	}{
		"nothing shown":                 {Party{}, Party{}, false},
		"other addresses":               {Party{Address: "192.0.2.1"}, Party{Address: "198.51.100.7"}, false},
		"one device":                    {Party{Device: a}, Party{Device: a}, false},
		"two devices":                   {Party{Device: a}, Party{Device: b}, true},
		"a device and none":             {Party{Device: a}, Party{}, false},
		"one key":                       {Party{Proof: a}, Party{Proof: a}, false},
		"two keys":                      {Party{Proof: a}, Party{Proof: b}, true},
		"a key and none":                {Party{Proof: a}, Party{}, false},
		"a device and a key":            {Party{Device: a}, Party{Proof: b}, false},
		"one device, two keys":          {Party{Device: a, Proof: a}, Party{Device: a, Proof: b}, true},
		"two devices, one key":          {Party{Device: a, Proof: a}, Party{Device: b, Proof: a}, true},
		"two devices from one address":  {Party{Address: "192.0.2.1", Device: a}, Party{Address: "192.0.2.1", Device: b}, true},
		"one device from two addresses": {Party{Address: "192.0.2.1", Device: a}, Party{Address: "198.51.100.7", Device: a}, false},
	} {
		if c.p.Contradicts(c.q) != c.want || c.q.Contradicts(c.p) != c.want {
			t.Errorf("%s: got %v, %v, want %v both ways", name, c.p.Contradicts(c.q), c.q.Contradicts(c.p), c.want)
		}
	}
}
