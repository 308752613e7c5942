package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A floor does only what an answer needs: net/http, the hash of a secret, one row,
// the signatures, encoding/json. What a server costs above it is its own doing.
type floor struct {
	key    *ecdsa.PrivateKey
	pool   *pgxpool.Pool
	secret [32]byte
}

const floorSecret = "floor-secret-0123456789abcdef"

// serveFloor serves on a port of its own, which it prints.
func serveFloor(ctx context.Context) error {
	pool, err := pgxpool.New(ctx, os.Getenv("PLINTO_TEST_POSTGRES_URL"))
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS floor_tokens (hash bytea PRIMARY KEY, client text, subject text, scope text)`)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	f := &floor{key: key, pool: pool, secret: sha256.Sum256([]byte(floorSecret))}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	server := &http.Server{Handler: f.routes(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // it serves nobody else
	}()
	_ = server.Serve(listener) // ends when it is closed
	return nil
}

func (f *floor) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc(fixed, f.serveFixed)
	m.HandleFunc("/sign", f.behindSecret(func(*http.Request) (any, error) {
		return map[string]any{"access_token": f.token(), "token_type": "Bearer", "expires_in": 900}, nil
	}))
	m.HandleFunc("/opaque", f.behindSecret(func(r *http.Request) (any, error) {
		token, hash := opaque()
		_, err := f.pool.Exec(r.Context(), `INSERT INTO floor_tokens VALUES ($1, 'client', 'subject', 'openid')`, hash)
		return map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 900}, err
	}))
	m.HandleFunc("/refresh", f.behindSecret(f.refresh))
	m.HandleFunc("/introspect", f.behindSecret(func(r *http.Request) (any, error) {
		hash := sha256.Sum256([]byte(r.PostFormValue("token")))
		var client, subject, scope string
		err := f.pool.QueryRow(r.Context(), `SELECT client, subject, scope FROM floor_tokens WHERE hash = $1`, hash[:]).Scan(&client, &subject, &scope)
		return map[string]any{"active": err == nil, "client_id": client, "sub": subject, "scope": scope}, nil
	}))
	return m
}

// refresh replaces one row by another in one durable statement, and signs twice.
func (f *floor) refresh(r *http.Request) (any, error) {
	old := sha256.Sum256([]byte(r.PostFormValue("refresh_token")))
	token, hash := opaque()
	_, err := f.pool.Exec(r.Context(), `
		WITH gone AS (DELETE FROM floor_tokens WHERE hash = $1 RETURNING client, subject, scope)
		INSERT INTO floor_tokens SELECT $2, client, subject, scope FROM gone`, old[:], hash)
	return map[string]any{"access_token": f.token(), "id_token": f.token(), "refresh_token": token, "token_type": "Bearer"}, err
}

var filler = bytes.Repeat([]byte("x"), 64<<10)

// fixed is the path of an answer that never changes, of ?bytes= in length.
const fixed = "/fixed"

func (f *floor) serveFixed(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy", "Cache-Control", "Access-Control-Allow-Origin", "Etag", "Request-Id"} {
		w.Header()[name] = []string{"of-the-same-length"}
	}
	w.Header().Set("Content-Type", "application/json")
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.RawQuery, "bytes="))
	if err != nil || n < 0 || n > len(filler) {
		http.Error(w, "bytes", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(n))
	_, _ = w.Write(filler[:n]) // a client that is gone cannot be told
}

func (f *floor) behindSecret(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		got := sha256.Sum256([]byte(password))
		if r.ParseForm() != nil || subtle.ConstantTimeCompare(got[:], f.secret[:]) != 1 {
			http.Error(w, "{}", http.StatusUnauthorized)
			return
		}
		body, err := answer(r)
		if err != nil {
			http.Error(w, "{}", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body) // a client that is gone cannot be told
	}
}

// token is one ES256 signature over claims of the usual size.
func (f *floor) token() string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"http://127.0.0.1","sub":"subject","aud":"api","exp":1,"iat":1,"jti":"0123456789abcdef","client_id":"client","scope":"openid"}`))
	sum := sha256.Sum256([]byte(claims))
	signature, err := ecdsa.SignASN1(rand.Reader, f.key, sum[:])
	if err != nil {
		panic(err) // never fails with a key of ours
	}
	return "e30." + claims + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func opaque() (token string, hash []byte) {
	token = rand.Text()
	sum := sha256.Sum256([]byte(token))
	return token, sum[:]
}
