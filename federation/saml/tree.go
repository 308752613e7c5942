package saml

import (
	"errors"
	"strings"
	"time"

	"github.com/beevik/etree"
)

var errValue = errors.New("an element has something else in it than text, or a time is none")

// parse reads a document that was scanned.
func parse(raw []byte) (*etree.Element, error) {
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{MaxDepth: maxDepth + 1, PreserveDuplicateAttrs: true}
	if err := doc.ReadFromBytes(raw); err != nil {
		return nil, err
	}
	if doc.Root() == nil {
		return nil, errPlace
	}
	return doc.Root(), nil
}

// children are those of a name.
func children(el *etree.Element, space, name string) (all []*etree.Element) {
	for _, c := range el.ChildElements() {
		if c.Tag == name && c.NamespaceURI() == space {
			all = append(all, c)
		}
	}
	return all
}

// only is the one child of a name; nil where there is none, or there are several.
func only(el *etree.Element, space, name string) *etree.Element {
	if all := children(el, space, name); len(all) == 1 {
		return all[0]
	}
	return nil
}

// attribute is the value of one without a namespace, or "".
func attribute(el *etree.Element, name string) string {
	for i := range el.Attr {
		if a := &el.Attr[i]; a.Space == "" && a.Key == name {
			return a.Value
		}
	}
	return ""
}

// text is the whole text of an element. One that has anything else in it is refused: half of a name is somebody else's.
func text(el *etree.Element) (string, error) {
	var b strings.Builder
	for _, token := range el.Child {
		data, ok := token.(*etree.CharData)
		if !ok {
			return "", errValue
		}
		b.WriteString(data.Data)
	}
	return b.String(), nil
}

// instant reads a time (SAML Core 2.0 §1.3.3). Without one it is zero.
func instant(el *etree.Element, name string) (time.Time, error) {
	value := attribute(el, name)
	if value == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return at, errValue
	}
	return at, nil
}
