package saml

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"plinto/federation"
)

var (
	errUnsigned  = errors.New("neither the response nor the assertion is signed")
	errSignature = errors.New("the signature is not by a certificate of the connection")
	errForm      = errors.New("the signature is of a form that is not believed")
)

// Algorithms that are believed (XML Signature 1.1 §6, RFC 9231). None is SHA-1, and no canonicalization keeps comments.
var (
	signatureMethods = append([]string{dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod}, ecdsaMethods...)
	ecdsaMethods     = []string{dsig.ECDSASHA256SignatureMethod, dsig.ECDSASHA384SignatureMethod, dsig.ECDSASHA512SignatureMethod}
	digestMethods    = []string{
		"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
	}
	canonicalizations = []string{
		dsig.CanonicalXML10ExclusiveAlgorithmId.String(), dsig.CanonicalXML11AlgorithmId.String(), dsig.CanonicalXML10RecAlgorithmId.String(),
	}
)

// A verifier believes certificates, at a time.
type verifier struct {
	trusted []*x509.Certificate
	now     time.Time
}

// verify returns an element as its own signature covers it: read again from the bytes that were signed. It has to be the
// root of its tree, or one of the root's children. A certificate in the message is not looked at.
func (v *verifier) verify(el *etree.Element) (*etree.Element, error) {
	alone, err := detached(el)
	if err != nil {
		return nil, err
	}
	signature := only(alone, dsig.Namespace, elSignature)
	if signature == nil {
		return nil, errUnsigned
	}
	if !believable(signature, attribute(alone, "ID")) {
		return nil, errForm
	}
	if info := only(signature, dsig.Namespace, dsig.KeyInfoTag); info != nil {
		signature.RemoveChild(info) // no signature covers that of its own
	}
	if err := forLibrary(signature); err != nil {
		return nil, err
	}
	for _, certificate := range v.trusted {
		if !federation.Strong(certificate) {
			continue
		}
		validation := &dsig.ValidationContext{
			CertificateStore: &dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}}, IdAttribute: "ID", Clock: dsig.NewFakeClockAt(v.now),
		}
		if signed, err := validation.Validate(alone); err == nil && signed != nil && signed.Tag == el.Tag && signed.NamespaceURI() == el.NamespaceURI() {
			return signed, nil
		}
	}
	return nil, errSignature
}

// forLibrary brings the value of a signature by ECDSA, which has two numbers of the same length beside one another (XML Signature 1.1
// §6.4.3), to the form in which the library takes it: ASN.1. No signature covers its own value.
func forLibrary(signature *etree.Element) error {
	info := only(signature, dsig.Namespace, dsig.SignedInfoTag)
	if !slices.Contains(ecdsaMethods, algorithm(info, dsig.SignatureMethodTag)) {
		return nil
	}
	value := only(signature, dsig.Namespace, dsig.SignatureValueTag)
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(value.Text()), ""))
	if err != nil {
		return errForm
	}
	der, err := pairDER(raw)
	if err != nil {
		return errForm
	}
	value.SetText(base64.StdEncoding.EncodeToString(der))
	return nil
}

// pairDER is a signature by ECDSA in ASN.1 (RFC 3279 §2.2.3).
func pairDER(raw []byte) ([]byte, error) {
	if n := len(raw); n == 0 || n%2 != 0 || n > maxPair {
		return nil, errForm
	}
	half := len(raw) / 2
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}

// maxPair is the length of a signature by P-521, in bytes.
const maxPair = 132

// detached copies an element out of its tree, with the namespaces that are declared around it.
func detached(el *etree.Element) (*etree.Element, error) {
	around, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, err
	}
	return etreeutils.NSDetatch(around, el)
}

// believable reports whether a signature is one of the profile (SAML Core 2.0 §5.4): of one element, named by its id, with two
// transforms that leave nothing of it out but the signature.
func believable(signature *etree.Element, id string) bool {
	info := only(signature, dsig.Namespace, dsig.SignedInfoTag)
	if info == nil || id == "" || only(signature, dsig.Namespace, dsig.SignatureValueTag) == nil ||
		len(signature.ChildElements()) > 3 || len(info.ChildElements()) != 3 {
		return false
	}
	reference := only(info, dsig.Namespace, dsig.ReferenceTag)
	if reference == nil || attribute(reference, dsig.URIAttr) != "#"+id || len(reference.ChildElements()) != 3 {
		return false
	}
	transforms := only(reference, dsig.Namespace, dsig.TransformsTag)
	if transforms == nil {
		return false
	}
	steps := transforms.ChildElements()
	return len(steps) == 2 && attribute(steps[0], dsig.AlgorithmAttr) == dsig.EnvelopedSignatureAltorithmId.String() &&
		slices.Contains(canonicalizations, attribute(steps[1], dsig.AlgorithmAttr)) &&
		slices.Contains(canonicalizations, algorithm(info, dsig.CanonicalizationMethodTag)) &&
		slices.Contains(signatureMethods, algorithm(info, dsig.SignatureMethodTag)) &&
		slices.Contains(digestMethods, algorithm(reference, dsig.DigestMethodTag))
}

func algorithm(of *etree.Element, name string) string {
	el := only(of, dsig.Namespace, name)
	if el == nil {
		return ""
	}
	return attribute(el, dsig.AlgorithmAttr)
}
