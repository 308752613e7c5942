package admin

import (
	"encoding/json"
	"net/http"

	"plinto/admin/api"
)

// readMetadata reads what the identity provider of a connection that is to be made or changed publishes of itself, and returns the request
// with it. It is read before the transaction, as by readSector.
func (s *Server) readMetadata(r *http.Request, vars map[string]string, body []byte) *http.Request {
	ctx, h := r.Context(), s.handlers()
	switch callOf(ctx).op.ID {
	case "createConnection":
		var b api.ConnectionCreate
		if json.Unmarshal(body, &b) != nil {
			return r
		}
		if spec, err := h.newConnection(ctx, &b); err == nil {
			return r.WithContext(s.Services.Connections.AheadOfCreate(ctx, spec))
		}
	case "updateConnection":
		var b api.ConnectionPatch
		if json.Unmarshal(body, &b) != nil {
			return r
		}
		c, err := h.connection(ctx, vars["connection_id"])
		if err != nil || !matches(r.Header.Get("If-Match"), c.Version) {
			return r
		}
		if edit, err := h.connectionEdit(ctx, &b); err == nil {
			return r.WithContext(s.Services.Connections.AheadOfUpdate(ctx, c.ID, edit))
		}
	}
	return r // the handler says what is wrong
}
