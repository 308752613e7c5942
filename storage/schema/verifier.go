package schema

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"golang.org/x/text/secure/precis"
)

// scramIterations is how often Postgres itself hashes a password.
const scramIterations = 4096

// scramVerifier is what Postgres keeps of a password (RFC 5803, as pg_authid.rolpassword has it), and takes in its place. A statement with
// the password would be in the log of the database, among its activities, and wherever somebody collects statements.
func scramVerifier(password string) (string, error) {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails (crypto/rand)
	return scramVerifierOf(password, salt[:], scramIterations)
}

func scramVerifierOf(password string, salt []byte, iterations int) (string, error) {
	prepared, err := precis.OpaqueString.String(password) // as the client of the server has it
	if err != nil {
		prepared = password
	}
	salted, err := pbkdf2.Key(sha256.New, prepared, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash the password: %w", err)
	}
	keyed := func(message string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(message)) // never fails
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(keyed("Server Key"))), nil
}
