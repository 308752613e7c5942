package manifest_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plinto/cmd/plinto/manifest"
	"plinto/tenant"
)

func TestBranding_thatCannotBeShownIsRefusedWhereItStands(t *testing.T) {
	t.Parallel()
	const svg = `data:image/svg+xml;base64,PHN2Zy8+`
	for branding, want := range map[string]string{
		`{light: {primary: "#ffcc00"}}`:                           `settings.branding.light.primary: has a contrast of 1.51 with the light ground #ffffff, where a button needs 3`,
		`{dark: {accent: navy}}`:                                  `settings.branding.dark.accent: must be a color such as "#3b5bdb"`,
		`{radius: 12}`:                                            "settings.branding.radius: must be a text, not a number: put quotes around it",
		`{radius: 30px}`:                                          "settings.branding.radius: must be none, small, medium, large, or from 0px to 24px",
		`{font: "Arial; src: url(x)"}`:                            "settings.branding.font: must be humanist, rounded, serif, system",
		`{css: "body {}"}`:                                        "settings.branding.css: is unknown",
		`{html: "<b>"}`:                                           "settings.branding.html: is unknown",
		`{name: "a\nb"}`:                                          "settings.branding.name: must be one line of at most 60 characters",
		`{name: "` + strings.Repeat("a", 61) + `"}`:               "settings.branding.name: must be one line",
		`{links: {terms: "http://a.example"}}`:                    "settings.branding.links.terms: must be an https address",
		`{links: {privacy: "javascript:alert(1)"}}`:               "settings.branding.links.privacy: must be an https address",
		`{links: {support: "https://a.example@b.example/"}}`:      "settings.branding.links.support: must be an https address",
		`{logo: nowhere.png}`:                                     "settings.branding.logo: cannot be read: no such file or directory",
		`{logo: testdata/logo.svg}`:                               "settings.branding.logo: is an SVG, which can hold scripts and load from elsewhere: export it as a PNG",
		`{logo: "` + svg + `"}`:                                   "settings.branding.logo: must be the name of a file, or begin with data:image/png;base64,",
		`{logo: "data:image/png;base64,PHN2Zy8+"}`:                "settings.branding.logo: is an SVG",
		`{logo: "data:image/png;base64,*"}`:                       "settings.branding.logo: is not base64",
		`{logo: "https://cdn.example/logo.png"}`:                  "settings.branding.logo: must be the name of a file: nothing is fetched",
		`{logo: testdata/good.yaml}`:                              "settings.branding.logo: must be a PNG or JPEG picture",
		`{logo: /dev/zero}`:                                       "settings.branding.logo: must have at most 1 MiB",
		`{logo_dark: testdata/logo.png}`:                          "settings.branding.logo_dark: needs a logo beside it",
		`{logo: testdata/logo.png, logo_dark: testdata/logo.png}`: "",
		`{radius: "0px", font: rounded, name: متجر}`:              "",
	} {
		_, _, err := manifest.Parse("plinto.yaml", []byte("tenants: [{slug: a, settings: {branding: "+branding+"}}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", branding, err, want)
		}
	}
}

func TestBranding_findsLogosBesideTheManifest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	picture, err := os.ReadFile("testdata/logo.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
	const doc = "tenants: [{slug: a, settings: {branding: {logo: mine.png}}}]"
	m, _, err := manifest.Parse(filepath.Join(dir, "plinto.yaml"), []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Find("a").Settings.Branding.Logo; len(got) != 32 {
		t.Errorf("the settings name %q", got)
	}
}

// The logo of a tenant is stored with its settings, and goes with them.
func TestBranding_logosAreStoredAsLongAsTheyAreShown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply(`tenants: [{slug: acme, settings: {branding: {logo: testdata/logo.png}}}, {slug: other}]`, false)
	settings := tenant.Must(s.in("acme")).Settings.Branding
	stored, err := s.store.Logos.ByHash(s.in("acme"), settings.Logo)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := png.DecodeConfig(bytes.NewReader(stored)); err != nil || config.Width != 64 {
		t.Errorf("stored %v, %v", config, err)
	}
	if _, err := s.store.Logos.ByHash(s.in("other"), settings.Logo); err == nil {
		t.Error("another tenant has the logo too")
	}
	if plan, _ := s.apply(`tenants: [{slug: acme, settings: {branding: {logo: testdata/logo.png}}}]`, false); len(changes(plan)) != 0 {
		t.Errorf("the same logo again: %v", changes(plan))
	}
	another := base64.StdEncoding.EncodeToString(drawn(t))
	s.apply(`tenants: [{slug: acme, settings: {branding: {logo: "data:image/png;base64,`+another+`"}}}]`, false)
	if _, err := s.store.Logos.ByHash(s.in("acme"), settings.Logo); err == nil {
		t.Error("a logo that nobody shows is kept")
	}
	s.apply(`tenants: [{slug: acme, settings: {}}]`, false)
	var left int
	if err := s.owner.QueryRow(t.Context(), `SELECT count(*) FROM logos`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d logos are left, %v", left, err)
	}
}

