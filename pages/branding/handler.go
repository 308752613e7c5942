package branding

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"plinto/internal/brand"
	"plinto/internal/paths"
	"plinto/internal/web"
	"plinto/organization"
	"plinto/tenant"
)

// Handler serves the branding of the tenant of a request, and of its organizations.
type Handler struct {
	Logos         tenant.Logos
	Organizations organization.Brandings
}

const (
	forever = "public, max-age=31536000, immutable"
	// A mail is read for years, and shows the logo that there is then.
	daily = "public, max-age=86400"
)

// ServeStyle serves the style sheet. One that is asked for by an older hash, or by one that
// this process has not heard of yet, is the present one, and is not kept.
func (h *Handler) ServeStyle(w http.ResponseWriter, r *http.Request) error {
	return style(w, r, paths.BrandStyle, tenant.Must(r.Context()).Settings.Branding)
}

// style serves the style sheet of a branding. Its address is at, the hash of what it says and ".css".
func style(w http.ResponseWriter, r *http.Request, at string, b tenant.Branding) error {
	css := brand.CSS(b.Look())
	if css == "" {
		return tenant.ErrLogoUnknown
	}
	kept := "no-store"
	if r.URL.Path == at+brand.Hash(b.Look())+".css" {
		kept = forever
	}
	web.NewStatic("text/css; charset=utf-8", kept, []byte(css)).ServeHTTP(w, r)
	return nil
}

// ServeOrganizationStyle serves the style sheet of pages that are for an organization, as ServeStyle does.
// Without the organization, and while it is suspended, it is the tenant's.
func (h *Handler) ServeOrganizationStyle(w http.ResponseWriter, r *http.Request) error {
	rest := strings.TrimPrefix(r.URL.Path, paths.BrandOrganization)
	b, err := h.of(r, rest[:min(len(rest), idLength)])
	if err != nil {
		return err
	}
	return style(w, r, paths.BrandOrganization+rest[:min(len(rest), idLength)]+"-", b.Within(tenant.Must(r.Context()).Settings.Branding))
}

// ServeOrganizationLogo serves the logo of today of an organization, for mails. Without the organization, and
// while it is suspended, it is the tenant's.
func (h *Handler) ServeOrganizationLogo(w http.ResponseWriter, r *http.Request) error {
	b, err := h.of(r, strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, paths.BrandOrganization), ".png"))
	if err != nil {
		return err
	}
	if b.Logo == "" {
		return h.ServePresentLogo(w, r)
	}
	return serve(w, r, b.Logo, daily, h.Organizations.Logo)
}

// idLength is how long the id of an organization is in an address.
const idLength = 36

// of returns the branding of an organization, which is empty when it is not there.
func (h *Handler) of(r *http.Request, id string) (organization.Branding, error) {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.String() != id {
		return organization.Branding{}, tenant.ErrLogoUnknown
	}
	b, err := h.Organizations.Branding(r.Context(), parsed)
	if errors.Is(err, organization.ErrNotFound) {
		err = nil
	}
	return b, err
}

// logoHash is how logos are named.
var logoHash = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ServeLogo serves a logo by its hash, if the tenant shows it or an organization of it.
func (h *Handler) ServeLogo(w http.ResponseWriter, r *http.Request) error {
	hash := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, paths.BrandLogo), ".png")
	for _, shown := range tenant.Must(r.Context()).Settings.Branding.Logos() {
		if shown == hash {
			return serve(w, r, hash, forever, h.Logos.ByHash)
		}
	}
	if !logoHash.MatchString(hash) {
		return tenant.ErrLogoUnknown
	}
	return serve(w, r, hash, forever, h.Organizations.Logo)
}

// ServePresentLogo serves the logo of today, for mails.
func (h *Handler) ServePresentLogo(w http.ResponseWriter, r *http.Request) error {
	hash := tenant.Must(r.Context()).Settings.Branding.Logo
	if hash == "" {
		return tenant.ErrLogoUnknown
	}
	return serve(w, r, hash, daily, h.Logos.ByHash)
}

// serve answers with a logo. Readers of mail in a browser show it on pages of their own.
func serve(w http.ResponseWriter, r *http.Request, hash, kept string, read func(context.Context, string) ([]byte, error)) error {
	png, err := read(r.Context(), hash)
	if err != nil {
		return err
	}
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	web.NewStatic("image/png", kept, png).ServeHTTP(w, r)
	return nil
}
