package saml

import (
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
	method := encrypted.EncryptionMethod.Algorithm
	taken := slices.Contains(authenticated, method) || within && slices.Contains(malleable, method)
	if !taken || !slices.Contains(keyTransports, key.EncryptionMethod.Algorithm) {
		return nil, errEncryption
	}
	plain, err := decrypted(&encrypted, own)
	if err != nil {
		return nil, err
	}
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
