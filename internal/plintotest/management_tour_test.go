package plintotest

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plinto/provider"
)

// A step is a block of shell lines of a page, and what the page says that they print.
type step struct{ lines, prints string }

// stepsOf returns the steps of a section of a page.
func stepsOf(page, heading string) (steps []step) {
	_, section, _ := strings.Cut(page, "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for {
		_, block, ok := strings.Cut(section, "```")
		if !ok {
			return steps
		}
		block, section, _ = strings.Cut(block, "```")
		kind, text, _ := strings.Cut(block, "\n")
		switch kind {
		case "sh":
			steps = append(steps, step{lines: text})
		case "text":
			steps[len(steps)-1].prints = text
		}
	}
}

// Whoever pastes the tour into a shell, from top to bottom, sees what the page shows.
func TestDocs_theTourOfTheManagementAPIWorks(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the tour needs %s: %v", tool, err)
		}
	}
	page, err := os.ReadFile("../../docs/admin-api.md")
	if err != nil {
		t.Fatal(err)
	}
	steps := stepsOf(string(page), "## A tour")
	if len(steps) < 5 {
		t.Fatalf("the page has %d steps", len(steps))
	}
	s := Start(t)
	client, secret := s.Client(provider.Metadata{
		GrantTypes: []string{provider.GrantClientCredentials}, Resources: []string{s.Issuer() + "/admin/v1"}, Scope: "users:read users:write",
	})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	script := "set -eu -o pipefail\n"
	for i, one := range steps {
		script += fmt.Sprintf("echo '--- %d'\n%s", i, one.lines)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Env = append(os.Environ(), "ISSUER="+s.Issuer(), "CLIENT_ID="+client.ClientID, "CLIENT_SECRET="+secret, "CURL_CA_BUNDLE="+ca)
	var failed bytes.Buffer
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v: %s", err, failed.String())
	}
	want := ""
	for i, one := range steps {
		want += fmt.Sprintf("--- %d\n%s", i, one.prints)
	}
	if string(out) != want {
		t.Errorf("it prints\n%s\nthe page says\n%s", out, want)
	}
}
