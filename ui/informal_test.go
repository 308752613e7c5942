package ui

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
)

// informal finds pronouns, and imperatives that pages are likely to have, of who is called "du" in German: docs/words.md says Sie.
var informal = regexp.MustCompile(`(?i)(^|[^\p{L}])(du|dich|dir|dein(e[mnrs]?)?|euch|euer|eure[mnrs]?|melde dich|versuche es|wähle (ein|das|den|die)|entferne (ein|das|den|die)|fang)([^\p{L}]|$)`)

func TestLocale_saysSieInGerman(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"locales/de.json", "../event/mail/locales/de.json"} {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]any{}
		if err := json.Unmarshal(body, &texts); err != nil {
			t.Fatal(err)
		}
		for key, text := range texts {
			if said, ok := text.(string); ok && informal.MatchString(said) {
				t.Errorf("%s, %s: %s", path, key, said)
			}
		}
	}
}
