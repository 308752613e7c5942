package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"plinto/internal/fault"
	"plinto/provider"
)

// A sectorReading is what a sector_identifier_uri said of redirect URIs, before the transaction.
type sectorReading struct {
	uri       string
	redirects []string
	err       error // why they are not of one sector; nil: they are
}

type sectorKey struct{}

// readSector reads the sector_identifier_uri of a client that is to be made or changed, and returns the
// request with what it says. It is read before the transaction: another server answers when it likes,
// while a transaction holds a connection and rows. What is wrong with the client the handler says.
func (s *Server) readSector(r *http.Request, vars map[string]string, body []byte) *http.Request {
	ctx := r.Context()
	op := callOf(ctx).op.ID
	var patch map[string]any
	if op != "createClient" && op != "updateClient" || json.Unmarshal(body, &patch) != nil {
		return r
	}
	h := s.handlers()
	c := newClient(patch)
	var before *provider.Client
	if op == "updateClient" {
		stored, err := h.storedClient(ctx, vars["client"])
		if err != nil || !matches(r.Header.Get("If-Match"), stored.Version) {
			return r
		}
		before, c = stored, *stored
	}
	if h.declare(ctx, &c, patch) != nil || provider.SectorChecked(before, &c.Metadata) {
		return r
	}
	reading := &sectorReading{uri: c.SectorIdentifierURI, redirects: c.RedirectURIs}
	reading.err = s.Services.Clients.VerifySector(ctx, &c.Metadata)
	return r.WithContext(context.WithValue(ctx, sectorKey{}, reading))
}

// checkSector refuses metadata whose redirect URIs are not of its sector. fault.ErrChanged when the client
// has others than those that were read for: somebody else was faster.
func checkSector(ctx context.Context, before *provider.Client, m *provider.Metadata) error {
	if provider.SectorChecked(before, m) {
		return nil
	}
	read, ok := ctx.Value(sectorKey{}).(*sectorReading)
	if !ok || read.uri != m.SectorIdentifierURI || !slices.Equal(read.redirects, m.RedirectURIs) {
		return fault.ErrChanged
	}
	if f, ok := fault.As(read.err); ok {
		return provider.ErrMetadata.At(fault.Field{Pointer: "/sector_identifier_uri", Message: f.Message})
	}
	return read.err
}
