package testservice

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// hasten has the superuser's password cost next to nothing to check. Postgres hashes a password 4096 times at each
// sign-in (RFC 5802), as does the client, against guessing; ours is 128 random bits. Tests sign in thousands of times.
func (s *PostgresServer) hasten() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return fmt.Errorf("connect to test Postgres: %w", err)
	}
	defer conn.Close(ctx)
	verifier, err := scramVerifier(s.password, 1)
	if err != nil {
		return fmt.Errorf("hash password of test Postgres: %w", err)
	}
	if _, err := conn.Exec(ctx, "ALTER ROLE postgres PASSWORD '"+verifier+"'"); err != nil {
		return fmt.Errorf("set password of test Postgres: %w", err)
	}
	return nil
}

// scramVerifier is what Postgres stores of a password of ASCII letters and digits (RFC 5803, in the words of
// pg_authid.rolpassword).
func scramVerifier(password string, iterations int) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	keyed := func(message string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(message))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(keyed("Server Key"))), nil
}
