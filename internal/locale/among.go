package locale

import (
	"slices"

	"golang.org/x/text/language"
)

// MatchAmong is Match for who offers some of the languages, named by their BCP 47 tags,
// the fallback first. Without any it offers all.
func (t *Texts) MatchAmong(offered, asked []string, acceptLanguage string) int {
	if len(offered) == 0 {
		return t.Match(asked, acceptLanguage)
	}
	for _, tag := range asked[:min(len(asked), maxAsked)] {
		if i, ok := t.match(tag); ok && slices.Contains(offered, t.Tag(i)) {
			return i
		}
	}
	if len(acceptLanguage) <= maxAccept {
		accepted, _, _ := language.ParseAcceptLanguage(acceptLanguage) // of what is malformed nothing is accepted
		for _, tag := range accepted {
			if _, i, confidence := t.matcher.Match(tag); confidence > language.Low && slices.Contains(offered, t.Tag(i)) {
				return i
			}
		}
	}
	return max(0, slices.Index(t.Tags(), offered[0]))
}
