package saml

import (
	"bytes"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"slices"

	"github.com/beevik/etree"
	"github.com/russellhaering/gosaml2/types"

	"plinto/federation"
)

var errEncryption = errors.New("the assertion is encrypted in a way, or for a key, that is not taken")

// Algorithms of encrypted assertions (XML Encryption 1.1 §5). Key transport by PKCS #1 v1.5 is none of them. The modes of the
// second list tell whoever can change what was encrypted something of it, by what becomes of the change: they are taken where
// a signature of the response shows that nobody did.
var (
	keyTransports = []string{types.MethodRSAOAEP, types.MethodRSAOAEP2}
	authenticated = []string{types.MethodAES128GCM, types.MethodAES192GCM, types.MethodAES256GCM}
	malleable     = []string{types.MethodAES128CBC, types.MethodAES256CBC}
)

// digestNames are what the library calls digests of RSA-OAEP, which it looks for in another namespace than they are of (XML Encryption 1.1 §5.8).
var digestNames = map[string]string{
	"http://www.w3.org/2001/04/xmlenc#sha256": types.MethodSHA256, "http://www.w3.org/2001/04/xmlenc#sha512": types.MethodSHA512,
}

// open decrypts an assertion with the key of the connection. within says that it is in a signed response.
func open(el *etree.Element, own *federation.Credentials, within bool) (*etree.Element, error) {
	alone, err := detached(el)
	if err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.SetRoot(alone)
	written, err := doc.WriteToBytes()
	if err != nil {
		return nil, err
	}
	var encrypted types.EncryptedAssertion
	if err := xml.Unmarshal(written, &encrypted); err != nil {
		return nil, errEncryption
	}
	key := &encrypted.EncryptedKey
	if key.CipherValue == "" {
		key = &encrypted.DetEncryptedKey
	}
	key.X509Data = "" // it only says which key is meant, and there is one
	if d := key.EncryptionMethod.DigestMethod; d != nil && digestNames[d.Algorithm] != "" {
		d.Algorithm = digestNames[d.Algorithm]
	}
	method := encrypted.EncryptionMethod.Algorithm
	taken := slices.Contains(authenticated, method) || within && slices.Contains(malleable, method)
	if !taken || !slices.Contains(keyTransports, key.EncryptionMethod.Algorithm) {
		return nil, errEncryption
	}
	plain, err := decrypted(&encrypted, own)
	if err != nil {
		return nil, err
	}
	plain = inContext(plain, el)
	if _, err := scan(plain, elAssertion); err != nil {
		return nil, err
	}
	return parse(plain)
}

// decrypted tries the key pairs of a connection: while the key changes, the provider may know one or the other.
func decrypted(el *types.EncryptedAssertion, own *federation.Credentials) ([]byte, error) {
	for _, pair := range own.Pairs() {
		private, err := pair.RSA()
		if err != nil {
			return nil, err
		}
		plain, err := el.DecryptBytes(&tls.Certificate{Certificate: [][]byte{pair.Certificate}, PrivateKey: private})
		if err == nil {
			return plain, nil
		}
	}
	return nil, errEncryption // whatever it was: see above
}

// inContext declares on what was encrypted the namespaces that are declared around it: it takes the place of the encrypted element (XML
// Encryption 1.1 §4.4), and providers such as Keycloak leave out what the response declares. Whatever else it is, it stays, and is scanned.
func inContext(plain []byte, encrypted *etree.Element) []byte {
	token, err := xml.NewDecoder(bytes.NewReader(plain)).RawToken()
	first, is := token.(xml.StartElement)
	end := bytes.IndexAny(plain, " \t\r\n/>")
	if err != nil || !is || plain[0] != '<' || end < 0 {
		return plain
	}
	seen := map[string]bool{}
	for _, a := range first.Attr {
		if a.Name.Space == xmlns || a.Name.Space == "" && a.Name.Local == xmlns {
			seen[a.Name.Local] = true
		}
	}
	var declared bytes.Buffer
	for el := encrypted; el != nil; el = el.Parent() {
		for i := range el.Attr {
			a := &el.Attr[i]
			if seen[a.Key] || a.Space != xmlns && (a.Space != "" || a.Key != xmlns) {
				continue
			}
			seen[a.Key] = true
			declared.WriteString(" " + a.FullKey() + `="`)
			_ = xml.EscapeText(&declared, []byte(a.Value)) // into memory
			declared.WriteByte('"')
		}
	}
	return slices.Concat(plain[:end], declared.Bytes(), plain[end:])
}

// xmlns declares a namespace: the default one by itself, or one with a prefix as prefix of it (Namespaces in XML 1.0 §3).
const xmlns = "xmlns"
