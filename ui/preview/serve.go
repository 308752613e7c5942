package preview

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"plinto/internal/brand"
	"plinto/internal/web"
	"plinto/ui"
)

// Path is where the sheet is.
const Path = "/dev/preview"

// foreign is where the logos of applications of samples are: nowhere (RFC 2606). They are not asked for.
const foreign = "https://rp.example"

// A Site serves the sheet and what is in its frames. It belongs on a development server: it lets pages be
// framed, which production never does.
type Site struct {
	// Tenants returns the brands of tenants; nil: there are presets only.
	Tenants func(ctx context.Context) ([]Brand, error)
	// Mails are the kinds of mails, and Mail answers with one, whose pictures are below base.
	Mails []string
	Mail  func(w http.ResponseWriter, r *http.Request, m Mail) error
}

// A Mail is one that is to be drawn.
type Mail struct {
	Brand
	Lang, Kind string
	Base       string // path below which its brand is, without a slash at its end
}

// Routes hands on the handlers by their patterns.
func (s *Site) Routes(handle func(pattern string, h web.Handler)) {
	handle("GET "+Path, s.sheet)
	handle("GET "+Path+"/{page}", s.page)
	handle("GET "+Path+"/of/{brand}/{theme}/assets/{file}", s.asset)
	handle("GET "+Path+"/of/{brand}/{theme}/brand/{file}", s.brandFile)
	if s.Mail != nil {
		handle("GET "+Path+"/mail/{kind}", s.mail)
	}
}

// A Theme is what a page is shown in: one of Themes.
type Theme string

// Themes are what the browser prefers, and either of both whatever it prefers.
func Themes() []Theme { return []Theme{"system", "light", "dark"} }

// errUnknown says that an address names what there is not.
var errUnknown = errors.New("no such preview")

// A look is how a page is asked for.
type look struct {
	lang    string
	theme   Theme
	brand   Brand
	scripts bool
}

// base is the path that the page takes for that of its issuer.
func (l *look) base() string { return Path + "/of/" + l.brand.Key + "/" + string(l.theme) }

// brands are all there are.
func (s *Site) brands(ctx context.Context) ([]Brand, error) {
	all := Presets()
	if s.Tenants == nil {
		return all, nil
	}
	tenants, err := s.Tenants(ctx)
	return append(all, tenants...), err
}

func (s *Site) brand(ctx context.Context, key string) (Brand, error) {
	all, err := s.brands(ctx)
	if err != nil {
		return Brand{}, err
	}
	if i := slices.IndexFunc(all, func(b Brand) bool { return b.Key == key }); i >= 0 {
		return all[i], nil
	}
	return Brand{}, errUnknown
}

// look reads how a page is asked for; what is not said is English, as the system has it, without a brand.
func (s *Site) look(r *http.Request) (l look, err error) {
	asked := r.URL.Query()
	said := func(name, otherwise string) string {
		if v := asked.Get(name); v != "" {
			return v
		}
		return otherwise
	}
	l = look{lang: said("lang", "en"), theme: Theme(said("theme", "system")), scripts: said("scripts", "on") == "on"}
	if !slices.Contains(ui.Locales(), l.lang) || !slices.Contains(Themes(), l.theme) {
		return l, errUnknown
	}
	l.brand, err = s.brand(r.Context(), said("brand", Plain))
	return l, err
}

// page answers with one page.
func (s *Site) page(w http.ResponseWriter, r *http.Request) error {
	l, err := s.look(r)
	if err != nil {
		return orNotFound(w, r, err)
	}
	all := Entries(ui.Page{
		Locale: ui.Match(nil, []string{l.lang}, ""), Nonce: web.Nonce(r.Context()), RequestID: "0123456789abcdef01234567", Base: l.base(), Brand: l.brand.Brand,
	})
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Slug() == r.PathValue("page") })
	if i < 0 {
		return orNotFound(w, r, errUnknown)
	}
	return web.Render(&framed{ResponseWriter: w, theme: l.theme, scripts: l.scripts && all[i].Scripts}, r, http.StatusOK, Draw(all[i].View))
}

