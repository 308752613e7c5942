package rules

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// shortLived are the subkeys of the root key that nothing in the database hangs on for long, or nothing that is a tenant's: a tenant
// that is restored elsewhere does without. What is kept of tenants is under a secret.TenantKey, which backups have.
var shortLived = map[string]string{
	"plinto/answer/v1":          "answers to requests of the management API, for a day; no backup has them",
	"plinto/browser/v1":         "cookies",
	"plinto/challenge/v1":       "challenges for passkeys, for minutes",
	"plinto/cursor/v1":          "places in lists",
	"plinto/dev/client/v1 ":     "secrets of the clients of plinto dev, which sets them anew where they are others",
	"plinto/device/v1":          "cookies of browsers that are known: at another address there are none",
	"plinto/effort/v1":          "puzzles, for minutes",
	"plinto/email/v1":           "codes for addresses, for minutes",
	"plinto/federation/form/v1": "rounds to providers, for minutes",
	"plinto/federation/v1":      "rounds to providers, for minutes",
	"plinto/invitation/v1":      "invitations that wait to be mailed; no backup has mails",
	"plinto/letter/v1":          "codes that wait to be mailed; no backup has mails",
	"plinto/position/v1":        "cookies",
	"plinto/row-copy/v1":        "copies in Redis, for a minute",
	"plinto/session-copy/v1":    "copies in Redis",
	"plinto/shadow/v1":          "what is shown of accounts that are not there",
	"plinto/tenant-database/v1": "URLs of databases of the installation",
	// Of a key that is no root key.
	"plinto/backup/v1 ":     "backups",
	"plinto/keeper-name/v1": "names of encryption keys",
	"plinto/keeper/v1":      "the sealed root key",
}

func TestSubkeys_areOfBackupsOrShortLived(t *testing.T) {
	t.Parallel()
	derives := regexp.MustCompile(`Subkey\("([^"]+)"`)
	found := map[string]bool{}
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range derives.FindAllStringSubmatch(string(text), -1) {
				found[match[1]] = true
			}
		}
	}
	got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(shortLived))
	if !slices.Equal(got, want) {
		t.Errorf("subkeys are %q, explained are %q: what is kept of tenants belongs under a secret.TenantKey", got, want)
	}
}
