package saml

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"plinto/federation"
)

const bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

var (
	errNoProvider = errors.New("the document describes no identity provider that requests go to by HTTP-Redirect or HTTP-POST")
	errNoKey      = errors.New("the document has no certificate that signs, with a key that is strong enough")
	errStale      = errors.New("the document is not valid any more")
)

// acceptMetadata is what is asked for where metadata are published (SAML Metadata 2.0 §4.1.1).
const acceptMetadata = "application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"

// ReadMetadata reads what a provider says of itself (SAML Metadata 2.0 §2.4.3): its entity id, where it takes requests and what
// it signs with. Somebody gave us the document and answers for it; a signature is not looked at.
func ReadMetadata(raw []byte, now time.Time) (entityID string, s federation.SAML, err error) {
	d, err := readDocument(raw, &federation.MetadataSource{}, now)
	return d.EntityID, d.SAML, err
}

// FetchMetadata implements federation.MetadataReader.
func (c *Connector) FetchMetadata(ctx context.Context, conn *federation.Connection) (d federation.Described, err error) {
	if c.Fetch == nil {
		return d, federation.ErrMisconfigured
	}
	raw, err := c.Fetch(ctx, conn, conn.SAML.MetadataURL, acceptMetadata)
	if err != nil {
		return d, &federation.MetadataError{Problem: federation.MetadataUnreachable, Cause: err}
	}
	d, err = readDocument(raw, &conn.SAML.MetadataSource, c.now())
	switch {
	case errors.Is(err, errStale):
		return d, &federation.MetadataError{Problem: federation.MetadataExpired, Cause: err}
	case err != nil:
		return d, &federation.MetadataError{Problem: federation.MetadataInvalid, Cause: err}
	}
	return d, nil
}

// readDocument reads a document. Where one of the certificates of its source signs it, what is read is what was signed.
func readDocument(raw []byte, source *federation.MetadataSource, now time.Time) (d federation.Described, err error) {
	raw = withoutComments(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))) // a byte order mark, which some providers write
	if _, err := scan(raw, elEntity); err != nil {
		return d, err
	}
	root, err := parse(raw)
	if err != nil {
		return d, err
	}
	if signers := signersOf(root, source); len(signers) > 0 {
		if signed, err := (&verifier{signers, now}).verify(root); err == nil {
			root, d.Signed = signed, true
		}
	}
	return d, described(&d, root, now)
}

// signersOf are the certificates that may sign a document: those that are named, also by their hash if the document brings them.
func signersOf(root *etree.Element, source *federation.MetadataSource) []*x509.Certificate {
	all, err := source.Signers()
	signature := only(root, dsig.Namespace, elSignature)
	if err != nil || signature == nil {
		return nil
	}
	for _, el := range signature.FindElements("./KeyInfo/X509Data/X509Certificate") {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(el.Text()), ""))
		if err != nil {
			continue
		}
		brought, err := x509.ParseCertificate(der)
		if err == nil && federation.Strong(brought) && slices.Contains(source.MetadataCertificates, federation.Fingerprint(brought)) {
			all = append(all, brought)
		}
	}
	return all
}

// An entity is what is read of a document (SAML Metadata 2.0 §2.3.2).
type entity struct {
	XMLName xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	ID      string   `xml:"entityID,attr"`
	validity
	Role *idpRole `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

type validity struct {
	Until string `xml:"validUntil,attr"`
	Cache string `xml:"cacheDuration,attr"`
}

type idpRole struct {
	validity
	WantsSigned bool       `xml:"WantAuthnRequestsSigned,attr"`
	Keys        []idpKey   `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	SignOn      []endpoint `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
	Logout      []endpoint `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleLogoutService"`
}

type idpKey struct {
	Use          string   `xml:"use,attr"`
	Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
}

type endpoint struct {
	Binding  string `xml:"Binding,attr"`
	Location string `xml:"Location,attr"`
	Response string `xml:"ResponseLocation,attr"`
}

