package main

const (
	samlPackage   = "federation/saml"
	samlScan      = "federation/saml/scan.go"
	samlVerify    = "federation/saml/verify.go"
	samlCheck     = "federation/saml/check.go"
	samlOpen      = "federation/saml/open.go"
	samlSubject   = "federation/saml/subject.go"
	samlConnector = "federation/saml/connector.go"
	samlPages     = "pages/provider"

	samlAnswers = "TestFinish_hostileAnswersSignNobodyIn"
	samlWrapped = "TestFinish_wrappedAnswersSignNobodyIn"
)

// samls are the controls of attacks on sign-in by SAML.
var samls = []control{
	{attacks: "SAM-01", pkg: samlPackage, test: samlAnswers, says: "unsigned:", edits: []edit{
		{samlConnector, "if only(el, signatureSpace, elSignature) == nil && signed {", "if only(el, signatureSpace, elSignature) == nil {"},
	}},
	{attacks: "SAM-01", pkg: samlPackage, test: samlAnswers, says: "changed after it was signed:", edits: []edit{
		{samlVerify, "	return nil, errSignature\n", "	return el, nil\n"},
	}},
	{attacks: "SAM-02", pkg: samlPackage, test: samlAnswers, says: "commented:", edits: []edit{
		{samlScan, `if bytes.Contains(raw, []byte("<!")) || bytes.Contains(after, []byte("<?")) {`, `if bytes.Contains(after, []byte("<?")) {`},
	}},
	{attacks: "SAM-02", pkg: samlPackage, test: samlAnswers, says: "an element in the name:", edits: []edit{
		{"federation/saml/tree.go", "		if !ok {\n			return \"\", errValue\n		}\n", "		if !ok {\n			break\n		}\n"},
	}},
	{attacks: "SAM-03", pkg: samlPackage, test: "TestFinish_believesCertificatesOfTheConnectionOnly", says: "another:", edits: []edit{
		{samlVerify, "	for _, certificate := range v.trusted {\n", "	for _, certificate := range append(v.trusted, claimed(el)...) {\n"},
		{samlVerify, "// detached copies", "func claimed(el *etree.Element) (all []*x509.Certificate) {\n	if named := el.FindElement(\".//X509Certificate\"); named != nil {\n		s := federation.SAML{Certificates: []string{named.Text()}}\n		all, _ = s.Trusted()\n	}\n	return all\n}\n\n// detached copies"},
	}},
	{attacks: "SAM-03", pkg: samlPackage, test: "TestFinish_believesCertificatesOfTheConnectionOnly", says: "a weak one:", edits: []edit{
		{samlVerify, "		if !federation.Strong(certificate) {\n			continue\n		}\n", ""},
		{samlVerify, `	"plinto/federation"` + "\n", ""},
	}},
	{attacks: "SAM-03", pkg: samlPackage, test: "TestFinish_believesCertificatesOfTheConnectionOnly", says: "one that has expired:", edits: []edit{
		{samlVerify, "dsig.NewFakeClockAt(v.now)", "dsig.NewFakeClockAt(certificate.NotBefore.Add(time.Minute))"},
	}},
	{attacks: "SAM-04", pkg: samlPackage, test: samlWrapped, edits: []edit{
		{samlScan, "if s.roots != 1 || s.assertions+s.encrypted > 1 {", "if s.roots != 1 {"},
		{samlScan, "		if len(s.open) != 1 || s.root != elResponse || e.Name.Space != nsAssertion {\n			return errPlace\n		}\n", ""},
		{samlScan, "	if e.Name.Space != dsig.Namespace || depth > 1 || depth == 1 && s.open[1].Local != elAssertion {\n		return errPlace\n	}\n	if s.signed[depth]++; s.signed[depth] > 1 {\n		return errPlace\n	}\n	s.signs = s.named[depth]\n", "	_ = depth\n"},
		{samlScan, "s.ids[a.Value] {", "false {"},
		{samlScan, "	case \"Object\":\n		return errPlace\n", ""},
		{samlScan, `(s.signs == "" || given(e, dsig.URIAttr) != "#"+s.signs)`, "s.roots > 1"},
		{samlConnector, "	if has.assertions+has.encrypted != 1 {\n		return none, errPlace\n	}\n", "	_ = has\n"},
		{samlConnector, "	el := only(response, nsAssertion, elAssertion)\n", "	el := response.FindElement(\".//Assertion\")\n"},
		{samlConnector, "	return v.verify(el)\n", "	for _, at := range response.FindElements(\".//Assertion\") {\n		if _, err := v.verify(at); err == nil {\n			return el, nil\n		}\n	}\n	return nil, errSignature\n"},
	}},
	{attacks: "SAM-05", pkg: samlPackage, test: samlAnswers, says: "an unsigned assertion beside:", edits: []edit{
		{samlScan, "if s.roots != 1 || s.assertions+s.encrypted > 1 {", "if s.roots != 1 {"},
		{samlConnector, "if has.assertions+has.encrypted != 1 {", "if has.assertions+has.encrypted < 1 {"},
		{samlConnector, "	el := only(response, nsAssertion, elAssertion)\n", "	el := response.FindElement(\"./Assertion\")\n"},
	}},
	{attacks: "SAM-06", pkg: samlPackage, test: samlAnswers, says: "another audience:", edits: []edit{
		{samlCheck, "return err == nil && name == x.entityID", "return err == nil && name != \"\""},
	}},
	{attacks: "SAM-06", pkg: samlPackage, test: samlAnswers, says: "no audience:", edits: []edit{
		{samlCheck, "	if !restricted {\n		return errAudience\n	}\n", "	_ = restricted\n"},
	}},
	{attacks: "SAM-06", pkg: samlPackage, test: samlAnswers, says: "another recipient:", edits: []edit{
		{samlCheck, `attribute(data, "Recipient") == x.acs && `, ""},
	}},
	{attacks: "SAM-06", pkg: samlPackage, test: samlAnswers, says: "another destination:", edits: []edit{
		{samlCheck, `to != x.acs && (to != "" || signed)`, `to != x.acs && to == "" && signed`},
	}},
	{attacks: "SAM-06", pkg: samlPackage, test: samlAnswers, says: "another issuer:", edits: []edit{
		{samlCheck, "err != nil || name != x.issuer || format", "err != nil || name == \"\" || format"},
	}},
	{attacks: "SAM-07", pkg: samlPackage, test: samlAnswers, says: "expired:", edits: []edit{
		{samlCheck, "!until.IsZero() && !until.After(x.now.Add(-leeway))", "until.Equal(x.now)"},
	}},
	{attacks: "SAM-07", pkg: samlPackage, test: samlAnswers, says: "not yet:", edits: []edit{
		{samlCheck, "err != nil || from.After(x.now.Add(leeway))", "err != nil || from.After(x.now.Add(24*leeway))"},
	}},
	{attacks: "SAM-07", pkg: samlPackage, test: samlAnswers, says: "confirmed without an end:", edits: []edit{
		{samlCheck, `attribute(data, "NotOnOrAfter") == "" || `, ""},
	}},
	{attacks: "SAM-07", pkg: samlPackage, test: "TestFinish_takesASignInThatIsRecentEnough", edits: []edit{
		{samlCheck, "		return s, errOld\n", "		s.index = \"\"\n"},
	}},
	{attacks: "SAM-08", pkg: samlPackage, test: samlAnswers, says: "confirmed for another request:", edits: []edit{
		{samlCheck, ` && attribute(data, "InResponseTo") == x.request {`, " {"},
	}},
	{attacks: "SAM-08", pkg: samlPackage, test: samlAnswers, says: "to another request:", edits: []edit{
		{samlCheck, "	if attribute(el, \"InResponseTo\") != x.request {\n		return errRequest\n	}\n", ""},
	}},
	{attacks: "SAM-09", pkg: samlPackage, test: samlAnswers, says: "deep nesting:", edits: []edit{
		{samlScan, "if len(s.open) >= maxDepth || s.elements > maxElements ||", "if s.elements > 3*maxElements ||"},
	}},
	{attacks: "SAM-09", pkg: samlPackage, test: samlAnswers, says: "two megabytes:", edits: []edit{
		{samlScan, "if len(raw) > maxDocument {", "if len(raw) > 8*maxDocument {"},
	}},
	{attacks: "SAM-09", pkg: samlPackage, test: samlAnswers, says: "many elements:", edits: []edit{
		{samlScan, "s.elements > maxElements ||", "s.elements > 8*maxElements ||"},
	}},
	{attacks: "SAM-10", pkg: samlPackage, test: "TestFinish_isOffUntilSwitchedOn", says: "finished:", edits: []edit{
		{samlConnector, "	if err := federation.TakesKind(ctx, conn.Kind); err != nil {\n		return none, federation.ErrDisabled.With(err)\n	}\n", ""},
	}},
	{attacks: "SAM-10", pkg: samlPages, test: "TestSAML_whatChangedMeanwhileHolds", says: "another connection is made", edits: []edit{
		{federationService, "	if err := TakesKind(ctx, spec.Kind); err != nil {\n		return Connection{}, err\n	}\n", ""},
	}},
	{attacks: "SAM-11", pkg: samlPages, test: "TestSAML_aResponseAnswersOneRequestOfOneBrowser", says: "at another connection:", edits: []edit{
		{federationState, "c.ID.String(), c.Issuer, c.ClientID, e.Authorization, e.Token, string(head))", "e.Authorization[:0], string(head))"},
	}},
	{attacks: "SAM-12", pkg: samlPages, test: "TestSAML_anAssertionCountsOnce", edits: []edit{
		{identitiesFile, "	if err != nil || u.Assertion == nil {\n", "	if err != nil || len(u.Assertion) > 0 {\n"},
	}},
	{attacks: "SAM-13", pkg: samlPages, test: "TestSAML_theSessionEndsWhenTheProviderSays", edits: []edit{
		{"identity/starter.go", "if !proof.Until.IsZero() && proof.Until.Before(s.ExpiresAt) {", "if !proof.Until.IsZero() && proof.Until.After(s.ExpiresAt) {"},
	}},
	{attacks: "SAM-13", pkg: samlPages, test: "TestSAML_theSessionEndsWhenTheProviderSays", says: "with a factor it ends", edits: []edit{
		{"pages/browser/startsession.go", "		return first.Until\n", "		return proof.Until\n"},
	}},
	{attacks: "SAM-14", pkg: samlPages, test: "TestSAML_opensWhatIsEncrypted", says: "in a mode that can be changed:", edits: []edit{
		{samlOpen, "within && slices.Contains(malleable, method)", "slices.Contains(malleable, method)"},
	}},
	{attacks: "SAM-14", pkg: samlPages, test: "TestSAML_opensWhatIsEncrypted", says: "with a key by PKCS #1 v1.5:", edits: []edit{
		{samlOpen, "keyTransports = []string{types.MethodRSAOAEP,", "keyTransports = []string{types.MethodRSAv1_5, types.MethodRSAOAEP,"},
	}},
	{attacks: "SAM-15", pkg: samlPackage, test: samlAnswers, says: "SHA-1:", edits: []edit{
		{samlVerify, "signatureMethods = append([]string{", "signatureMethods = append([]string{dsig.RSASHA1SignatureMethod, "},
		{samlVerify, `		"http://www.w3.org/2001/04/xmlenc#sha256",`, `		"http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmlenc#sha256",`},
	}},
	{attacks: "SAM-15", pkg: samlPackage, test: samlAnswers, says: "canonicalized with comments:", edits: []edit{
		{samlVerify, "	canonicalizations = []string{\n", "	canonicalizations = []string{\n		dsig.CanonicalXML10ExclusiveWithCommentsAlgorithmId.String(),\n"},
	}},
	{attacks: "SAM-16", pkg: samlPackage, test: samlAnswers, says: "a transient name:", edits: []edit{
		{samlSubject, "	case formatTransient:\n		return \"\", \"\", federation.ErrMisconfigured.With(errTransient)\n", ""},
		{samlSubject, `	"plinto/federation"` + "\n", ""},
	}},
	{attacks: "SAM-16", pkg: samlPackage, test: samlAnswers, says: "another's qualifier:", edits: []edit{
		{samlSubject, `if by != "" && by != x.issuer || to != "" && to != x.entityID {`, `if by != "" && to != "" && to != x.entityID {`},
	}},
	{attacks: "SAM-17", pkg: samlPackage, test: samlAnswers, says: "an unknown condition:", edits: []edit{
		{samlCheck, "		if c.NamespaceURI() != nsAssertion {\n			return errConditions\n		}\n", "		if c.NamespaceURI() != nsAssertion {\n			continue\n		}\n"},
	}},
}
