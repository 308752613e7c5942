package saml_test

import (
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	dsig "github.com/russellhaering/goxmldsig"

	"plinto/federation"
	"plinto/identity"
	"plinto/internal/fakesaml"
	"plinto/tenant"
)

func TestFinish_readsWhoseAccountItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	until := w.now.Add(time.Hour)
	signed := &fakesaml.Signing{}
	for name, change := range map[string]func(*fakesaml.Response){
		"a signed assertion": nil,
		"a signed response":  func(r *fakesaml.Response) { r.SignAssertion, r.SignResponse = nil, signed },
		"both":               func(r *fakesaml.Response) { r.SignResponse = signed },
		"inclusive canonicalization": func(r *fakesaml.Response) {
			r.Declared, r.SignAssertion = ` xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"`, &fakesaml.Signing{Canon: dsig.MakeC14N10RecCanonicalizer()}
		},
		"SHA-512": func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Hash: crypto.SHA512} },
		"clocks that differ": func(r *fakesaml.Response) {
			r.NotBefore, r.IssuedAt = w.now.Add(50*time.Second), w.now.Add(50*time.Second)
		},
		"an end that was just now": func(r *fakesaml.Response) {
			r.NotOnOrAfter, r.ConfirmedUntil = w.now.Add(-50*time.Second), w.now.Add(-50*time.Second)
		},
		"no NotBefore":                  func(r *fakesaml.Response) { r.NotBefore = time.Time{} },
		"once":                          func(r *fakesaml.Response) { r.Conditions = "<saml:OneTimeUse/>" },
		"no Issuer of the response":     nil,
		"an unsigned one, sent nowhere": func(r *fakesaml.Response) { r.Destination = "" },
		"qualified by the two": func(r *fakesaml.Response) {
			r.NameAttributes = fmt.Sprintf(` NameQualifier="%s" SPNameQualifier="%s"`, entityID, w.request.Issuer)
		},
		"names of LDAP": func(r *fakesaml.Response) {
			r.Attributes = map[string][]string{"urn:oid:0.9.2342.19200300.100.1.3": {"alice@example.com"}, "urn:oid:2.16.840.1.113730.3.1.241": {"Alice Example"}}
		},
	} {
		a, err := w.finish(w.document(func(r *fakesaml.Response) {
			r.SessionUntil = until
			if change != nil {
				change(r)
			}
		}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Issuer != entityID || a.Subject != "persistent:alice" || a.Email != "alice@example.com" || !a.EmailVerified || a.ACR != fakesaml.Password ||
			a.Profile != (identity.Profile{Name: "Alice Example"}) || a.ID == "" || !a.Until.Equal(until) {
			t.Errorf("%s: read %+v", name, a)
		}
	}
}

// A hostile is an answer that signs nobody in, and what the log says of it.
type hostile struct {
	change func(*fakesaml.Response)
	text   func(string) string // of the signed document
	says   string
}

func answers(w *world) map[string]hostile {
	now, ten := w.now, 10*time.Minute
	return map[string]hostile{
		"unsigned":                    {change: func(r *fakesaml.Response) { r.SignAssertion = nil }, says: "neither the response nor the assertion is signed"},
		"changed after it was signed": {text: replace("alice</saml:NameID>", "mallory</saml:NameID>"), says: "not by a certificate"},
		"commented":                   {change: func(r *fakesaml.Response) { r.Name = "alice.evil.example" }, text: replace("alice.evil", "alice<!-- -->.evil"), says: "a comment"},
		"a CDATA section":             {text: replace("alice</saml:NameID>", "<![CDATA[alice]]></saml:NameID>"), says: "a CDATA section"},
		"an instruction":              {text: replace("alice</saml:NameID>", "<?x y?>alice</saml:NameID>"), says: "a processing instruction"},
		"an element in the name":      {change: func(r *fakesaml.Response) { r.Name = "alice<saml:x/>.evil.example" }, says: "about nobody"},
		"a name of blanks":            {change: func(r *fakesaml.Response) { r.Name = " alice " }, says: "about nobody"},
		"no name":                     {change: func(r *fakesaml.Response) { r.Name = "" }, says: "about nobody"},
		"a long name":                 {change: func(r *fakesaml.Response) { r.Name = strings.Repeat("a", 256) }, says: "about nobody"},
		"a name of no kind of text":   {change: func(r *fakesaml.Response) { r.Name = "alice&#x202e;" }, says: "about nobody"},
		"a transient name":            {change: func(r *fakesaml.Response) { r.Format = fakesaml.Transient }, says: "transient"},
		"another's qualifier":         {change: func(r *fakesaml.Response) { r.NameAttributes = ` NameQualifier="https://other.example"` }, says: "name is one of another provider"},
		"for another service":         {change: func(r *fakesaml.Response) { r.NameAttributes = ` SPNameQualifier="https://other.example"` }, says: "for another service provider"},

		"another issuer":                 {change: func(r *fakesaml.Response) { r.AssertionIssuer = "https://other.example" }, says: "issued by another provider"},
		"another issuer of the response": {change: func(r *fakesaml.Response) { r.Issuer = entityID + "/" }, says: "issued by another provider"},
		"another audience":               {change: func(r *fakesaml.Response) { r.Audience = "https://other.example" }, says: "for somebody else"},
		"no audience":                    {change: func(r *fakesaml.Response) { r.Audience = "" }, says: "for somebody else"},
		"another audience besides": {change: func(r *fakesaml.Response) {
			r.Conditions = `<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>`
		}, says: "for somebody else"},
		"another recipient":             {change: func(r *fakesaml.Response) { r.Recipient = "https://other.example/acs" }, says: "no confirmation"},
		"no recipient":                  {change: func(r *fakesaml.Response) { r.Recipient = "" }, says: "no confirmation"},
		"another destination":           {change: func(r *fakesaml.Response) { r.Destination = "https://other.example/acs" }, says: "sent to another address"},
		"signed, and sent nowhere":      {change: func(r *fakesaml.Response) { r.Destination, r.SignResponse = "", &fakesaml.Signing{} }, says: "sent to another address"},
		"to another request":            {change: func(r *fakesaml.Response) { r.InResponseTo = "_other" }, says: "not the answer to this request"},
		"to no request":                 {change: func(r *fakesaml.Response) { r.InResponseTo, r.ConfirmedRequest = "", "" }, says: "not the answer to this request"},
		"confirmed for another request": {change: func(r *fakesaml.Response) { r.ConfirmedRequest = "_other" }, says: "no confirmation"},
		"confirmed for no request":      {change: func(r *fakesaml.Response) { r.ConfirmedRequest = "" }, says: "no confirmation"},
		"confirmed by a key":            {change: func(r *fakesaml.Response) { r.Method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key" }, says: "no confirmation"},
		"confirmed without an end":      {change: func(r *fakesaml.Response) { r.ConfirmedUntil = time.Time{} }, says: "no confirmation"},
		"confirmed from some time on":   {change: func(r *fakesaml.Response) { r.ConfirmedFrom = now.Add(-ten) }, says: "no confirmation"},
		"confirmed until before":        {change: func(r *fakesaml.Response) { r.ConfirmedUntil = now.Add(-2 * time.Minute) }, says: "no confirmation"},
		"expired":                       {change: func(r *fakesaml.Response) { r.NotOnOrAfter = now.Add(-2 * time.Minute) }, says: "not valid yet, or not any more"},
		"not yet":                       {change: func(r *fakesaml.Response) { r.NotBefore = now.Add(2 * time.Minute) }, says: "not valid yet, or not any more"},
		"from the future":               {change: func(r *fakesaml.Response) { r.IssuedAt = now.Add(ten) }, says: "not valid yet, or not any more"},
		"an unknown condition":          {change: func(r *fakesaml.Response) { r.Conditions = `<x:Never xmlns:x="urn:x"/>` }, says: "a condition"},
		"signed in later":               {change: func(r *fakesaml.Response) { r.AuthnInstant = now.Add(ten) }, says: "not about one sign-in"},
		"never signed in":               {change: func(r *fakesaml.Response) { r.AuthnInstant = time.Time{} }, says: "not about one sign-in"},
		"a session that is over":        {change: func(r *fakesaml.Response) { r.SessionUntil = now.Add(-time.Second) }, says: "not valid yet, or not any more"},
		"another version":               {change: func(r *fakesaml.Response) { r.Version = "1.1" }, says: "not of SAML 2.0"},
		"many values": {change: func(r *fakesaml.Response) {
			r.Attributes = map[string][]string{"groups": strings.Split(strings.Repeat("g,", 600), ",")}
		}, says: "larger, deeper or longer"},

		"a certificate in the message": {change: signedBy(w.t, nil), says: "not by a certificate"},
		"SHA-1":                        {change: func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Hash: crypto.SHA1} }, says: "of a form that is not believed"},
		"canonicalized with comments": {change: func(r *fakesaml.Response) {
			r.SignAssertion = &fakesaml.Signing{Canon: dsig.MakeC14N10ExclusiveWithCommentsCanonicalizerWithPrefixList("")}
		}, says: "of a form that is not believed"},
		"an unsigned assertion beside": {text: replace("</samlp:Response>", assertion(w)+"</samlp:Response>"), says: "where none belongs"},
		"two signed assertions": {text: func(s string) string {
			return strings.Replace(s, "</samlp:Response>", cut(written(w.t, w.document(nil)))+"</samlp:Response>", 1)
		}, says: "where none belongs"},
		"an id twice":          {text: replace("<saml:Conditions ", `<saml:Conditions ID="`+w.request.ID+`" Id="`+w.request.ID+`" `), says: "there twice"},
		"an attribute twice":   {text: replace(` Version="2.0"`, ` Version="2.0" Version="2.0"`), says: "there twice"},
		"an undeclared prefix": {text: replace("<samlp:Status>", `<nobody:x/><samlp:Status>`), says: "without a namespace"},
		"a document type": {text: func(s string) string {
			return `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>` + strings.Replace(s, "alice<", "&b;<", 1)
		}, says: "a document type"},
		"an unknown entity":           {text: replace("alice<", "&file;<"), says: "invalid character entity"},
		"another encoding":            {text: func(s string) string { return `<?xml version="1.0" encoding="UTF-16"?>` + s }, says: "encoding"},
		"deep nesting":                {text: replace("</samlp:Status>", strings.Repeat("<samlp:x>", 1000)+strings.Repeat("</samlp:x>", 1000)+"</samlp:Status>"), says: "larger, deeper or longer"},
		"many elements":               {text: replace("</samlp:Status>", strings.Repeat("<samlp:x/>", 2000)+"</samlp:Status>"), says: "larger, deeper or longer"},
		"two megabytes":               {text: replace("</samlp:Status>", strings.Repeat(" ", 2<<20)+"</samlp:Status>"), says: "larger, deeper or longer"},
		"a second document":           {text: func(s string) string { return s + "<x/>" }, says: "where none belongs"},
		"something after it":          {text: func(s string) string { return s + "x" }, says: "where none belongs"},
		"no response":                 {text: func(string) string { return `<html xmlns="http://www.w3.org/1999/xhtml"/>` }, says: "where none belongs"},
		"not XML":                     {text: func(s string) string { return s[:len(s)/2] }, says: "unexpected EOF"},
		"a success without assertion": {text: func(s string) string { return strings.Replace(s, cut(s), "", 1) }, says: "where none belongs"},
		"declined": {change: func(r *fakesaml.Response) {
			r.Status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode>`
		}, says: "the provider refused"},
		"misunderstood": {change: func(r *fakesaml.Response) {
			r.Status = `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Requester"/>`
		}, says: "the provider refused"},
	}
}

// signedBy has the assertion signed with a key that is not the connection's, and its certificate beside.
func signedBy(t testing.TB, key *fakesaml.Key) func(*fakesaml.Response) {
	t.Helper()
	if key == nil {
		var err error
		key, err = fakesaml.Other()
		must(t, err)
	}
	return func(r *fakesaml.Response) { r.SignAssertion = &fakesaml.Signing{Key: key} }
}

func replace(old, text string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, text, 1) }
}

