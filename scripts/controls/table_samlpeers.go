package main

const (
	samlMetadata   = "federation/saml/metadata.go"
	samlLogout     = "federation/saml/logout.go"
	samlIncoming   = "federation/saml/incoming.go"
	metadataFile   = "federation/metadata.go"
	keyPairFile    = "federation/keypair.go"
	singleLogout   = "federation/singlelogout.go"
	logoutPages    = "pages/provider/singlelogout.go"
	metadataSigned = "TestSAMLMetadata_areBelievedWhenTheyAreSigned"
	logoutHostile  = "TestReadLogoutRequest_hostileOnesAreNone"
)

// samlPeers are the controls of attacks on what providers of SAML publish and on logout between them and us.
var samlPeers = []control{
	{attacks: "SAM-18", pkg: samlPackage, test: "TestFetchMetadata_saysWhetherWhoIsNamedSignsThem", says: "changed:", edits: []edit{
		{samlMetadata, "		if signed, err := (&verifier{signers, now}).verify(root); err == nil {\n			root, d.Signed = signed, true\n		}\n", "		d.Signed = true\n"},
	}},
	{attacks: "SAM-18", pkg: samlPackage, test: "TestFetchMetadata_saysWhetherWhoIsNamedSignsThem", says: "by another than of a hash:", edits: []edit{
		{samlMetadata, "federation.Strong(brought) && slices.Contains(source.MetadataCertificates, federation.Fingerprint(brought))", "federation.Strong(brought) && len(source.MetadataCertificates) > 0"},
	}},
	{attacks: "SAM-18", pkg: samlPages, test: metadataSigned, says: "by nobody:", edits: []edit{
		{metadataFile, "if c.SAML.MetadataTrust == TrustSigned && !d.Signed {", "if c.SAML.MetadataTrust == \"\" && !d.Signed {"},
	}},
	{attacks: "SAM-19", pkg: samlPages, test: "TestSAMLMetadata_thatArePinnedOnlyTakeAway", says: "a new certificate:", edits: []edit{
		{metadataFile, "	if c.SAML.MetadataTrust == TrustPinned && !d.Signed {\n		return c.narrowed(&m)\n	}\n", ""},
	}},
	{attacks: "SAM-19", pkg: samlPages, test: "TestSAMLMetadata_thatArePinnedOnlyTakeAway", says: "another address:", edits: []edit{
		{metadataFile, "	m.SAML = *c.SAML\n", "	m.SAML = d.SAML\n"},
	}},
	{attacks: "SAM-20", pkg: samlPages, test: metadataSigned, says: "of another entity:", edits: []edit{
		{metadataFile, "	if d.EntityID != c.Issuer {\n", "	if d.EntityID == \"\" {\n"},
	}},
	{attacks: "SAM-21", pkg: samlPages, test: "TestSAMLMetadata_areNotValidForLongerThanTheySay", edits: []edit{
		{metadataFile, "!until.IsZero() && !now.Before(until)", "until.After(until)"},
		{metadataFile, "func (c *Connection) Known(now time.Time) SAML {\n", "func (c *Connection) Known(time.Time) SAML {\n"},
	}},
	{attacks: "SAM-21", pkg: samlPackage, test: "TestFetchMetadata_reads", says: "not valid any more:", edits: []edit{
		{samlMetadata, "if !d.ValidUntil.IsZero() && !now.Before(d.ValidUntil) {", "if !d.ValidUntil.IsZero() && now.IsZero() {"},
	}},
	{attacks: "SAM-22", pkg: samlPages, test: "TestSAMLMetadata_areReadByOne", says: "may read them", edits: []edit{
		{"storage/metadata.go", "WHERE id = $1 AND metadata_due_at IS NOT DISTINCT FROM $2`", "WHERE id = $1 AND $2::timestamptz IS NOT NULL`"},
	}},
	{attacks: "SAM-23", pkg: samlPages, test: "TestSAMLMetadata_makeNoConnectionUnbelieved", says: "without a reason:", edits: []edit{
		{metadataFile, "m.MetadataTrust == TrustSigned && len(m.MetadataCertificates) == 0:", "m.MetadataTrust == \"\" && len(m.MetadataCertificates) == 0:"},
		{metadataFile, "if c.SAML.MetadataTrust == TrustSigned && !d.Signed {", "if c.SAML.MetadataTrust == \"\" && !d.Signed {"},
	}},
	{attacks: "SAM-25", pkg: samlPackage, test: logoutHostile, says: "unsigned, by post:", edits: []edit{
		{samlIncoming, "	return v.verify(el)\n", "	return el, nil\n"},
	}},
	{attacks: "SAM-25", pkg: samlPackage, test: logoutHostile, says: "unsigned, by redirect:", edits: []edit{
		{samlIncoming, "	if encoded == \"\" {\n		return errUnsigned\n	}\n", "	if encoded == \"\" {\n		return nil\n	}\n"},
	}},
	{attacks: "SAM-25", pkg: samlPackage, test: "TestReadLogoutRequest_readsOnlyWhatWasSigned", says: "another relay state:", edits: []edit{
		{samlIncoming, "signed += \"&\" + relayParameter + \"=\" + relay\n", "signed += \"&\" + relayParameter + \"=\" + strings.ReplaceAll(relay, \"mine\", \"their+state\")\n"},
	}},
	{attacks: "SAM-26", pkg: samlPackage, test: logoutHostile, says: "for another address,", edits: []edit{
		{samlLogout, "	if attribute(el, \"Destination\") != x.acs { // SAML Bindings 2.0 §3.4.5.2, §3.5.5.2\n		return errDestination\n	}\n", ""},
	}},
	{attacks: "SAM-26", pkg: samlPackage, test: logoutHostile, says: "of another issuer,", edits: []edit{
		{samlCheck, "err != nil || name != x.issuer || format", "err != nil || name == \"\" || format"},
	}},
	{attacks: "SAM-27", pkg: samlPackage, test: logoutHostile, says: "of before,", edits: []edit{
		{samlLogout, " || at.Before(x.now.Add(-leeway-logoutLife)) {", " {"},
	}},
	{attacks: "SAM-27", pkg: samlPackage, test: logoutHostile, says: "expired,", edits: []edit{
		{samlLogout, "	if err := x.within(el); err != nil {\n		return asked, err\n	}\n", ""},
	}},
	{attacks: "SAM-28", pkg: samlPages, test: "TestSingleLogout_theProviderEndsItsSessions", says: "signed in:", edits: []edit{
		{samlLogout, "		asked.SessionIDs = append(asked.SessionIDs, value)\n", ""},
	}},
	{attacks: "SAM-29", pkg: samlPackage, test: "TestReadLogoutResponse_isToTheRequestAlone", says: "to another request,", edits: []edit{
		{samlLogout, "attribute(el, \"InResponseTo\") != id {", "attribute(el, \"InResponseTo\") == \"\" {"},
	}},
	{attacks: "SAM-29", pkg: samlPages, test: "TestSingleLogout_whoSignsOutHereIsSignedOutThere", says: "unsigned:", edits: []edit{
		{logoutPages, "	if fault.KindOf(err) != \"\" {\n		return h.loggedOut(w, r, slug, \"\")\n	}\n	if err != nil {\n		return err\n	}\n	cookies.Clear", "	_ = err\n	cookies.Clear"},
	}},
	{attacks: "SAM-30", pkg: samlPages, test: "TestSingleLogout_theProviderEndsItsSessions", says: "a second time:", edits: []edit{
		{singleLogout, "		return to, ErrLogoutMessage.With(err)\n", "		return asker.AnswerLogout(ctx, &c, &asked)\n"},
	}},
	{attacks: "SAM-32", pkg: samlPages, test: "TestSingleLogout_keepsNamesSealed", edits: []edit{
		{"federation/credentials.go", "	return v.box.Seal(t, name, \"session-name\", t.String(), c.ID.String())\n", "	return name\n"},
	}},
	{attacks: "SAM-33", pkg: samlPages, test: "TestSAML_changesItsKey", says: "the retired key decrypts", edits: []edit{
		{keyPairFile, "		c.Previous = nil\n", ""},
	}},
	{attacks: "SAM-33", pkg: samlPages, test: "TestSAML_changesItsKeyOnce", edits: []edit{
		{"storage/connections.go", "			WHERE id = $1 AND version = $2`,", "			WHERE id = $1 AND version >= $2`,"},
	}},
	{attacks: "SAM-34", pkg: samlPackage, test: "TestFinish_believesECDSA", says: "P-224 counts", edits: []edit{
		{"federation/saml.go", "		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521()\n", "		return key.Curve != elliptic.Curve(nil)\n"},
	}},
	{attacks: "SAM-35", pkg: samlPages, test: "TestSingleLogout_slowsDownWhoSendsBadOnes", edits: []edit{
		{logoutPages, "		_ = h.Limiter.Verdict(context.WithoutCancel(ctx), false, buckets...)\n", "		_ = h.Limiter.Verdict(context.WithoutCancel(ctx), true, buckets...)\n"},
	}},
}
