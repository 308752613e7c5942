package keys

import (
	"net/http"

	"plinto/provider"
)

// ServeJWKS serves GET and HEAD /.well-known/jwks.json. It makes
// the tenant's keys where a Maker has not yet, so that a client never sees an empty set.
func (s *Service) ServeJWKS(w http.ResponseWriter, r *http.Request) error {
	keys, err := s.ring(r.Context(), provider.DefaultAlgs...)
	if err != nil {
		return err
	}
	keys.jwks.ServeHTTP(w, r)
	return nil
}
