package saml

import (
	"bytes"
	"compress/flate"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"plinto/federation"
)

// relayParameter brings what the other side gets back as it is (SAML Bindings 2.0 §3.4.3).
const relayParameter = "RelayState"

var errParameters = errors.New("a parameter of the binding is missing, or there twice")

// incoming returns the root of a message that a browser brought by HTTP-Redirect or HTTP-POST, after it was shown that the provider
// signed it. name is the parameter that brings it, root the name of its element.
func (v *verifier) incoming(m *federation.LogoutMessage, name, root string) (*etree.Element, error) {
	if m.Query != "" {
		return v.redirected(m.Query, name, root)
	}
	if len(m.Form[name]) != 1 {
		return nil, errParameters
	}
	raw, err := base64.StdEncoding.DecodeString(m.Form.Get(name))
	if err != nil {
		return nil, errParameters
	}
	if _, err := scan(raw, root); err != nil {
		return nil, err
	}
	el, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return v.verify(el)
}

// redirected reads a message from an address (SAML Bindings 2.0 §3.4.4.1). The signature is of the parameters as they were sent: it is
// checked before anything of them is read.
func (v *verifier) redirected(query, name, root string) (*etree.Element, error) {
	sent, err := sentParameters(query)
	if err != nil {
		return nil, err
	}
	signed := name + "=" + sent[name]
	if relay, there := sent[relayParameter]; there {
		signed += "&" + relayParameter + "=" + relay
	}
	signed += "&SigAlg=" + sent["SigAlg"]
	if err := v.query(signed, unescaped(sent["SigAlg"]), unescaped(sent["Signature"])); err != nil {
		return nil, err
	}
	packed, err := base64.StdEncoding.DecodeString(unescaped(sent[name]))
	if err != nil {
		return nil, errParameters
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxDocument+1))
	if err != nil {
		return nil, errParameters
	}
	if _, err := scan(raw, root); err != nil {
		return nil, err
	}
	return parse(raw)
}

// sentParameters are the parameters of a query as they were sent. None is there twice.
func sentParameters(query string) (map[string]string, error) {
	sent := make(map[string]string)
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if _, twice := sent[name]; twice {
			return nil, errParameters
		}
		sent[name] = value
	}
	return sent, nil
}

func unescaped(value string) string {
	plain, err := url.QueryUnescape(value)
	if err != nil {
		return ""
	}
	return plain
}

var queryMethods = map[string]x509.SignatureAlgorithm{
	dsig.RSASHA256SignatureMethod: x509.SHA256WithRSA, dsig.RSASHA384SignatureMethod: x509.SHA384WithRSA, dsig.RSASHA512SignatureMethod: x509.SHA512WithRSA,
	dsig.ECDSASHA256SignatureMethod: x509.ECDSAWithSHA256, dsig.ECDSASHA384SignatureMethod: x509.ECDSAWithSHA384, dsig.ECDSASHA512SignatureMethod: x509.ECDSAWithSHA512,
}

// query verifies the signature of parameters.
func (v *verifier) query(signed, method, encoded string) error {
	if encoded == "" {
		return errUnsigned
	}
	known, there := queryMethods[method]
	if !there {
		return errForm
	}
	signature, err := base64.StdEncoding.DecodeString(encoded)
	if err == nil && slices.Contains(ecdsaMethods, method) {
		signature, err = pairDER(signature)
	}
	if err != nil {
		return errForm
	}
	for _, c := range v.trusted {
		if federation.Strong(c) && !v.now.Before(c.NotBefore) && !v.now.After(c.NotAfter) && c.CheckSignature(known, []byte(signed), signature) == nil {
			return nil
		}
	}
	return errSignature
}
