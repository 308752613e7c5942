package manifest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"plinto/internal/keyset"
	"plinto/provider"
)

func exportClients(ctx context.Context, target *Target, by marked, left *leftOut) (out list, err error) {
	for c, err := range keyset.All(ctx, target.Clients.List, clientKey) {
		if err != nil {
			return nil, err
		}
		if provider.MadeByPlinto(c.ClientID) && c.ManagedBy == "" || // a manifest may declare the client of the command line, to switch it off
			left.client(&c) {
			continue
		}
		m, err := exportClient(&c)
		if err != nil {
			return nil, err
		}
		out = append(out, by(ownedClients, c.ClientID, m))
	}
	return out, nil
}

func exportClient(c *provider.Client) (mapping, error) {
	members, err := provider.MetadataMembers(c.Metadata)
	if err != nil {
		return nil, err
	}
	out := mapping{
		{"client_id", c.ClientID},
		{"client_name", c.ClientName},
		{"first_party", c.FirstParty},
		{"disabled", !c.DisabledAt.IsZero()},
	}
	delete(members, "client_name")
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name == "access_token_ttl" {
			out = append(out, entry{name, ttlText(c.AccessTokenTTL)})
			continue
		}
		value, err := decodeJSON(members[name])
		if err != nil {
			return nil, fmt.Errorf("read %s of client %s: %w", name, c.ClientID, err)
		}
		if object, ok := value.(mapping); ok {
			value = raw(flowJSON(object)) // exactly: what is false or empty in it may matter
		}
		out = append(out, entry{name, value})
	}
	return out, nil
}
