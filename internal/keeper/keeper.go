// Package keeper reads the keys that seal the root key of an installation: keys that the operator holds, and keys of key
// management services, where the program was built with them.
package keeper

import (
	"fmt"
	"strings"

	"plinto/internal/secret"
)

// services open the keys of key management services by the scheme of their URL. Build tags add them.
var services = map[string]func(url string) (secret.Keeper, error){}

// most is how many keys may be set: the next one, the current one, and two that came before.
const most = 4

// Parse reads keys, separated by commas: 32 bytes in base64 or hex each, or the URL of a key of a service, which is not asked
// yet. secret.ErrRoot.
func Parse(text string) ([]secret.Keeper, error) {
	var all []secret.Keeper
	for part := range strings.SplitSeq(text, ",") {
		k, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.Name() == k.Name() {
				return nil, fmt.Errorf("it has the same key twice")
			}
		}
		all = append(all, k)
	}
	if len(all) > most {
		return nil, fmt.Errorf("it has %d keys, %d at most are needed", len(all), most)
	}
	return all, nil
}

func parse(text string) (secret.Keeper, error) {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		root, err := secret.ParseRoot(text)
		if err != nil {
			return nil, err
		}
		return secret.NewKeeper(root), nil
	}
	open := services[scheme]
	if open == nil {
		return nil, fmt.Errorf("this program knows no keys of %s: build it with TAGS=%s", scheme, scheme)
	}
	return open(text)
}
