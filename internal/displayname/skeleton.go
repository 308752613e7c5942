package displayname

import (
	_ "embed" // of the table
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed confusables.txt
var table string

// lookalikes are the letters and digits that other characters look like.
var lookalikes = sync.OnceValue(func() map[rune]string {
	all := make(map[rune]string, 700)
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		like, signs, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		for _, sign := range signs {
			all[sign] = like
		}
	}
	for like := range strings.FieldsSeq(smallCapitals) {
		for _, sign := range like[1:] {
			all[sign] = like[:1]
		}
	}
	return all
})

// smallCapitals are letters of ASCII, and what is drawn like their capitals and as small as they are. UTS #39 keeps
// these apart; who reads "ᴀᴄᴍᴇ" or "Acмe" does not.
const smallCapitals = "aᴀ bʙв cᴄ dᴅ eᴇ fꜰ gɢ hʜн iɪ jᴊ kᴋк lʟ mᴍм nɴ oᴏ pᴘ rʀ sꜱ tᴛт uᴜ vᴠ wᴡ yʏ zᴢ"

// trademarks say of a name that it is a registered one. Normalization would make letters of some.
var trademarks = strings.NewReplacer("™", " ", "ᵀᴹ", " ", "(TM)", " ", "(tm)", " ", "℠", " ", "ˢᴹ", " ", "(SM)", " ", "(sm)", " ", "(R)", " ", "(r)", " ", "(C)", " ", "(c)", " ",
	"🅪", " ", "🅫", " ", "🅬", " ")

// normalized is a name in which what only looks or is written otherwise is the same (NFKC), without trademarks.
func normalized(name string) string { return norm.NFKC.String(trademarks.Replace(name)) }

// alike are letters and digits of ASCII that look like each other in some letters.
var alike = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "i", "l", "1", "l", "|", "l", "0", "o")

// Skeleton returns what is left of a name when everything is taken away that a reader
// may overlook: case, marks, other alphabets, blanks and signs. Names with the same
// skeleton can be taken for each other (UTS #39 §4). It is "" for a name without letters
// and digits, and it is not to be shown.
func Skeleton(name string) string {
	var plain strings.Builder
	for _, r := range norm.NFD.String(normalized(name)) {
		like, ok := lookalikes()[r]
		switch {
		case unicode.Is(unicode.M, r):
		case ok:
			plain.WriteString(strings.ToLower(like))
		default:
			plain.WriteString(strings.ToLower(string(r)))
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, alike.Replace(plain.String()))
}

// generic are words that tell nothing about who stands behind a name, by their skeletons:
// "Acme Login (official)" is read as Acme.
var generic = skeletons(`official login log logon sign signin in on sso auth authentication authorization account accounts profile id identity
	user users password passwords verify verification security secure safe safety trust trusted support help helpdesk service services desk center centre
	customer care admin administrator administrators administration system root staff team operator operators management portal console dashboard
	app apps application client web website mobile desktop online site page home main the a an of for by my your our new beta inc ltd llc gmbh ag co corp
	company group international tm sm anmelden anmeldung konto sicherheit hilfe dienst compte connexion securite aide cuenta sesion seguridad ayuda soporte`)

// offices are those of them that speak for whoever runs the service.
var offices = skeletons(`official security support help helpdesk admin administrator administrators administration system root staff operator operators
	management account accounts password passwords authentication verification login signin sso sicherheit securite seguridad soporte`)

func skeletons(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[Skeleton(word)] = true
	}
	return all
}

// core is the skeleton of a name without the words that say nothing; of a name that has
// no others, that of all of them.
func core(name string) string {
	words := strings.FieldsFunc(normalized(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
	var kept strings.Builder
	for _, word := range words {
		if s := Skeleton(word); !generic[s] {
			kept.WriteString(s)
		}
	}
	if kept.Len() == 0 {
		return Skeleton(name)
	}
	return kept.String()
}

// PassesFor returns which of others a name can be taken for, or "" of none. The name of
// an office of whoever runs the service, such as "Security Team", is taken for the first.
func PassesFor(name string, others ...string) string {
	mine, whole := core(name), Skeleton(name)
	if whole == "" {
		return "" // nothing but signs
	}
	for _, other := range others {
		if s := Skeleton(other); s != "" && (s == whole || core(other) == mine) {
			return other
		}
	}
	if len(others) > 0 && speaksForAnOffice(name) {
		return others[0]
	}
	return ""
}

func speaksForAnOffice(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) })
	isOffice := func(word string) bool { return offices[Skeleton(word)] }
	isOther := func(word string) bool { return !generic[Skeleton(word)] }
	return slices.ContainsFunc(words, isOffice) && !slices.ContainsFunc(words, isOther)
}