// described reads a document that was looked at.
func described(d *federation.Described, root *etree.Element, now time.Time) error {
	doc := etree.NewDocument()
	doc.SetRoot(root.Copy())
	raw, err := doc.WriteToBytes()
	if err != nil {
		return err
	}
	var e entity
	if err := xml.Unmarshal(raw, &e); err != nil || e.ID == "" || e.Role == nil {
		return errNoProvider
	}
	d.EntityID = e.ID
	for _, v := range []validity{e.validity, e.Role.validity} {
		if err := v.narrow(d); err != nil {
			return err
		}
	}
	if !d.ValidUntil.IsZero() && !now.Before(d.ValidUntil) {
		return errStale
	}
	d.Offers = append(offers(e.Role.SignOn), offers(e.Role.Logout)...)
	on, binding := preferred(e.Role.SignOn)
	if on == nil {
		return errNoProvider
	}
	d.SignOnURL, d.SignOnBinding, d.SignRequests = on.Location, binding, e.Role.WantsSigned
	if out, binding := preferred(e.Role.Logout); out != nil {
		d.LogoutURL, d.LogoutBinding = out.Location, binding
		if strings.HasPrefix(out.Response, "https://") {
			d.LogoutResponseURL = out.Response
		}
	}
	if d.Certificates = e.Role.signing(now); len(d.Certificates) == 0 {
		return errNoKey
	}
	return nil
}

// narrow has a document be valid, and be kept, no longer than that.
func (v validity) narrow(d *federation.Described) error {
	if v.Until != "" {
		until, err := time.Parse(time.RFC3339Nano, v.Until)
		if err != nil {
			return errNoProvider
		}
		if d.ValidUntil.IsZero() || until.Before(d.ValidUntil) {
			d.ValidUntil = until
		}
	}
	if v.Cache != "" {
		cache, err := duration(v.Cache)
		if err != nil {
			return errNoProvider
		}
		if d.CacheFor == 0 || cache < d.CacheFor {
			d.CacheFor = max(cache, time.Second)
		}
	}
	return nil
}

// bindings are those that are spoken, with their names in connections. The first is preferred: a redirect is less than a form.
var bindings = []struct{ uri, name string }{{bindingRedirect, ""}, {bindingPost, federation.BindingPost}}

// preferred is the endpoint that is used, with its binding as connections have it. Only those by https are.
func preferred(all []endpoint) (*endpoint, string) {
	for _, b := range bindings {
		if at := slices.IndexFunc(all, func(e endpoint) bool { return e.Binding == b.uri && strings.HasPrefix(e.Location, "https://") }); at >= 0 {
			return &all[at], b.name
		}
	}
	return nil, ""
}

func offers(all []endpoint) (out []federation.OfferedAddress) {
	for _, e := range all {
		for _, b := range bindings {
			if e.Binding == b.uri {
				out = append(out, federation.OfferedAddress{URL: e.Location, Binding: b.name})
			}
		}
	}
	return out
}

// withoutComments leaves out what people wrote for people.
func withoutComments(raw []byte) []byte {
	var out []byte
	for {
		before, after, found := bytes.Cut(raw, []byte("<!--"))
		out = append(out, before...)
		if !found {
			return out
		}
		_, raw, _ = bytes.Cut(after, []byte("-->"))
	}
}

// signing are the certificates that sign and have not expired, in base64.
func (r *idpRole) signing(now time.Time) (all []string) {
	for i := range r.Keys {
		if use := r.Keys[i].Use; use != "" && use != "signing" {
			continue
		}
		for _, text := range r.Keys[i].Certificates {
			text = strings.Join(strings.Fields(text), "")
			alone := federation.SAML{Certificates: []string{text}}
			parsed, err := alone.Trusted()
			if err == nil && federation.Strong(parsed[0]) && now.Before(parsed[0].NotAfter) && !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

var durationForm = regexp.MustCompile(`^P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$`)

// duration reads an xs:duration (XML Schema 1.0 Part 2 §3.2.6) of less than some hundred years: of years and months, which differ, the
// shortest.
func duration(text string) (total time.Duration, err error) {
	found := durationForm.FindStringSubmatch(text)
	if found == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return 0, errBounds
	}
	const day = 24 * time.Hour
	for i, unit := range []time.Duration{365 * day, 28 * day, day, time.Hour, time.Minute, time.Second} {
		if found[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(found[i+1], 10, 64)
		if err != nil {
			return 0, errBounds
		}
		total += min(time.Duration(n)*unit, 20*365*day)
	}
	return total, nil
}

// ReadDescription implements federation.Describer.
func (c *Connector) ReadDescription(document []byte) (string, federation.SAML, error) {
	entityID, s, err := ReadMetadata(document, c.now())
	if err != nil {
		err = federation.ErrMetadata.With(err)
	}
	return entityID, s, err
}
