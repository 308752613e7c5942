package main

import (
	"strings"
	"testing"
)

// EDG-03: whoever trusts everybody has everybody choose their address.
func TestConfig_refusesProxiesThatAreEverybody_EDG_03(t *testing.T) {
	t.Parallel()
	for list, good := range map[string]bool{
		"10.0.0.0/8,fc00::/7,192.0.2.7,::1": true,
		"0.0.0.0/0":                         false,
		"10.0.0.0/8, ::/0":                  false,
		"::ffff:0.0.0.0/96":                 false,
		"0.0.0.0/1,128.0.0.0/1":             false,
	} {
		_, err := LoadConfig([]string{"PLINTO_TRUSTED_PROXIES=" + list}, t.TempDir())
		if (err == nil) != good || err != nil && !strings.Contains(err.Error(), "PLINTO_TRUSTED_PROXIES has ") {
			t.Errorf("%s: %v", list, err)
		}
	}
}
