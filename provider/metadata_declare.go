package provider

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"

	"plinto/internal/fault"
)

// ErrMetadata reports metadata of a client that are not valid.
var ErrMetadata = fault.New(fault.Invalid, "client_metadata_invalid", "The metadata of the client are not valid.")

// Declare makes members, by their names of RFC 7591, the metadata of c, with defaults. ErrMetadata with
// every member that is wrong.
func (c *Client) Declare(members map[string]json.RawMessage, rules Rules) error {
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if m, known := lookup(name); !known || m.kind == kindIssued || m.kind == kindIdentity {
			problems = append(problems, Problem{name, "is no client metadata that can be set"})
		}
	}
	m, mistyped := DecodeMetadata(members)
	c.Metadata = m.WithDefaults()
	problems = append(problems, mistyped...)
	if p := CheckClientID(c.ClientID); p != nil {
		problems = append(problems, *p)
	}
	var found []Problem
	for _, p := range append(problems, c.Validate(rules)...) {
		if !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	if len(found) > 0 {
		return ErrMetadata.At(Fields(found)...)
	}
	return nil
}

// SectorChecked reports whether the sector_identifier_uri of metadata that are about to be stored need
// not be read: nothing that it stands for changes. before is the client as it is stored, or nil.
func SectorChecked(before *Client, m *Metadata) bool {
	return m.SectorIdentifierURI == "" || before != nil && before.SectorIdentifierURI == m.SectorIdentifierURI &&
		before.SubjectType == m.SubjectType && slices.Equal(before.RedirectURIs, m.RedirectURIs)
}

// HostsOf returns the hosts of the redirect URIs that ours says Plinto answers on: see Rules.IssuerHosts.
func (m Metadata) HostsOf(ctx context.Context, ours func(ctx context.Context, host string) (bool, error)) (found []string, err error) {
	for _, uri := range m.RedirectURIs[:min(len(m.RedirectURIs), MaxListed)] {
		u, err := url.Parse(uri)
		if err != nil {
			continue // Validate says so
		}
		host := strings.TrimSuffix(u.Host, ":443")
		is, err := ours(ctx, host)
		if err != nil {
			return nil, err
		}
		if is {
			found = append(found, host)
		}
	}
	return found, nil
}
