package plintotest

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// keycloakVariable names the directory of a Keycloak that was built for the tests: see scripts/keycloak.sh.
const keycloakVariable = "PLINTO_KEYCLOAK"

// A keycloak is a Keycloak that runs for one test, with the realm of testdata.
type keycloak struct {
	t      testing.TB
	client *http.Client
	origin string
	secret string // of the client that administers it
}

// startKeycloak starts one on loopback, with the certificate of the server, which both trust. It has half a gigabyte of memory, and
// a database that is gone with it. Starting takes half a minute, and many times that where much else runs.
func (s *Server) startKeycloak() *keycloak {
	t := s.t
	t.Helper()
	home := t.TempDir()
	s.must(os.CopyFS(home, os.DirFS(os.Getenv(keycloakVariable))))
	realm, err := os.ReadFile("testdata/keycloak-realm.json")
	s.must(err)
	s.must(os.MkdirAll(filepath.Join(home, "data", "import"), 0o700))
	s.must(os.WriteFile(filepath.Join(home, "data", "import", "plinto-realm.json"), bytes.ReplaceAll(realm, []byte("PLINTO"), []byte(s.Issuer())), 0o600))
	port, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address := port.Addr().String()
	s.must(port.Close())
	_, number, _ := net.SplitHostPort(address)
	k := &keycloak{t: t, client: s.HTTP(), origin: "https://" + address, secret: rand.Text()}
	certificate := authority(t)
	cmd := exec.Command(filepath.Join(home, "bin", "kc.sh"), "start", "--optimized", "--import-realm", "--cache=local",
		"--hostname="+k.origin, "--http-host=127.0.0.1", "--https-port="+number, "--https-certificate-file="+certificate,
		"--https-certificate-key-file="+s.privateKey(), "--truststore-paths="+certificate, "--log-console-color=false")
	cmd.Env = append(os.Environ(), "JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m", "KC_BOOTSTRAP_ADMIN_CLIENT_ID=tests", "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET="+k.secret)
	k.runs(cmd)
	k.warms()
	return k
}

// warms reads what sign-ins read until that takes no second: it compiles as it goes, and providers are waited for six seconds at most.
func (k *keycloak) warms() {
	k.t.Helper()
	for range 30 {
		began := time.Now()
		for _, path := range []string{"/.well-known/openid-configuration", "/protocol/openid-connect/certs", "/protocol/saml/descriptor"} {
			k.read(http.NewRequest(http.MethodGet, k.issuer()+path, nil))
		}
		if time.Since(began) < time.Second {
			return
		}
	}
}

// privateKey writes the key of the server's certificate to a file.
func (s *Server) privateKey() string {
	s.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	s.must(err)
	file := filepath.Join(s.t.TempDir(), "key.pem")
	s.must(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return file
}

// A keycloakLog keeps what Keycloak says, and hears when it has started.
type keycloakLog struct {
	mu      sync.Mutex
	text    bytes.Buffer
	started chan string
}

// Write implements io.Writer.
func (l *keycloakLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.text.Write(p)
	for line := range strings.Lines(string(p)) {
		if strings.Contains(line, "Listening on:") {
			select {
			case l.started <- strings.TrimSpace(line):
			default:
			}
		}
	}
	return len(p), nil
}

// last is the end of what was said.
func (l *keycloakLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.Bytes()
	return string(text[max(0, len(text)-8000):])
}

// runs starts the command, which ends with the test, and waits until Keycloak listens.
func (k *keycloak) runs(cmd *exec.Cmd) {
	k.t.Helper()
	log := &keycloakLog{started: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	k.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the script and its Java
		<-ended
		if k.t.Failed() {
			k.t.Logf("Keycloak said:\n%s", log.last())
		}
	})
	select {
	case line := <-log.started:
		k.t.Log(line)
	case <-ended:
		k.t.Fatal("Keycloak ended before it listened")
	case <-time.After(15 * time.Minute):
		k.t.Fatal("Keycloak does not start")
	}
}

// issuer is that of the realm.
func (k *keycloak) issuer() string { return k.origin + "/realms/plinto" }

// read makes a request, and returns the body of an answer that is no error.
func (k *keycloak) read(r *http.Request, err error) []byte {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
	res, err := k.client.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		k.t.Fatalf("%s %s: %d %s (%v)", r.Method, r.URL.Path, res.StatusCode, body, err)
	}
	return body
}

// administers sends a body of some type to the admin API of the realm, and reads the answer into out, unless that is nil.
func (k *keycloak) administers(method, path, kind string, body []byte, out any) {
	k.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"tests"}, "client_secret": {k.secret}}
	r, err := http.NewRequest(http.MethodPost, k.origin+"/realms/master/protocol/openid-connect/token", strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(k.read(r, err), &token); err != nil {
		k.t.Fatal(err)
	}
	r, err = http.NewRequest(method, k.origin+"/admin/realms/plinto/"+path, bytes.NewReader(body))
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+token.Access)
	}
	if err == nil && kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer := k.read(r, err)
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer, out); err != nil {
		k.t.Fatalf("%s: %v", answer, err)
	}
}

// signsOut ends all sessions of a user there, as an administrator does.
func (k *keycloak) signsOut(name string) {
	k.t.Helper()
	var found []struct{ ID string }
	k.administers(http.MethodGet, "users?exact=true&username="+name, "", nil, &found)
	if len(found) != 1 {
		k.t.Fatalf("%d users are called %s", len(found), name)
	}
	k.administers(http.MethodPost, "users/"+found[0].ID+"/logout", "application/json", nil, nil)
}

// knows registers our service provider as its metadata describe it. mappers are added to what Keycloak makes of these.
func (k *keycloak) knows(metadata string, mappers ...map[string]any) (client map[string]any) {
	k.t.Helper()
	k.administers(http.MethodPost, "client-description-converter", "application/xml", []byte(metadata), &client)
	client["protocolMappers"] = mappers
	body, err := json.Marshal(client)
	if err != nil {
		k.t.Fatal(err)
	}
	k.administers(http.MethodPost, "clients", "application/json", body, nil)
	return client
}

// reads has it take over what our metadata say now, as its administrator does who imports them again, and look for keys in
// those at an address, whatever it took over.
func (k *keycloak) reads(metadata, at string) {
	k.t.Helper()
	var now struct {
		ClientID   string            `json:"clientId"`
		Attributes map[string]string `json:"attributes"`
	}
	k.administers(http.MethodPost, "client-description-converter", "application/xml", []byte(metadata), &now)
	var found []map[string]any
	k.administers(http.MethodGet, "clients?clientId="+url.QueryEscape(now.ClientID), "", nil, &found)
	if len(found) != 1 {
		k.t.Fatalf("%d clients are called %s", len(found), now.ClientID)
	}
	now.Attributes["saml.useMetadataDescriptorUrl"], now.Attributes["saml.metadataDescriptorUrl"] = "true", at
	found[0]["attributes"] = now.Attributes
	body, err := json.Marshal(found[0])
	if err != nil {
		k.t.Fatal(err)
	}
	k.administers(http.MethodPut, "clients/"+found[0]["id"].(string), "application/json", body, nil)
}

// forgets has it read keys of others again.
func (k *keycloak) forgets() {
	k.t.Helper()
	k.administers(http.MethodPost, "clear-keys-cache", "", nil, nil)
}

// describes returns the metadata of the realm as provider of SAML.
func (k *keycloak) describes() []byte {
	k.t.Helper()
	return k.read(http.NewRequest(http.MethodGet, k.issuer()+"/protocol/saml/descriptor", nil))
}
