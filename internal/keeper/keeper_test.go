package keeper

import (
	"strings"
	"testing"

	"plinto/internal/secret"
)

func TestParse_refusesWhatIsNoKey_KEY04(t *testing.T) {
	t.Parallel()
	_, good := secret.NewRoot()
	_, other := secret.NewRoot()
	for text, want := range map[string]string{
		"":                                  "32 random bytes",
		good.Reveal() + ",":                 "32 random bytes",
		good.Reveal() + "," + good.Reveal(): "the same key twice",
		"awskms-of-mine://alias/plinto":     "knows no keys of awskms-of-mine",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), good.Reveal()) {
			t.Errorf("%d characters: %v, want %q", len(text), err, want)
		}
	}
	all, err := Parse(" " + other.Reveal() + " , " + good.Reveal())
	if err != nil || len(all) != 2 || all[0].Name() == all[1].Name() {
		t.Errorf("%d keys, %v", len(all), err)
	}
}

func TestParse_knowsHowManyAreNeeded(t *testing.T) {
	t.Parallel()
	var texts []string
	for range most + 1 {
		_, text := secret.NewRoot()
		texts = append(texts, text.Reveal())
	}
	if _, err := Parse(strings.Join(texts[:most], ",")); err != nil {
		t.Error(err)
	}
	if _, err := Parse(strings.Join(texts, ",")); err == nil {
		t.Errorf("%d keys were taken", most+1)
	}
}
