package manifest

import (
	"slices"
	"strings"

	"plinto/ui"
)

// languages checks which languages the pages and mails of a tenant have.
func (v *validator) languages(t *Tenant) {
	seen := make(map[string]bool)
	for i, lang := range t.Settings.Languages {
		at := t.At.find("settings.languages" + index(i))
		if !slices.Contains(ui.Locales(), lang) {
			v.problems.at(at, "must be one of %s", strings.Join(ui.Locales(), ", "))
		}
		v.twice(seen, at, lang, "the language")
	}
}
