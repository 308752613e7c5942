package main

const (
	brandTests = "internal/brand"
	logoFile   = "internal/brand/logo.go"
	lookFile   = "internal/brand/look.go"
)

// brands are the controls of attacks by and on what tenants show.
var brands = []control{
	{attacks: "BRD-01", pkg: brandTests, test: "TestCSS_hasNothingOfATenantsWords", edits: []edit{
		{lookFile, "if IsColor(color) {\n\t\treturn color\n\t}\n\treturn \"\"", "return color"},
	}},
	{attacks: "BRD-01", pkg: "event/mail", test: "TestMail_letsNothingOfABrandBecomeStyleOrScript", edits: []edit{
		{lookFile, "if IsColor(color) {\n\t\treturn color\n\t}\n\treturn \"\"", "return color"},
	}},
	{attacks: "BRD-01", pkg: serverTests, test: "TestPages_haveTheirHeaders", edits: []edit{
		{headersFile, "\"style-src 'self'; img-src", "\"style-src 'self' 'nonce-\"+nonce+\"'; img-src"},
	}},
	{attacks: "BRD-02", pkg: brandTests, test: "TestCheck_refusesWhatCannotBeReadAndSaysWhatCan", edits: []edit{
		{lookFile, "if ratio >= least {\n\t\treturn \"\"", "if ratio >= 0 {\n\t\treturn \"\""},
	}},
	{attacks: "BRD-02", pkg: brandTests, test: "TestPalettes_canBeRead", edits: []edit{
		{lookFile, "p.Accent = reach(primary, s.toward, textContrast, s.grounds)", "p.Accent = primary"},
	}},
	{attacks: "BRD-02", pkg: brandTests, test: "TestPalettes_canBeReadUnderThePointer", says: "pressed", edits: []edit{
		{lookFile, "with = opposite(on)", "_ = on"},
	}},
	{attacks: "BRD-03", pkg: brandTests, test: "TestDrawLogo_refusesWhatIsNoLogo", edits: []edit{
		{logoFile, " || config.Width > maxLogoSide || config.Height > maxLogoSide {", " {"},
	}},
	{attacks: "BRD-03", pkg: brandTests, test: "TestDrawLogo_refusesWhatIsNoLogo", edits: []edit{
		{logoFile, "if len(file) > MaxLogoBytes {", "if len(file) > 10*MaxLogoBytes {"},
	}},
	{attacks: "BRD-04", pkg: brandTests, test: "TestDrawLogo_keepsThePictureAndNothingElse", edits: []edit{
		{logoFile, "PNG: out}, nil", "PNG: file}, nil"},
	}},
	{attacks: "BRD-05", pkg: "pages/branding", test: "TestBranding_staysWithItsTenant", edits: []edit{
		{"pages/branding/handler.go", "kept := \"no-store\"", "kept := forever"},
	}},
	{attacks: "BRD-06", pkg: "ui", test: "TestBrand_loadsNothingForeign", edits: []edit{
		{"ui/layout.go", "if !ours.MatchString(path) {", "if path == \"\" {"},
	}},
	{attacks: "BRD-06", pkg: "cmd/plinto/manifest", test: "TestBranding_aLogoThatIsNotStoredIsRefused", edits: []edit{
		{"storage/logos.go", "if err == nil && stored < len(shown) {", "if err == nil && stored < 0 {"},
	}},
	{attacks: "BRD-06", pkg: "cmd/plinto/manifest", test: "TestBranding_thatCannotBeShownIsRefusedWhereItStands", edits: []edit{
		{"cmd/plinto/manifest/validate_branding.go", "if strings.Contains(from, \"://\") {", "if strings.Contains(from, \"::\") {"},
	}},
	{attacks: "BRD-08", pkg: "organization", test: "TestBranding_thatCannotBeShownIsRefused", edits: []edit{
		{"organization/check.go", "return o.Branding.Check()", "return nil"},
	}},
	{attacks: "BRD-09", pkg: "pages/organization", test: "TestBranding_showsStrangersNoOrganizationWithoutOne", edits: []edit{
		{"storage/memberships.go", "WHERE slug = $1 AND branding <> '{}'", "WHERE slug = $1"},
		{"provider/membership.go", "return m.ID != uuid.Nil && m.Branding != organization.Branding{}", "return m.ID != uuid.Nil"},
	}},
	{attacks: "BRD-10", pkg: "pages/organization", test: "TestBranding_isThatOfTheOrganizationOfTheRequest", edits: []edit{
		{"pages/browser/browser.go", "shown.Organization = in.Name", "shown.Name = in.Name"},
	}},
	{attacks: "BRD-11", pkg: "pages/organization", test: "TestBranding_isThatOfTheOrganizationOfTheRequest", edits: []edit{
		{"storage/orgbrandings.go", "WHERE id = $1 AND suspended_at IS NULL", "WHERE id = $1"},
	}},
	{attacks: "BRD-11", pkg: "admin", test: "TestOrganizationBranding_logosAreDrawnAgainAndGoWithIt", edits: []edit{
		{"storage/orgbrandings.go", "organization_id = $1 AND hash <> ALL($2)", "organization_id = $1 AND hash <> ALL($2) AND false"},
	}},
	{attacks: "BRD-07", pkg: "internal/locale", test: "TestText_setsOffEveryValueButNumbersFromRightToLeft", edits: []edit{
		{"internal/locale/locale.go", "if t.fromRight(i) {\n\t\tisolate = isolateInRTL\n\t}", "_ = isolateInRTL"},
	}},
	{attacks: "BRD-07", pkg: "ui", test: "TestPages_keepTheOrderOfWhatIsNoSentence", edits: []edit{
		{"ui/layout_templ.go", "<strong dir=\\\"ltr\\\" id=\\\"redirect-host\\\">", "<strong id=\\\"redirect-host\\\">"},
	}},
}
