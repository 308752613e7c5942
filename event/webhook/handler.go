package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"plinto/internal/paths"
	"plinto/internal/tid"
	"plinto/internal/web"
)

// ServeKeys serves the public keys of an endpoint at paths.WebhookKeys. Whoever asks knows the
// endpoint's id, and learns nothing else of it.
func (s *Service) ServeKeys(w http.ResponseWriter, r *http.Request) error {
	id, err := tid.Parse(EndpointPrefix, strings.TrimPrefix(r.URL.Path, paths.WebhookKeys))
	if err != nil {
		return ErrNotFound
	}
	all, err := s.Collecting(r.Context())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(e Endpoint) bool { return e.ID == id })
	if at < 0 {
		return ErrNotFound
	}
	keys, err := s.PublicKeys(r.Context(), &all[at])
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string][]string{"keys": keys})
	if err != nil {
		return fmt.Errorf("write webhook keys: %w", err)
	}
	web.NewStatic("application/json", "public, max-age=300", body).ServeHTTP(w, r)
	return nil
}
