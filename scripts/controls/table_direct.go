package main

const (
	directTests   = "provider/challenge"
	directHandler = "provider/challenge/handler.go"
	directState   = "provider/challenge/state.go"
	directFactor  = "provider/challenge/factor.go"
	directMail    = "provider/challenge/mail.go"
	directLimit   = "provider/challenge/limit.go"
)

// directs are the controls of attacks on sign-ins without a browser.
var directs = []control{
	{attacks: "DSI-11", pkg: directTests, test: "TestTurns_onlyBadOnesCount_DSI_11", edits: []edit{
		{directHandler, "	if failed(a, err) {\n", "	{\n"},
	}},
	{attacks: "DSI-11", pkg: directTests, test: "TestTurns_onlyBadOnesCount_DSI_11", edits: []edit{
		{directLimit, "	case d.KnowsAnybody():\n", "	case d.KnowsAnybody() && false:\n"},
	}},
	{attacks: "DSI-12", pkg: directTests, test: "TestUserIP_isWhatTheLimitsGoBy_DSI_12", edits: []edit{
		{directLimit, "	if t.address != \"\" {\n", "	if t.address != \"\" && false {\n"},
	}},
	{attacks: "DSI-12", pkg: directTests, test: "TestUserIP_isWhatTheLimitsGoBy_DSI_12", edits: []edit{
		{directLimit, "err != nil || client.Public() || parsed", "err != nil || parsed"},
	}},
	{attacks: "DSI-01", pkg: directTests, test: "TestClients_haveToBeAllowed", edits: []edit{
		{"provider/client.go", "return c.FirstParty && c.DirectSignIn }", "return c.DirectSignIn }"},
	}},
	{attacks: "DSI-01", pkg: directTests, test: "TestClients_haveToBeAllowed", edits: []edit{
		{"provider/client.go", "return c.FirstParty && c.DirectSignIn }", "return c.FirstParty }"},
	}},
	{attacks: "DSI-01", pkg: "provider/register", test: "TestRegister_leavesOutWhatIsNotOffered", edits: []edit{
		{"provider/metadata_reduce.go", "	m.DirectSignIn = before.DirectSignIn\n", ""},
	}},
	{attacks: "DSI-02", pkg: directTests, test: "TestAuthSession_isBound", edits: []edit{
		{directState, "tenant.Must(ctx).ID.String(), t.client.ID.String()}", "tenant.Must(ctx).ID.String()}"},
	}},
	{attacks: "DSI-02", pkg: directTests, test: "TestAuthSession_isBound", edits: []edit{
		{directState, "age > provider.FlowTTL {", "age > 9*provider.FlowTTL {"},
	}},
	{attacks: "DSI-03", pkg: directTests, test: "TestFirstProof_endsWithThePassword", edits: []edit{
		{directFactor, "case gone, !t.flow.Proved.Stands(tenant.Must(ctx), &user):", "case gone, !user.Active():"},
	}},
	{attacks: "DSI-04", pkg: directTests, test: "TestSecondFactor_countsOnce", edits: []edit{
		{directFactor, "proof.AMR, proof.Spend = identity.JoinAMR(f.amr, by.AMR), by.Spend\n	default", "proof.AMR = identity.JoinAMR(f.amr, by.AMR)\n	default"},
	}},
	{attacks: "DSI-07", pkg: directTests, test: "TestMailCode_onlyWhereItIsWanted", edits: []edit{
		{directMail, "return t.h.MailCodes.Open(tenant.Must(ctx)) && ", "return t.h.MailCodes.Mails && "},
	}},
	{attacks: "DSI-08", pkg: directTests, test: "TestMailCode_isNoSecondFactor", edits: []edit{
		{directMail, "if err := t.h.Tx.InTx(ctx, proof.Spend); err != nil {", "if err := error(nil); err != nil {"},
	}},
	{attacks: "DSI-09", pkg: directTests, test: "TestPasskey_ofAnAndroidApp", edits: []edit{
		{"identity/passkey/relyingparty.go", "	origins = append(origins, apps...)\n", "	origins = append(origins, \"android:apk-key-hash:ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8zd7v8\")\n"},
	}},
	{attacks: "DSI-09", pkg: "provider", test: "TestAppOrigins_areOfDirectSignInAlone", edits: []edit{
		{"provider/apps.go", "	if !c.SignsInDirectly() {", "	if !c.DirectSignIn {"},
	}},
	{attacks: "DSI-10", pkg: directTests, test: "TestAppDocuments_nameTheTenantsApps", edits: []edit{
		{"storage/clients.go", "c.metadata @> '{\"direct_sign_in\": true}' AND ", ""},
	}},
	{attacks: "DSI-10", pkg: "provider/register", test: "TestRegister_answersWithAllMetadataAndTheDefaults", edits: []edit{
		{"provider/metadata_reduce.go", "	m.AndroidApps, m.AppleApps = before.AndroidApps, before.AppleApps\n", ""},
	}},
	{attacks: "DSI-05", pkg: directTests, test: "TestRequests_thatAreMalformed", edits: []edit{
		{directHandler, "	client, err := h.Clients.Authenticate(r.Context(), r, form)\n", "	h.Clients.AllowOrigin(w, r, form)\n	w.Header().Set(\"Access-Control-Allow-Origin\", r.Header.Get(\"Origin\"))\n	client, err := h.Clients.Authenticate(r.Context(), r, form)\n"},
	}},
}
