package fakesaml

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the digest of RSA-OAEP in XML Encryption 1.0
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/beevik/etree"
)

// Ways to encrypt (XML Encryption 1.1 §5).
const (
	GCM  = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
	CBC  = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
	OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
	PKCS = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
	// OAEP256 is by SHA-256, also for the mask, as Keycloak does.
	OAEP256 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
)

// Encrypt returns what encrypts an assertion for a certificate, by a mode and a key transport.
func Encrypt(certificate []byte, mode, transport string) func(*etree.Element) (*etree.Element, error) {
	return func(el *etree.Element) (*etree.Element, error) {
		c, err := x509.ParseCertificate(certificate)
		if err != nil {
			return nil, err
		}
		public, ok := c.PublicKey.(*rsa.PublicKey)
		if !ok {
			return nil, errors.New("no RSA key")
		}
		doc := etree.NewDocument()
		doc.SetRoot(el)
		plain, err := doc.WriteToBytes()
		if err != nil {
			return nil, err
		}
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		sealed, err := seal(plain, key, mode)
		if err != nil {
			return nil, err
		}
		var wrapped []byte
		parameters := ""
		switch transport {
		case PKCS:
			wrapped, err = rsa.EncryptPKCS1v15(rand.Reader, public, key) //nolint:staticcheck // some providers do
		case OAEP256:
			wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public, key, nil)
			parameters = `<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>`
		default:
			wrapped, err = rsa.EncryptOAEP(sha1.New(), rand.Reader, public, key, nil) //nolint:gosec // see above
		}
		if err != nil {
			return nil, err
		}
		b64 := base64.StdEncoding.EncodeToString
		out := etree.NewDocument()
		err = out.ReadFromString(fmt.Sprintf(`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="%s"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="%s">%s</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`,
			mode, transport, parameters, b64(wrapped), b64(sealed)))
		return out.Root(), err
	}
}

func seal(plain, key []byte, mode string) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if mode == CBC {
		pad := aes.BlockSize - len(plain)%aes.BlockSize
		padded := append(append([]byte{}, plain...), make([]byte, pad)...)
		padded[len(padded)-1] = byte(pad)
		out := make([]byte, aes.BlockSize+len(padded))
		_, _ = rand.Read(out[:aes.BlockSize])
		cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], padded) //nolint:gosec // it was drawn
		return out, nil
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	_, _ = rand.Read(nonce)
	return gcm.Seal(nonce, nonce, plain, nil), nil
}
