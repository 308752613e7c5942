package passkey

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/google/uuid"

	"plinto/identity"
	"plinto/internal/secret"
	"plinto/tenant"
)

var model = uuid.MustParse("cb69481e-8ff7-4039-93ec-0a2729a154a8")

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func certificate(t *testing.T, name string, by *authority) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{"Maker"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: name},
		IsCA:    by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := made, key
	if by != nil {
		made.KeyUsage, made.DNSNames = x509.KeyUsageDigitalSignature, []string{name}
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, made, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// blob is a file of metadata about one model, signed as the FIDO Alliance does.
func blob(t *testing.T, signer *authority, maker *x509.Certificate, status string, next time.Time) string {
	t.Helper()
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]any{"alg": "ES256", "x5c": []string{base64.StdEncoding.EncodeToString(signer.cert.Raw)}}) + "." + part(map[string]any{
		"no": 1, "nextUpdate": next.Format(time.DateOnly), "entries": []any{map[string]any{
			"aaguid": model.String(), "timeOfLastStatusChange": "2020-01-01",
			"statusReports": []any{map[string]any{"status": status, "effectiveDate": "2020-01-01"}},
			"metadataStatement": map[string]any{
				"description": "Maker Key 5", "aaguid": model.String(), "protocolFamily": "fido2", "schema": 3,
				"authenticationAlgorithms": []string{"secp256r1_ecdsa_sha256_raw"}, "publicKeyAlgAndEncodings": []string{"cose"},
				"attestationTypes": []string{"basic_full", "basic_surrogate"}, "attestationRootCertificates": []string{base64.StdEncoding.EncodeToString(maker.Raw)},
			},
		}},
	})
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, signer.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mds.jwt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A statement is how an authenticator shows its model.
type statement struct {
	format string     // "none", "packed"
	by     *authority // who signs; nil: the passkey itself
	aaguid uuid.UUID
}

