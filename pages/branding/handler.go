package branding

import (
	"net/http"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/tenant"
)

// Handler serves the branding of the tenant of a request.
type Handler struct {
	Logos tenant.Logos
}

const (
	forever = "public, max-age=31536000, immutable"
	// A mail is read for years, and shows the logo that there is then.
	daily = "public, max-age=86400"
)

// ServeStyle serves the style sheet. One that is asked for by an older hash, or by one that
// this process has not heard of yet, is the present one, and is not kept.
func (h *Handler) ServeStyle(w http.ResponseWriter, r *http.Request) error {
	look := tenant.Must(r.Context()).Settings.Branding.Look()
	css := brand.CSS(look)
	if css == "" {
		return tenant.ErrLogoUnknown
	}
	kept := "no-store"
	if r.URL.Path == paths.BrandStyle+brand.Hash(look)+".css" {
		kept = forever
	}
	web.NewStatic("text/css; charset=utf-8", kept, []byte(css)).ServeHTTP(w, r)
	return nil
}

// ServeLogo serves a logo by its hash, if the tenant shows it.
func (h *Handler) ServeLogo(w http.ResponseWriter, r *http.Request) error {
	hash := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, paths.BrandLogo), ".png")
	for _, shown := range tenant.Must(r.Context()).Settings.Branding.Logos() {
		if shown == hash {
			return h.serve(w, r, hash, forever)
		}
	}
	return tenant.ErrLogoUnknown
}

// ServePresentLogo serves the logo of today, for mails.
func (h *Handler) ServePresentLogo(w http.ResponseWriter, r *http.Request) error {
	hash := tenant.Must(r.Context()).Settings.Branding.Logo
	if hash == "" {
		return tenant.ErrLogoUnknown
	}
	return h.serve(w, r, hash, daily)
}

// serve answers with a logo. Readers of mail in a browser show it on pages of their own.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, hash, kept string) error {
	png, err := h.Logos.ByHash(r.Context(), hash)
	if err != nil {
		return err
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	web.NewStatic("image/png", kept, png).ServeHTTP(w, r)
	return nil
}
