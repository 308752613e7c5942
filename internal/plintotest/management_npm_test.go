package plintotest

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plinto/provider"
)

const typescript = "../../clients/typescript"

// node runs a program of the TypeScript client's directory.
func node(ctx context.Context, t *testing.T, env []string, arguments ...string) (string, error) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(typescript, "node_modules")); err != nil {
		t.Skipf("npm packages are not installed (make setup does it): %v", err)
	}
	cmd := exec.CommandContext(ctx, "node", append([]string{webCrypto}, arguments...)...)
	cmd.Dir, cmd.Env = typescript, append(os.Environ(), env...)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if failed.Len() > 0 {
		t.Log(failed.String())
	}
	return string(out), err
}

const compiler = "node_modules/typescript/bin/tsc"

func TestTypeScript_theClientManagesUsers(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	modules, err := filepath.Abs(filepath.Join(typescript, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(out, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := node(t.Context(), t, nil, compiler, "-p", "test", "--outDir", out); err != nil {
		t.Fatalf("compile: %v: %s", err, said)
	}
	s := Start(t)
	client, secret := s.Client(provider.Metadata{
		GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{s.Issuer() + "/admin/v1"}, Scope: "users:read users:write",
	})
	ca := filepath.Join(out, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := node(t.Context(), t, []string{
		"ISSUER=" + s.Issuer(), "CLIENT_ID=" + client.ClientID, "CLIENT_SECRET=" + secret, "NODE_EXTRA_CA_CERTS=" + ca,
	}, filepath.Join(out, "test", "users.js"))
	if err != nil {
		t.Fatalf("run: %v: %s", err, said)
	}
	var got struct {
		ID, Forged, Name, Stale string
		Found, Keys             []string
		Waits                   []bool
	}
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if !strings.HasPrefix(got.ID, "user_") || got.Name != "Ann" || got.Forged != "invalid_cursor" || got.Stale != "precondition_failed" {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(got.Found, []string{"ann@example.com", "b", "c", "d", "e"}) {
		t.Errorf("listed %v", got.Found)
	}
	// Refused twice, the first request was sent three times, under one name.
	if len(got.Keys) != 3 || got.Keys[0] == "" || got.Keys[1] != got.Keys[0] || got.Keys[2] != got.Keys[0] || !slices.Equal(got.Waits, []bool{true, true}) {
		t.Errorf("sent as %q, waited %v", got.Keys, got.Waits)
	}
}

// What the contract does not have does not compile.
func TestTypeScript_theCompilerRefusesWhatTheContractDoesNotHave(t *testing.T) {
	t.Parallel()
	said, err := node(t.Context(), t, nil, compiler, "-p", "test/tsconfig.refused.json", "--pretty", "false")
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("it compiles: %v: %s", err, said)
	}
	var lines []string
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "test/refused.ts(") {
			lines = append(lines, line)
		}
	}
	want := []string{"'admin' does not exist", "Type 'number' is not assignable", `"/nothing"`, "'password' does not exist"}
	if len(lines) != len(want) {
		t.Fatalf("got %s", said)
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("got %s, want %s", line, want[i])
		}
	}
}

func TestTypeScript_theTypesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	fresh := filepath.Join(t.TempDir(), "schema.ts")
	if said, err := node(t.Context(), t, nil, "generate.mjs", fresh); err != nil {
		t.Fatalf("generate: %v: %s", err, said)
	}
	want, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(typescript, "src", "schema.ts"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("clients/typescript/src/schema.ts is stale: run make typescript")
	}
}
