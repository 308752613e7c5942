package webhook_test

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"plinto/event"
	"plinto/event/webhook"
	"plinto/internal/secret"
)

// verifies reports whether the public library takes a request for one of that secret.
func verifies(t *testing.T, got received, s webhook.Secrets) bool {
	t.Helper()
	verifier, err := standardwebhooks.NewWebhook(s.Text().Reveal())
	must(t, err)
	return verifier.Verify(got.body, got.header) == nil
}

// verifiesKey does so for the public key (v1a), of which the public library knows nothing.
func verifiesKey(t *testing.T, got received, s webhook.Secrets) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.PublicKey(), webhook.PublicKeyPrefix))
	must(t, err)
	content := got.header.Get("Webhook-Id") + "." + got.header.Get("Webhook-Timestamp") + "." + string(got.body)
	for _, signature := range strings.Fields(got.header.Get("Webhook-Signature")) {
		if encoded, is := strings.CutPrefix(signature, "v1a,"); is {
			raw, err := base64.StdEncoding.DecodeString(encoded)
			must(t, err)
			if ed25519.Verify(key, []byte(content), raw) {
				return true
			}
		}
	}
	return false
}

func TestSignature_verifiesForItsContentAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, secrets := w.endpoint(w.ctx, r.URL, "user.enabled")
	_, others := w.endpoint(w.ctx, r.URL, "user.disabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{Sessions: 2}})
	w.drain(w.ctx, e)
	got := r.next(t)
	if !verifies(t, got, secrets) || !verifiesKey(t, got, secrets) {
		t.Fatalf("not verified: %v", got.header)
	}
	if verifies(t, got, others) || verifiesKey(t, got, others) {
		t.Error("verified with another endpoint's secret")
	}
	now, err := strconv.ParseInt(got.header.Get("Webhook-Timestamp"), 10, 64)
	must(t, err)
	for name, change := range map[string]func(*received){
		"another body": func(r *received) { r.body = []byte(strings.Replace(string(r.body), "2", "3", 1)) },
		"another id":   func(r *received) { r.header.Set("Webhook-Id", "evt_1") },
		"another time": func(r *received) { r.header.Set("Webhook-Timestamp", strconv.FormatInt(now+1, 10)) },
	} {
		changed := received{got.header.Clone(), got.body}
		change(&changed)
		if verifies(t, changed, secrets) || verifiesKey(t, changed, secrets) {
			t.Errorf("%s: verified", name)
		}
	}
}

// A retry is signed at its own time, or a receiver would refuse it as old.
func TestSignature_isOfTheTimeOfTheAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(status(http.StatusBadGateway))
	e, _ := w.endpoint(w.ctx, r.URL, "user.enabled")
	w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
	w.drain(w.ctx, e)
	first := r.next(t)
	w.later(time.Hour)
	w.drain(w.ctx, e)
	if second := r.next(t); second.header.Get("Webhook-Timestamp") == first.header.Get("Webhook-Timestamp") ||
		second.header.Get("Webhook-Id") != first.header.Get("Webhook-Id") {
		t.Errorf("got %v after %v", second.header, first.header)
	}
}

func TestRotation_overlapsAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.receive(nil)
	e, first := w.endpoint(w.ctx, r.URL, "user.enabled")
	next := func() received {
		w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
		w.drain(w.ctx, e)
		return r.next(t)
	}
	second, err := w.service.Rotate(w.ctx, e.ID, time.Hour, secret.String{})
	must(t, err)
	for _, s := range []webhook.Secrets{first, second} {
		if got := next(); !verifies(t, got, s) || !verifiesKey(t, got, s) {
			t.Error("a secret does not sign during the overlap")
		}
	}
	stored, err := w.service.ByID(w.ctx, e.ID)
	must(t, err)
	keys, err := w.service.PublicKeys(w.ctx, &stored)
	if err != nil || len(keys) != 2 || keys[0] != second.PublicKey() || keys[1] != first.PublicKey() {
		t.Errorf("published %v, %v", keys, err)
	}
	w.later(time.Hour)
	if got := next(); verifies(t, got, first) || verifiesKey(t, got, first) || !verifiesKey(t, got, second) {
		t.Error("the previous secret signs after the overlap")
	}
	// After a leak there is no overlap, and a third secret ends the first at once.
	third, err := w.service.Rotate(w.ctx, e.ID, 0, secret.NewString("whsec_"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 24)))))
	must(t, err)
	if got := next(); verifies(t, got, second) || verifiesKey(t, got, second) || !verifiesKey(t, got, third) {
		t.Error("the leaked secret signs on")
	}
}

// The receivers of docs/webhooks.md, with the public libraries of three languages.
func TestReceivers_ofTheDocumentation(t *testing.T) {
	t.Parallel()
	dir, err := filepath.Abs("testdata/receivers")
	must(t, err)
	built := filepath.Join(t.TempDir(), "receiver")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built, "./testdata/receivers/go").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, c := range map[string]struct {
		needs   string
		command []string
	}{
		"Go":     {"go/main.go", []string{built}},
		"Node":   {"node_modules/standardwebhooks", []string{"node", "receiver.mjs"}},
		"Python": {".venv/installed", []string{filepath.Join(dir, ".venv/bin/python"), "receiver.py"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(filepath.Join(dir, c.needs)); err != nil {
				t.Skipf("the library of this language is not installed (make setup does it where it can): %v", err)
			}
			w := newWorld(t)
			port := freePort(t)
			e, secrets := w.endpoint(w.ctx, "http://127.0.0.1:"+port+"/", "user.enabled")
			lines := run(t, dir, c.command, "WEBHOOK_SECRET="+secrets.Text().Reveal(), "PORT="+port)
			awaitPort(t, port)
			told := w.told(w.ctx, event.Event{Fact: event.UserEnabled{Sessions: 7}, Subject: "größer"})
			w.drain(w.ctx, e)
			if line := <-lines; !strings.Contains(line, webhook.EventID(told.ID)) || !strings.Contains(line, "größer") {
				t.Errorf("received %s", line)
			}
			if d, attempts := w.only(w.ctx, e); d.State != webhook.Delivered {
				t.Errorf("got %+v, %+v", d, attempts)
			}
			_, err := w.service.Rotate(w.ctx, e.ID, 0, secret.String{}) // now the receiver has a wrong one
			must(t, err)
			w.told(w.ctx, event.Event{Fact: event.UserEnabled{}})
			w.drain(w.ctx, e)
			if all := w.deliveries(w.ctx, e); all[1].State != webhook.Pending || all[1].Reason != "status" {
				t.Errorf("a wrong signature was taken: %+v", all[1])
			}
		})
	}
}

// The documentation shows what was run.
func TestReceivers_areThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/webhooks.md")
	must(t, err)
	for language, file := range map[string]string{"go": "go/main.go", "js": "receiver.mjs", "python": "receiver.py"} {
		shown, err := os.ReadFile(filepath.Join("testdata/receivers", file))
		must(t, err)
		if !strings.Contains(string(text), "```"+language+"\n"+string(shown)+"```") {
			t.Errorf("docs/webhooks.md does not show %s", file)
		}
	}
}

// freePort returns one that nobody listens at, below those that the kernel gives to whoever asks for any: other tests do.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		if ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:"+port); err == nil {
			must(t, ln.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// run starts a program until the test ends and returns the lines that it writes.
func run(t *testing.T, dir string, command []string, env ...string) <-chan string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := make(chan string, 100)
	go func() {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
		close(lines)
	}()
	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	return lines
}

// awaitPort waits until something listens.
func awaitPort(t *testing.T, port string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Fatal("the receiver does not listen")
}