// registration is what a browser with that authenticator posts.
func registration(t *testing.T, challenge []byte, st statement) string {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := own.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cose := cbor(t, map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	host := sha256.Sum256([]byte("id.example"))
	data := append(host[:], 0x45, 0, 0, 0, 0) // present, verified, with a credential
	data = append(append(append(append(data, st.aaguid[:]...), 0, 16), id...), cose...)
	client, err := json.Marshal(map[string]string{
		"type": "webauthn.create", "challenge": base64.RawURLEncoding.EncodeToString(challenge), "origin": "https://id.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(client)
	shows := map[string]any{}
	if st.format == "packed" {
		signer := own
		if st.by != nil {
			signer, shows["x5c"] = st.by.key, [][]byte{st.by.cert.Raw}
		}
		sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
		if shows["sig"], err = ecdsa.SignASN1(rand.Reader, signer, sum[:]); err != nil {
			t.Fatal(err)
		}
		shows["alg"] = -7
	}
	url := base64.RawURLEncoding.EncodeToString
	posted, err := json.Marshal(map[string]any{
		"id": url(id), "rawId": url(id), "type": "public-key", "response": map[string]any{
			"clientDataJSON": url(client), "attestationObject": url(cbor(t, map[string]any{"fmt": st.format, "attStmt": shows, "authData": data})),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(posted)
}

func cbor(t *testing.T, v any) []byte {
	t.Helper()
	out, err := webauthncbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func strict(listed ...string) context.Context {
	return tenant.With(context.Background(), &tenant.Tenant{
		ID: tenant.ID(uuid.New()), Issuer: "https://id.example", Host: "id.example",
		Settings: tenant.Settings{MFA: tenant.MFA{Attestation: tenant.AttestationDirect, Authenticators: listed}},
	})
}

// PKY-11: who demands certain models takes nothing else.
func TestAttestation_showsTheModel(t *testing.T) {
	t.Parallel()
	trusted, maker := certificate(t, "root", nil), certificate(t, "maker", nil)
	alliance := certificate(t, metadataSigner, trusted)
	foreign, genuine := certificate(t, "x", certificate(t, "somebody", nil)), certificate(t, "batch", maker)
	good := statement{"packed", genuine, model}
	soon := time.Now().AddDate(0, 0, 1)
	for name, c := range map[string]struct {
		shows  statement
		ctx    context.Context
		status string
		none   bool // there is no metadata
		next   time.Time
		want   error
	}{
		"genuine":            {shows: good},
		"genuine, listed":    {shows: good, ctx: strict(model.String())},
		"genuine, unlisted":  {shows: good, ctx: strict(uuid.NewString()), want: ErrModel},
		"genuine, revoked":   {shows: good, status: "REVOKED", want: ErrModel},
		"another root":       {shows: statement{"packed", foreign, model}, want: ErrModel},
		"signed by itself":   {shows: statement{"packed", nil, model}, want: ErrModel},
		"no statement":       {shows: statement{"none", nil, model}, want: ErrModel},
		"an unknown model":   {shows: statement{"packed", genuine, uuid.New()}, want: ErrModel},
		"no model":           {shows: statement{"packed", genuine, uuid.Nil}, want: ErrModel},
		"no metadata":        {shows: good, none: true, want: ErrModel},
		"metadata of before": {shows: good, next: time.Now().AddDate(0, 0, -2), want: ErrModel},
		"not demanded":       {shows: statement{"none", nil, uuid.Nil}, ctx: of("https://id.example", "id.example"), none: true},
	} {
		if c.ctx == nil {
			c.ctx = strict()
		}
		if c.status == "" {
			c.status = "FIDO_CERTIFIED"
		}
		if c.next.IsZero() {
			c.next = soon
		}
		root, _ := secret.NewRoot()
		s := New(root, Service{Now: time.Now})
		if !c.none {
			var err error
			if s.Metadata, err = OpenMetadata(write(t, blob(t, alliance, maker.cert, c.status, c.next)), trusted.cert, time.Now); err != nil {
				t.Fatal(err)
			}
		}
		mine, user := Ceremony{Flow: "f", Step: "enrol"}, &identity.User{ID: uuid.New()}
		made, err := s.Confirm(c.ctx, Enrolment{Answer: Answer{Ceremony: mine, JSON: registration(t, s.challenge(c.ctx, mine), c.shows), User: user}})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if err == nil && !c.none && made.passkey.Name != "Maker Key 5" {
			t.Errorf("%s: is called %q", name, made.passkey.Name)
		}
	}
}

// PKY-11: metadata counts as it was signed, and where it was replaced.
func TestMetadata_isSigned(t *testing.T) {
	t.Parallel()
	root, maker := certificate(t, "root", nil), certificate(t, "maker", nil)
	alliance := certificate(t, metadataSigner, root)
	good := blob(t, alliance, maker.cert, "FIDO_CERTIFIED", time.Now())
	other := certificate(t, "other", nil)
	for name, text := range map[string]string{
		"of another root": blob(t, other, maker.cert, "FIDO_CERTIFIED", time.Now()), "of another customer of the root": blob(t, certificate(t, "www.example.com", root), maker.cert, "FIDO_CERTIFIED", time.Now()),
		"of a host below": blob(t, certificate(t, "www."+metadataSigner, root), maker.cert, "FIDO_CERTIFIED", time.Now()), "changed": good[:len(good)-100] + "AAAA" + good[len(good)-96:],
		"unsigned": "e30.e30.", "empty": "", "no JWS": "{}",
	} {
		if _, err := OpenMetadata(write(t, text), root.cert, time.Now); !errors.Is(err, errUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	now, path := time.Now(), write(t, good)
	m, err := OpenMetadata(path, root.cert, func() time.Time { return now })
	if err != nil || m.current() == nil {
		t.Fatalf("signed: %v", err)
	}
	now = now.AddDate(0, 0, 2)
	if m.current() != nil {
		t.Error("counts after the day of its next update")
	}
	if err := os.WriteFile(path, []byte(blob(t, alliance, maker.cert, "FIDO_CERTIFIED", now)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, now, now); err != nil {
		t.Fatal(err)
	}
	if now = now.Add(2 * lookAgain); m.current() == nil {
		t.Error("another file in its place is not read")
	}
}
