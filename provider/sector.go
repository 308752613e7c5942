package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"plinto/internal/egress"
	"plinto/internal/fault"
	"plinto/internal/weburl"
)

// Sector is the sector identifier of a pairwise client (OpenID Connect Core 1.0
// §8.1): clients of one sector see the same subjects. It is stored with the client,
// so that no change of its metadata moves it to another sector unnoticed.
func (c *Client) Sector() string {
	if c.SectorIdentifier != "" {
		return c.SectorIdentifier
	}
	return sectorOf(c.ClientID, &c.Metadata)
}

// SectorChange returns the sector to store with a client whose metadata become m, and
// whether users get other subjects than before: then everything granted to the client
// has to end. The sector stays as long as what it was verified by does, redirect hosts
// and sector_identifier_uri. VerifySector comes first.
func SectorChange(before *Client, m *Metadata) (sector string, ends bool) {
	pairwise := before.SubjectType == SubjectPairwise
	switch {
	case m.SubjectType != SubjectPairwise:
		return "", pairwise
	case !pairwise:
		return sectorOf(before.ClientID, m), true
	case before.SectorIdentifierURI == m.SectorIdentifierURI && sameHosts(before.RedirectURIs, m.RedirectURIs):
		return before.Sector(), false
	}
	sector = sectorOf(before.ClientID, m)
	return sector, sector != before.Sector()
}

// sectorOf is the host of sector_identifier_uri, else of the redirect URIs, which are
// on one host then. Private-use schemes and loopback belong to nobody: such a client
// is a sector of its own.
func sectorOf(clientID string, m *Metadata) string {
	uri := m.SectorIdentifierURI
	if uri == "" && len(m.RedirectURIs) > 0 {
		uri = m.RedirectURIs[0]
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "https" || u.Host == "" || weburl.IsLoopback(u.Hostname()) {
		return clientID
	}
	return u.Host
}

func sameHosts(a, b []string) bool { return slices.Equal(hosts(a), hosts(b)) }

// hosts are the hosts of URIs, each once, with their ports.
func hosts(uris []string) []string {
	found := make([]string, 0, len(uris))
	for _, uri := range uris {
		found = append(found, RedirectHost(uri))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Errors of sectors. The messages name the member of the client metadata.
var (
	ErrSectorUnread     = fault.New(fault.Invalid, "sector_unread", "sector_identifier_uri cannot be read")
	ErrSectorMalformed  = fault.New(fault.Invalid, "sector_malformed", "sector_identifier_uri is not a JSON list of URIs")
	ErrSectorIncomplete = fault.New(fault.Invalid, "sector_incomplete", "sector_identifier_uri does not list every redirect URI")
)

// A Fetcher gets documents from addresses that clients choose. The egress client is
// one.
type Fetcher interface {
	Get(ctx context.Context, by egress.Owner, rawURL, accept string) ([]byte, error)
}

// VerifySector reads what sector_identifier_uri leads to: a JSON list with all the
// client's redirect URIs (OpenID Connect Registration 1.0 §5). Without it a client
// could join the sector of others. ErrSectorUnread, ErrSectorMalformed,
// ErrSectorIncomplete.
func VerifySector(ctx context.Context, f Fetcher, by egress.Owner, m *Metadata) error {
	if m.SectorIdentifierURI == "" {
		return nil
	}
	body, err := f.Get(ctx, by, m.SectorIdentifierURI, "application/json")
	if err != nil {
		return ErrSectorUnread.With(errors.New(err.Error())) // only its text: its kind is not that of the answer
	}
	var uris []string
	if err := json.Unmarshal(body, &uris); err != nil {
		return ErrSectorMalformed.With(fmt.Errorf("read list of URIs: %w", err))
	}
	for _, uri := range m.RedirectURIs {
		if !slices.Contains(uris, uri) {
			return ErrSectorIncomplete
		}
	}
	return nil
}