// A hash is no way to show what is not there.
func TestBranding_aLogoThatIsNotStoredIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.apply("owner: none\ntenants: [{slug: acme}]", false)
	_, err := s.target.Registry.Update(t.Context(), "acme", func(t *tenant.Tenant) error {
		t.Settings.Branding.Logo = strings.Repeat("a", 32)
		return nil
	})
	if !errors.Is(err, tenant.ErrLogoUnknown) || tenant.Must(s.in("acme")).Settings.Branding.Logo != "" {
		t.Errorf("got %v, want it refused", err)
	}
}

func drawn(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewNRGBA(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestLanguages_thatThereAreNotAreRefused(t *testing.T) {
	t.Parallel()
	for languages, want := range map[string]string{
		"[ar, en]": "", "[]": "",
		"[en, it]": "settings.languages[1]: must be one of en, de, fr, es, ar, ja",
		"[en, en]": `settings.languages[1]: the language "en" is declared twice`,
		"en":       "settings.languages: must be a list",
	} {
		_, _, err := manifest.Parse("plinto.yaml", []byte("tenants: [{slug: a, settings: {languages: "+languages+"}}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", languages, err, want)
		}
	}
}

func TestBranding_ofAnOrganizationIsCheckedWhereItStands(t *testing.T) {
	t.Parallel()
	for branding, want := range map[string]string{
		`{light: {primary: "#ffcc00"}}`:                           `organizations[0].branding.light.primary: has a contrast of 1.51`,
		`{radius: 30px}`:                                          "organizations[0].branding.radius: must be none, small",
		`{name: Tenant}`:                                          "organizations[0].branding.name: is unknown",
		`{links: {terms: "https://evil.example"}}`:                "organizations[0].branding.links: is unknown",
		`{logo: testdata/logo.svg}`:                               "organizations[0].branding.logo: is an SVG",
		`{logo_dark: testdata/logo.png}`:                          "organizations[0].branding.logo_dark: needs a logo beside it",
		`{logo: testdata/logo.png, logo_dark: testdata/logo.png}`: "",
	} {
		_, _, err := manifest.Parse("plinto.yaml", []byte("tenants: [{slug: a, organizations: [{slug: o, branding: "+branding+"}]}]"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", branding, err, want)
		}
	}
}

func TestBranding_ofAnOrganizationIsAppliedAndExported(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	const declared = `tenants: [{slug: acme, organizations: [{slug: o, branding: {radius: none, light: {primary: "#a61e4d"}, logo: testdata/logo.png}}]}]`
	s.apply(declared, false)
	if plan, _ := s.apply(declared, false); len(changes(plan)) != 0 {
		t.Errorf("the same again: %v", changes(plan))
	}
	text := s.export()
	if !strings.Contains(text, `logo: "data:image/png;base64,`) && !strings.Contains(text, `logo: data:image/png;base64,`) {
		t.Errorf("exported %s", text)
	}
	if plan, _ := s.apply(text, false); len(changes(plan)) != 0 {
		t.Errorf("what was exported: %v", changes(plan))
	}
	plan, _ := s.apply(`tenants: [{slug: acme, organizations: [{slug: o}]}]`, false)
	if got := changes(plan); len(got) != 1 {
		t.Errorf("without the branding: %v", got)
	}
	var left int
	if err := s.owner.QueryRow(t.Context(), `SELECT count(*) FROM organization_logos`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d logos are left, %v", left, err)
	}
}