// mail answers with one mail.
func (s *Site) mail(w http.ResponseWriter, r *http.Request) error {
	l, err := s.look(r)
	if err == nil && !slices.Contains(s.Mails, r.PathValue("kind")) {
		err = errUnknown
	}
	if err != nil {
		return orNotFound(w, r, err)
	}
	return s.Mail(&framed{ResponseWriter: w, theme: l.theme}, r, Mail{Brand: l.brand, Lang: l.lang, Kind: r.PathValue("kind"), Base: l.base()})
}

// asset answers with a style sheet or a script of the pages.
func (s *Site) asset(w http.ResponseWriter, r *http.Request) error {
	return s.file(w, r, ui.AssetBody(r.PathValue("file")), nil)
}

// brandFile answers with a style sheet or a logo of a brand.
func (s *Site) brandFile(w http.ResponseWriter, r *http.Request) error {
	b, err := s.brand(r.Context(), r.PathValue("brand"))
	if err != nil {
		return s.file(w, r, nil, err)
	}
	name := r.PathValue("file")
	switch of := "/brand/" + name; {
	case of == b.Style:
		return s.file(w, r, []byte(brand.CSS(b.Look)), nil)
	case b.Logo != nil && (of == b.Brand.Logo || of == b.LogoDark || name == "logo.png"): // mails have the logo of the day
		drawn, err := b.Logo(r.Context(), name)
		return s.file(w, r, drawn, err)
	}
	return s.file(w, r, nil, errUnknown)
}

// file answers with what pages in frames load. They have no origin of their own there, so that it has to be let to others.
func (s *Site) file(w http.ResponseWriter, r *http.Request, body []byte, err error) error {
	theme := Theme(r.PathValue("theme"))
	if body == nil || err != nil || !slices.Contains(Themes(), theme) {
		return orNotFound(w, r, err)
	}
	h := w.Header()
	ext := path.Ext(r.PathValue("file"))
	if ext == ".css" {
		body = themed(body, theme)
	}
	h.Set("Content-Type", mime.TypeByExtension(ext))
	h.Set("Cache-Control", "max-age=3600") // a sheet has it a hundred times
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = w.Write(body) //nolint:gosec // a style sheet, a script or a picture of ours
	return err
}

func orNotFound(w http.ResponseWriter, r *http.Request, err error) error {
	if err == nil || errors.Is(err, errUnknown) {
		http.NotFound(w, r)
		return nil
	}
	return err
}

// framed is an answer that the sheet may have in a frame. It is what production answers, but that the sheet of this server may
// frame it, that it is in a sandbox, wherever it is opened, in which forms are not sent and which has no origin, and that it loads
// nothing of others.
type framed struct {
	http.ResponseWriter
	theme   Theme
	scripts bool
	begun   bool
}

// WriteHeader implements http.ResponseWriter.
func (f *framed) WriteHeader(status int) {
	f.begun = true
	h := f.Header()
	policy := strings.NewReplacer("frame-ancestors 'none'", "frame-ancestors 'self'", " "+foreign, "").Replace(h.Get("Content-Security-Policy"))
	policy = strings.ReplaceAll(policy, " sandbox;", "") + "; sandbox"
	if f.scripts {
		policy += " allow-scripts"
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Del("Cross-Origin-Opener-Policy") // browsers refuse to open what is in a sandbox and has one
	f.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (f *framed) Write(body []byte) (int, error) {
	if !f.begun {
		f.WriteHeader(http.StatusOK)
	}
	if _, err := f.ResponseWriter.Write(themed(body, f.theme)); err != nil {
		return 0, err
	}
	return len(body), nil
}

// themed has a page or a style sheet be as it is in a theme, whatever the browser prefers.
func themed(text []byte, theme Theme) []byte {
	if theme == "system" {
		return text
	}
	prefers := map[Theme]string{"light": "not all", "dark": "all"}[theme]
	return []byte(strings.NewReplacer(
		"(prefers-color-scheme: dark)", prefers, "(prefers-color-scheme:dark)", prefers,
		`content="light dark"`, `content="`+string(theme)+`"`, "color-scheme: light dark", "color-scheme: "+string(theme),
	).Replace(string(text)))
}

// address is where a page is shown so.
func (l *look) address(page string) string {
	asked := url.Values{"lang": {l.lang}, "theme": {string(l.theme)}, "brand": {l.brand.Key}}
	if !l.scripts {
		asked.Set("scripts", "off")
	}
	return Path + "/" + page + "?" + asked.Encode()
}
