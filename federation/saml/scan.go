package saml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	dsig "github.com/russellhaering/goxmldsig"
)

// Namespaces (SAML Core 2.0 §1.2, SAML Metadata 2.0 §1.1).
const (
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
)

// Bounds of a document. Real ones are twelve deep, and have some hundred elements; the library reads no more than a thousand.
const (
	maxDocument   = 1 << 20 // bytes
	maxDepth      = 32
	maxElements   = 1000
	maxAttributes = 32 // of one element
)

// Names of the elements whose places count.
const (
	elResponse  = "Response"
	elAssertion = "Assertion"
	elEncrypted = "EncryptedAssertion"
	elSignature = "Signature"
	elEntity    = "EntityDescriptor"

	elLogoutRequest  = "LogoutRequest"
	elLogoutResponse = "LogoutResponse"
)

var (
	errMarkup = errors.New("a document type, a comment, a CDATA section or a processing instruction")
	errTwice  = errors.New("an id or an attribute is there twice")
	errPlace  = errors.New("a signature, a response or an assertion where none belongs")
	errBounds = errors.New("larger, deeper or longer than is read")
	errNames  = errors.New("a name without a namespace that was declared")
)

// scan looks at the bytes of a document before anything else does: whatever two readers could take for two things is refused,
// and so is every place for a signature or an assertion but their own. Signature wrapping needs two of something: a document
// that passed has one assertion, one response, and each id once.
func scan(raw []byte, root string) (*shape, error) {
	if len(raw) > maxDocument {
		return nil, errBounds
	}
	after := raw
	if bytes.HasPrefix(raw, []byte("<?xml ")) {
		_, after, _ = bytes.Cut(raw, []byte("?>"))
	}
	// Also within text "<" is written as a reference, so what begins like this is markup.
	if bytes.Contains(raw, []byte("<!")) || bytes.Contains(after, []byte("<?")) {
		return nil, errMarkup
	}
	s := &scanner{root: root, ids: make(map[string]bool)}
	d := xml.NewDecoder(bytes.NewReader(raw)) // tokens, in UTF-8; entities are not expanded
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return &s.shape, s.complete()
		}
		if err == nil {
			err = s.take(token)
		}
		if err != nil {
			return nil, fmt.Errorf("scan document: %w", err)
		}
	}
}

// A shape is what a document has.
type shape struct{ assertions, encrypted int }

type scanner struct {
	shape
	root     string
	roots    int
	elements int
	open     []xml.Name
	signed   [2]int    // signatures of the root, and of the assertion in it
	named    [2]string // their ids
	signs    string    // the id of what the last signature is of
	ids      map[string]bool
}

func (s *scanner) complete() error {
	if s.roots != 1 || s.assertions+s.encrypted > 1 {
		return errPlace
	}
	return nil
}

func (s *scanner) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if err := s.element(&t); err != nil {
			return err
		}
		s.open = append(s.open, t.Name)
	case xml.EndElement:
		s.open = s.open[:len(s.open)-1]
	case xml.CharData:
		if len(s.open) == 0 && len(bytes.TrimSpace(t)) > 0 {
			return errPlace
		}
	}
	return nil
}

func (s *scanner) element(e *xml.StartElement) error {
	s.elements++
	if len(s.open) >= maxDepth || s.elements > maxElements || len(e.Attr) > maxAttributes {
		return errBounds
	}
	if !known(e.Name) {
		return errNames
	}
	for i := range e.Attr {
		if err := s.attribute(e.Attr[:i], &e.Attr[i]); err != nil {
			return err
		}
	}
	if depth := len(s.open); depth == 0 || depth == 1 && e.Name.Local == elAssertion {
		s.named[depth] = given(e, "ID")
	}
	return s.place(e)
}

// given is the value of an attribute without a namespace, or "".
func given(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// known reports whether the prefix of a name was declared: otherwise the reader leaves it where the namespace should be.
func known(n xml.Name) bool {
	return (n.Space == "" || strings.Contains(n.Space, ":")) && n.Local != "" && !strings.Contains(n.Local, ":")
}

func (s *scanner) attribute(before []xml.Attr, a *xml.Attr) error {
	if slices.ContainsFunc(before, func(b xml.Attr) bool { return b.Name == a.Name }) {
		return errTwice
	}
	if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
		if a.Name.Local == "xmlns" && a.Name.Space != "" || a.Name.Local == "xml" || a.Value == "" || !strings.Contains(a.Value, ":") {
			return errNames
		}
		return nil
	}
	if !known(a.Name) {
		return errNames
	}
	if !strings.EqualFold(a.Name.Local, "id") {
		return nil
	}
	// What a signature refers to by: there is one kind of them, and each is there once.
	if a.Name.Space != "" || a.Name.Local != "ID" && a.Name.Local != "Id" || a.Value == "" || s.ids[a.Value] {
		return errTwice
	}
	s.ids[a.Value] = true
	return nil
}

// place refuses elements where they do not belong. Names count whatever their namespace.
func (s *scanner) place(e *xml.StartElement) error {
	if len(s.open) == 0 {
		s.roots++
		if s.roots > 1 || e.Name.Local != s.root || e.Name.Space != namespaces[s.root] {
			return errPlace
		}
		if s.root == elAssertion {
			s.assertions++
		}
		return nil
	}
	switch e.Name.Local {
	case elResponse, elEntity, elLogoutRequest, elLogoutResponse:
		return errPlace
	case elAssertion, elEncrypted:
		if len(s.open) != 1 || s.root != elResponse || e.Name.Space != nsAssertion {
			return errPlace
		}
		if e.Name.Local == elAssertion {
			s.assertions++
		} else {
			s.encrypted++
		}
	case elSignature:
		return s.signature(e)
	case "Object":
		return errPlace
	case "Reference":
		// A signature is of its parent. Of two that refer to one element, either could be looked at.
		if e.Name.Space == dsig.Namespace && (s.signs == "" || given(e, dsig.URIAttr) != "#"+s.signs) {
			return errPlace
		}
	}
	return nil
}

// signature admits one for the root, and one for the assertion in it.
func (s *scanner) signature(e *xml.StartElement) error {
	depth := len(s.open) - 1
	if e.Name.Space != dsig.Namespace || depth > 1 || depth == 1 && s.open[1].Local != elAssertion {
		return errPlace
	}
	if s.signed[depth]++; s.signed[depth] > 1 {
		return errPlace
	}
	s.signs = s.named[depth]
	return nil
}

// namespaces are those of the elements that documents have as their root.
var namespaces = map[string]string{elResponse: nsProtocol, elAssertion: nsAssertion, elEntity: nsMetadata, elLogoutRequest: nsProtocol, elLogoutResponse: nsProtocol}