// assertion is one that nobody signed, about somebody else.
func assertion(w *world) string {
	r := w.idp.Answer(&w.request, "mallory", w.now)
	return r.Assertion()
}

// cut is the assertion in a document.
func cut(s string) string {
	from, to := strings.Index(s, "<saml:Assertion"), strings.Index(s, "</saml:Assertion>")
	return s[from : to+len("</saml:Assertion>")]
}

// SAM-01 to SAM-09: whatever the provider or somebody on the way answers, nobody is signed in, and the log says why.
func TestFinish_hostileAnswersSignNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, h := range answers(w) {
		raw := written(t, w.document(h.change))
		if h.text != nil {
			changed := h.text(raw)
			if changed == raw {
				t.Fatalf("%s changes nothing", name)
			}
			raw = changed
		}
		a, err := w.bytes(raw)
		if err == nil || !strings.Contains(err.Error(), h.says) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	for name, given := range map[string]string{"nothing": "", "no base64": "<samlp:Response/>"} {
		if _, err := w.send(given); !errors.Is(err, federation.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SAM-03: no certificate, one that has expired, one that is weak.
func TestFinish_believesCertificatesOfTheConnectionOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good, other := w.idp.Key, mustKey(t, 2048, w.now)
	weak, old := mustKey(t, 1024, w.now), mustKey(t, 2048, w.now.AddDate(-2, 0, 0))
	for _, c := range []struct {
		name    string
		trusted []*fakesaml.Key
		by      *fakesaml.Key
		works   bool
	}{
		{"the one", []*fakesaml.Key{good}, good, true},
		{"the first of two", []*fakesaml.Key{good, other}, good, true},
		{"the second of two", []*fakesaml.Key{good, other}, other, true},
		{"another", []*fakesaml.Key{good}, other, false},
		{"none", nil, good, false},
		{"a weak one", []*fakesaml.Key{weak}, weak, false},
		{"one that has expired", []*fakesaml.Key{old}, old, false},
		{"one beside one that has expired", []*fakesaml.Key{old, good}, good, true},
	} {
		certificates := []string{}
		for _, k := range c.trusted {
			certificates = append(certificates, k.Certificate())
		}
		w.conn.SAML.Certificates = certificates
		_, err := w.finish(w.document(signedBy(t, c.by)))
		if (err == nil) != c.works {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func mustKey(t testing.TB, bits int, at time.Time) *fakesaml.Key {
	t.Helper()
	key, err := fakesaml.NewKey(bits, at)
	must(t, err)
	return key
}

// SAM-10: a tenant that has not switched SAML on.
func TestFinish_isOffUntilSwitchedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := w.document(nil)
	tenant.Must(w.ctx).Settings.SAML = ""
	if _, err := w.finish(doc); !errors.Is(err, federation.ErrDisabled) {
		t.Errorf("finished: %v", err)
	}
	if _, err := w.connector.Begin(w.ctx, w.conn, w.round, federation.Ask{}); !errors.Is(err, federation.ErrDisabled) {
		t.Errorf("begun: %v", err)
	}
}

// max_age: the provider says when the user signed in there, and how long ago that may be.
func TestFinish_takesASignInThatIsRecentEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hour := int64(3600)
	w.round.MaxAge = &hour
	for ago, works := range map[time.Duration]bool{30 * time.Minute: true, 2 * time.Hour: false} {
		_, err := w.finish(w.document(func(r *fakesaml.Response) { r.AuthnInstant = w.now.Add(-ago) }))
		if (err == nil) != works {
			t.Errorf("%s ago: %v", ago, err)
		}
	}
}

// Attributes are read as claims are: one value is a text, several are a list, groups always are one; and groups that cannot be
// read are not taken for fewer.
func TestFinish_readsAttributesAsClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *federation.Spec) { s.GroupsClaim = "groups" })
	with := func(r *fakesaml.Response) {
		r.Attributes = map[string][]string{"displayName": {"Alice Example"}, "phone": {"1", "2"}, "groups": {"staff"}}
	}
	a, err := w.finish(w.document(with))
	must(t, err)
	for name, want := range map[string]string{"displayName": `"Alice Example"`, "phone": `["1","2"]`, "groups": `["staff"]`} {
		if got := string(a.Claims[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	_, err = w.finish(w.document(func(r *fakesaml.Response) {
		with(r)
		r.More = `<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue><saml:Group>staff</saml:Group></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>`
	}))
	if !errors.Is(err, federation.ErrAnswer) {
		t.Errorf("groups that cannot be read are left out: %v", err)
	}
}
