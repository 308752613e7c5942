package saml_test

import (
	"testing"

	"github.com/beevik/etree"

	"plinto/internal/fakesaml"
)

// A wrapping moves what was signed, and puts something else where it is read (Somorovsky et al., "On Breaking SAML", 2012, names
// them XSW 1 to 8).
type wrapping struct {
	ofResponse bool // what is signed
	wrap       func(doc *etree.Document, good, evil, signature *etree.Element)
}

var wrappings = map[string]wrapping{
	"XSW1": {true, func(doc *etree.Document, good, evil, signature *etree.Element) {
		doc.SetRoot(evil)
		evil.InsertChildAt(1, signature)
		signature.AddChild(good)
	}},
	"XSW2": {true, func(doc *etree.Document, good, evil, signature *etree.Element) {
		doc.SetRoot(evil)
		evil.InsertChildAt(1, good)
		evil.InsertChildAt(2, signature)
	}},
	"XSW3": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		doc.Root().InsertChildAt(good.Index(), evil)
	}},
	"XSW4": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		doc.Root().InsertChildAt(good.Index(), evil)
		evil.AddChild(good)
	}},
	"XSW5": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		evil.InsertChildAt(1, signature)
		doc.Root().InsertChildAt(good.Index(), evil)
	}},
	"XSW6": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		evil.InsertChildAt(1, signature)
		doc.Root().AddChild(evil)
		signature.AddChild(good)
	}},
	"XSW7": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		extensions := doc.Root().CreateElement("samlp:Extensions")
		extensions.AddChild(evil)
	}},
	"XSW8": {false, func(doc *etree.Document, good, evil, signature *etree.Element) {
		evil.InsertChildAt(1, signature)
		doc.Root().AddChild(evil)
		signature.CreateElement("ds:Object").AddChild(good)
	}},
	"in an attribute": {false, func(_ *etree.Document, good, evil, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		good.FindElement("//saml:AttributeValue").AddChild(evil)
	}},
	"by a reference to the response": {false, func(doc *etree.Document, good, _, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		signature.FindElement(".//ds:Reference").CreateAttr("URI", "#"+doc.Root().SelectAttrValue("ID", ""))
	}},
	"by no reference": {false, func(_ *etree.Document, good, _, signature *etree.Element) {
		good.InsertChildAt(1, signature)
		signature.FindElement(".//ds:Reference").CreateAttr("URI", "")
	}},
}

// wrapped is a good document, wrapped: what says "mallory" nobody signed.
func wrapped(w *world, how wrapping) *etree.Document {
	w.t.Helper()
	doc := w.document(func(r *fakesaml.Response) {
		if how.ofResponse {
			r.SignAssertion, r.SignResponse = nil, &fakesaml.Signing{}
		}
	})
	good := doc.Root()
	if !how.ofResponse {
		good = good.SelectElement("Assertion")
	}
	signature := good.SelectElement("Signature")
	good.RemoveChild(signature)
	evil := good.Copy()
	evil.CreateAttr("ID", "_evil")
	evil.FindElement(".//saml:NameID").SetText("mallory")
	how.wrap(doc, good, evil, signature)
	return doc
}

// SAM-04: what was signed is moved, and something else is read in its place.
func TestFinish_wrappedAnswersSignNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, how := range wrappings {
		if a, err := w.finish(wrapped(w, how)); err == nil {
			t.Errorf("%s signs in %s", name, a.Subject)
		}
	}
}
