package main

const (
	namesFile   = "provider/register/names.go"
	previewFile = "ui/preview/serve.go"
)

// pages are the controls of attacks by what the hosted pages show, and of those on the
// way of a sign-up through them.
var pages = []control{
	{attacks: "PAG-01", pkg: "provider/register", test: "TestRegister_namesHoldNothingThatIsNotSeen", edits: []edit{
		{"provider/metadata.go", "if !c.rules.Operator {\n\t\tc.problems = append(c.problems, m.NameProblems()...)\n\t}", ""},
	}},
	{attacks: "PAG-01", pkg: "provider/register", test: "TestRegister_namesPassForNobodyElse", edits: []edit{
		{namesFile, "if displayname.PassesFor(name, taken...) != \"\" {", "if displayname.PassesFor(name, taken...) == \"-\" {"},
	}},
	{attacks: "PAG-01", pkg: "provider/register", test: "TestRegister_namesPassForNobodyElse", edits: []edit{
		{namesFile, "taken, listed = append(taken, others...), true", "_, listed = others, true"},
	}},
	{attacks: "PAG-01", pkg: "provider", test: "TestDisplayName_showsNothingThatIsNotSeen", edits: []edit{
		{"provider/client.go", "displayname.Line(c.ClientName, maxName)", "displayname.Clean(c.ClientName)"},
	}},
	{attacks: "PAG-01", pkg: "internal/displayname", test: "TestPassesFor_seesThroughWhatIsAdded", edits: []edit{
		{"internal/displayname/skeleton.go", "\t\tcase ok:\n", "\t\tcase ok && like == \"\":\n"},
	}},
	{attacks: "PAG-01", pkg: "internal/displayname", test: "TestPassesFor_seesThroughWhatIsAdded", says: "Acme™", edits: []edit{
		{"internal/displayname/skeleton.go", "norm.NFKC.String(trademarks.Replace(name))", "norm.NFKC.String(name)"},
	}},
	{attacks: "PAG-01", pkg: "internal/displayname", test: "TestPassesFor_seesThroughWhatIsAdded", says: "Acмe", edits: []edit{
		{"internal/displayname/skeleton.go", "range like[1:] {", "range like[:0] {"},
	}},
	{attacks: "PAG-01", pkg: "provider/register", test: "TestRegister_namesPassForNobodyElse", edits: []edit{
		{"tenant/branding.go", "return []string{t.Name, t.Slug, t.Brand()}", "return []string{t.Name, t.Slug}"},
	}},
	{attacks: "PAG-02", pkg: "ui", test: "TestPicture_isALetterUnderALogoThatSomebodyVouchesFor", says: "nobody vouches", edits: []edit{
		{"ui/layout.go", "if c.Unvouched {\n\t\treturn \"\"\n\t}", ""},
	}},
	{attacks: "PAG-02", pkg: conformanceTests, test: "TestDynamicPlan_registration/oidcc-registration-logo-uri", edits: []edit{
		{"pages/browser/browser.go", "Unvouched: c.Unvouched,", "Unvouched: false,"},
	}},
	{attacks: "PAG-03", pkg: "pages/signup", test: "TestSignUp_olderCookiesProveNothing", says: "without the code", edits: []edit{
		{"pages/signup/code.go", "case !flow.SigningUp.Verified():", "case false:"},
	}},
	{attacks: "PAG-03", pkg: "pages/signup", test: "TestSignUp_olderCookiesProveNothing", says: "of another", edits: []edit{
		{"pages/signup/account.go", "page != paths.SignUpAccount || v.Form.Get(\"username\") != v.Flow.SigningUp.Email {", "page != paths.SignUpAccount {"},
	}},
	{attacks: "PAG-03", pkg: "storage", test: "TestOneTimeToken_advancesOnce", says: "spent", edits: []edit{
		{"storage/onetime.go", "WHERE hash = $1 AND purpose IN ($2, $3) AND spent_at IS NULL AND", "WHERE hash = $1 AND purpose IN ($2, $3) AND"},
	}},
	{attacks: "PAG-03", pkg: "storage", test: "TestOneTimeToken_advancesOnce", says: "longer", edits: []edit{
		{"storage/onetime.go", "CASE WHEN purpose = $2 THEN now() + $4::interval ELSE expires_at END", "CASE WHEN purpose IN ($2, $3) THEN now() + $4::interval ELSE expires_at END"},
	}},
	{attacks: "PAG-04", pkg: "internal/web", test: "TestImage_isAllowedWhereItIsDrawn", edits: []edit{
		{headersFile, "pictures := strings.Join(append([]string{\"'self'\", \"data:\"}, images...), \" \")", "pictures := \"'self' https: data:\""},
	}},
	{attacks: "PAG-04", pkg: "internal/web", test: "TestImage_isAllowedWhereItIsDrawn", edits: []edit{
		{"internal/web/image.go", "origins := redirecturi.Origins([]string{strings.ToLower(u.Scheme + \"://\" + u.Host)})", "origins := append(redirecturi.Origins(nil), strings.ToLower(u.Scheme+\"://\"+u.Host))"},
	}},
	{attacks: "PAG-05", pkg: "pages/browser", test: "TestErrorPage_explainsInDevelopmentOnly", says: "in production", edits: []edit{
		{errorPageFile, "if b.Development {", "if true {"},
	}},
	{attacks: "PAG-05", pkg: "pages/browser", test: "TestCommand_isReadByAShellAsItIs", says: "arrives as", edits: []edit{
		{errorPageFile, "return \"'\" + strings.ReplaceAll(arg, \"'\", `'\\''`) + \"'\"", "return \"'\" + arg + \"'\""},
	}},
	{attacks: "PAG-05", pkg: "pages/browser", test: "TestCommand_isReadByAShellAsItIs", says: "cannot be seen", edits: []edit{
		{errorPageFile, "if displayname.Reveal(arg) != arg {", "if displayname.Reveal(arg) == \"-\" {"},
	}},
	{attacks: "PAG-05", pkg: "pages/logout", test: "TestLogout_unregisteredURIIsNeverFollowed", says: "in production", edits: []edit{
		{"pages/logout/request.go", "if h.Browser.Development && len(redirect)", "if len(redirect)"},
		{"pages/logout/explain.go", "if !h.Browser.Development || unfollowed", "if unfollowed"},
	}},
	{attacks: "PAG-06", pkg: "ui/preview", test: "TestSite_servesEveryPageInASandbox", says: "frame-ancestors *", edits: []edit{
		{previewFile, "\"frame-ancestors 'self'\"", "\"frame-ancestors *\""},
	}},
	{attacks: "PAG-06", pkg: "ui/preview", test: "TestSite_servesEveryPageInASandbox", edits: []edit{
		{previewFile, "policy += \" allow-scripts\"", "policy += \" allow-scripts allow-same-origin\""},
	}},
	{attacks: "PAG-06", pkg: "ui/preview", test: "TestSite_inChromium", says: "a form was sent", edits: []edit{
		{previewFile, "+ \"; sandbox\"", "+ \"; sandbox allow-forms\""},
	}},
	{attacks: "PAG-07", pkg: factorPages, test: "TestEnrol_showsEachUserASecretOfTheirOwn", says: "that Alice was shown", edits: []edit{
		{factorFlow, "f.Enrolling != nil && f.EnrollingOf == user", "f.Enrolling != nil"},
	}},
	{attacks: "PAG-07", pkg: factorPages, test: "TestCodes_areShownToTheirUserAlone", says: "after signing out", edits: []edit{
		{factorFlow, "&& s != nil && (f.CodesOf == uuid.Nil || f.CodesOf == s.UserID)", ""},
	}},
	{attacks: "PAG-07", pkg: factorPages, test: "TestCodes_areShownToTheirUserAlone", says: "to another", edits: []edit{
		{factorFlow, "(f.CodesOf == uuid.Nil || f.CodesOf == s.UserID)", "(f.CodesOf == uuid.Nil || f.CodesOf != uuid.Nil)"},
	}},
}
